"""What counts as recovered."""
