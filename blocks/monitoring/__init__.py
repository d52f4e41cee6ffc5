"""The clients of the monitoring: Prometheus, Alertmanager, and the traffic that they counted."""
