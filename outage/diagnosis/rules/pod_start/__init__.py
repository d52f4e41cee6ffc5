"""Pods that do not start, or start and end: images, references, crashes."""
