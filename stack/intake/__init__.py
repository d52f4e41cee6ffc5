"""The intake: the service that takes alerts and gives each incident its one run."""
