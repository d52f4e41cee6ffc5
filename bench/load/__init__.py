"""Whether the intake loses alerts, tells outages apart, and answers quickly, under a storm of them."""
