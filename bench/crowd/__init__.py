"""A crowd of pods that no kubelet runs, on a real API server."""
