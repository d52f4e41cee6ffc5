"""Waiting for what must happen on a machine that may be busy."""

import time
from collections.abc import Callable
from typing import Any

PATIENCE_SECONDS = 240
"""What an idle machine needs many times over."""


def eventually(what: str, true: Callable[[], Any], within_seconds: float = PATIENCE_SECONDS) -> Any:
    """Wait until something is so; what it gave."""
    deadline = time.monotonic() + within_seconds
    while not (found := true()):
        assert time.monotonic() < deadline, f"not within {within_seconds:.0f} s: {what}"
        time.sleep(0.2)
    return found
