"""What people look up about a cause: all of them in one list, and a runbook page for each."""
