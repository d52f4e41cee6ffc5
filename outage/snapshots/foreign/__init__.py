"""Archives that other tools made of a cluster, read as snapshots: Troubleshoot's support bundles and must-gather's."""
