"""Doors to the services through which people are told: one small module each, behind one interface."""
