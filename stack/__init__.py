"""The responder's own processes: PostgreSQL, the Prefect server, the runner, the intake, and their supervisor."""
