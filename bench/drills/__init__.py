"""Whole drills of the catalogue, ours and what people would try without us, added up over many runs."""
