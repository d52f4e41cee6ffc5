"""What the API server, its quotas, webhooks and roles refuse."""
