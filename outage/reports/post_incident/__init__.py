"""What follows an incident: what it cost, what the checklist says, what came before, what is left to do."""
