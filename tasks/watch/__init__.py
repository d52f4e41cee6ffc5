"""Watch: what no alert says and nobody answers."""
