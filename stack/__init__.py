"""The responder's own processes: PostgreSQL, the Prefect server, the runner, the letterbox, and their keeper."""
