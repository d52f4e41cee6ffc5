"""Log lines: what they have in common, and which of them speak of trouble."""
