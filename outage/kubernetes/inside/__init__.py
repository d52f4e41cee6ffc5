"""What is asked from inside a pod: programs of ours that its own interpreters run, and what they say."""
