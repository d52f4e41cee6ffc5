"""The page: incidents, plans and their answers in a browser, and numbers for the monitoring."""
