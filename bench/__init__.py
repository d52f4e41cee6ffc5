"""Measuring: ours against the runbook's commands, on crowds of fake pods. Prints tables, writes results/."""
