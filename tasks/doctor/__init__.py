"""Examine: whether a response would find everything it needs, asked before an outage does. Nothing is changed."""
