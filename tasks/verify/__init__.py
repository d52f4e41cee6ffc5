"""Verify: looking whether it helped. Nothing is repaired here, and what is made for a test is removed again."""

from tasks.verify.tasks import prove_recovery

__all__ = ["prove_recovery"]
