"""Practice at the terminal: what can be broken, breaking it, following the answer."""
