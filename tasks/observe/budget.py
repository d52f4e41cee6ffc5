"""How much one investigation may cost: time, calls and bytes."""

import contextlib
import gc
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

from blocks.kubernetes import ANSWER_SECONDS, Cluster


@dataclass
class Budget:
    """Spent by looking; when it is used up the remaining looks are recorded as not made."""

    time: timedelta = timedelta(seconds=45)
    calls: int = 800
    bytes: int = 96 * 1024 * 1024
    _until: float = field(default=0.0, repr=False)
    _calls_before: int = field(default=0, repr=False)
    _bytes_before: int = field(default=0, repr=False)
    _client: Cluster | None = field(default=None, repr=False)

    def start(self, client: Cluster) -> None:
        """Begin to count; a budget that runs already goes on running."""
        if self._client is None:
            self._client = client
            self._until = time.monotonic() + self.time.total_seconds()
            self._calls_before, self._bytes_before = client.calls, client.bytes_read

    def part(self, share: float) -> "Budget":
        """A budget of its own with a share of the time that is left, running already."""
        part = Budget(timedelta(seconds=self.left_seconds * share), self.calls, self.bytes)
        if self._client is not None:
            part.start(self._client)
        return part

    @property
    def left_seconds(self) -> float:
        """Time left, never below zero."""
        return max(self._until - time.monotonic(), 0.0)

    def seconds(self, at_most: float = ANSWER_SECONDS) -> float:
        """Time that one look may take."""
        return max(min(at_most, self.left_seconds), 0.05)

    @property
    def spent(self) -> str | None:
        """Which part is used up, as a sentence; None while there is some of each."""
        if self._client is None:
            return None
        if self.left_seconds <= 0:
            return f"the time for looking ({self.time.total_seconds():.0f} s) was used up"
        if self._client.calls - self._calls_before >= self.calls:
            return f"the calls allowed for looking ({self.calls}) were used up"
        if self._client.bytes_read - self._bytes_before >= self.bytes:
            return f"the bytes allowed for looking ({self.bytes:,}) were used up"
        return None


@contextlib.contextmanager
def paused_garbage() -> Iterator[None]:
    """Let Python not search for cycles while the block lasts: that is a third of a look on 3,000 pods.

    What was read stays until the look is over, and none of it is in a cycle; what nobody holds any more is given back
    at once all the same. Where somebody else paused the search, it stays paused.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
