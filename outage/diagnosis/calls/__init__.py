"""Who calls whom: from configuration, logs, routes and policies; and who holds the data."""
