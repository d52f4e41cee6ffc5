"""Slack: messages as threads, buttons in them, and clicks on these."""
