"""Look at one thing: whatever happens, an Evidence comes of it and the other looks go on."""

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from datetime import datetime, timedelta
from typing import TypeVar

from outage.errors import ClusterThrottled, OutageError, cut
from outage.evidence import Evidence
from outage.redaction import redact
from tasks.observe.budget import Budget

Seen = TypeVar("Seen")
SIDE_BY_SIDE = 8
"""Looks at once: enough to hide the API server's latency, too few to trouble it."""
SHOWN_CHARACTERS = 2_000
BREATH_SECONDS = 0.5
"""Wait after a 429 before the one repeat."""


class Looks:
    """The looks of one investigation and the evidence they left."""

    def __init__(self, budget: Budget, now: Callable[[], datetime]):
        self.budget = budget
        self.now = now
        self._evidence: list[Evidence] = []
        self._writing = threading.Lock()

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """One entry per look, in the order in which they ended, the same id never twice."""
        with self._writing:
            return tuple({one.id: one for one in self._evidence}.values())

    def see(
        self, id: str, words: str, ask: Callable[[], Seen], show: Callable[[Seen], str] = str
    ) -> Seen | None:
        """Make one look.

        Args:
            id: Of the evidence.
            words: What a person would type.
            ask: Makes the look; its errors become the reason why it was not seen.
            show: What came back, for reading.

        Returns:
            What was seen, or None.
        """
        observed_at, began = self.now(), time.perf_counter()
        seen: Seen | None = None
        came_back, unseen = "", self.budget.spent
        if unseen is None:
            try:
                seen = self._patiently(ask)
                came_back = show(seen)
            except OutageError as error:
                unseen = str(error)
            except (LookupError, TypeError, ValueError, AttributeError) as error:
                unseen = (
                    f"the answer could not be understood ({type(error).__name__}: {cut(str(error), 120)})"
                )
        self.note(
            Evidence(
                id=id,
                words=words,
                observed_at=observed_at,
                duration=timedelta(seconds=time.perf_counter() - began),
                came_back=_shorten(redact(came_back)),
                unseen=redact(unseen) if unseen else None,
            )
        )
        return seen

    def note(self, evidence: Evidence) -> None:
        """Keep an evidence that was made elsewhere."""
        with self._writing:
            self._evidence.append(evidence)

    def _patiently(self, ask: Callable[[], Seen]) -> Seen:
        try:
            return ask()
        except ClusterThrottled:
            time.sleep(min(BREATH_SECONDS, self.budget.left_seconds))
            return ask()

    def all(self, looks: Iterable[Callable[[], Seen | None]]) -> list[Seen | None]:
        """Make several looks side by side, within the budget; a look that is not done in time gives None."""
        asked: Sequence[Callable[[], Seen | None]] = list(looks)
        pool = ThreadPoolExecutor(min(SIDE_BY_SIDE, max(len(asked), 1)), thread_name_prefix="look")
        try:
            futures: list[Future[Seen | None]] = [pool.submit(one) for one in asked]
            wait(futures, timeout=self.budget.left_seconds + 1)
            return [one.result() if one.done() and not one.cancelled() else None for one in futures]
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _shorten(text: str) -> str:
    return text if len(text) <= SHOWN_CHARACTERS else text[: SHOWN_CHARACTERS - 2].rstrip() + " …"
