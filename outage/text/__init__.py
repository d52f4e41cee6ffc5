"""What kubectl and psql would print, differences as people review them, and secrets taken out of all of it."""
