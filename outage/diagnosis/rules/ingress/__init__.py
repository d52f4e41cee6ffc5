"""The way in: routes and certificates."""
