"""Drills by schedule: whose turn it is, announcing it, waiting, beginning it, calling it off."""
