"""What practice shows: a score for each drill, how they went over time, and what became worse."""
