"""What people read: plans and diagnoses as markdown, reports, messages, and the documented JSON."""
