"""Nodes that do not answer, or that are kept from pods."""
