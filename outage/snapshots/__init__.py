"""What one look saw, as values and as files; and the known-good picture."""
