"""Under which names we write: the API server keeps them beside every field, and people read them there."""

WRITER = "outage"
"""The response."""
DRILLS = "outage-drill"
"""What breaks things for practice, and puts them back."""
