"""Probes that fail although the process works."""
