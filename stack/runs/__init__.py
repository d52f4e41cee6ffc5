"""The runner: flow runs as processes of ours, started when due and taken up when left lying."""
