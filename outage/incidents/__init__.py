"""Alerts, and the incidents that they become: identity, severity, timeline."""
