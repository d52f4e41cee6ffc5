"""`outage drill`: practise, see how it went, schedule it, or play an old outage through at a table."""
