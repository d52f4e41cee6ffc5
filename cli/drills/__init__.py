"""`outage drill`: what can be broken, breaking it, following the answer, how it went, an old outage at a table."""
