"""What was: drills, past incidents with their times, and counts of everything that is kept."""
