"""Memory, CPU and load."""
