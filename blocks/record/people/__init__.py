"""Rows about people: messages to them, timers, proofs."""
