"""Ask: a person's yes or no to a plan, from whichever door it comes first."""
