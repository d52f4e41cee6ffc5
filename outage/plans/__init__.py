"""Plans: steps, preconditions, outcomes, answers."""
