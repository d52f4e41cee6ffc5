"""Look at one thing: whatever happens, an Evidence comes of it and the other looks go on."""

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import wait
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from blocks.retry import retry_transient
from outage.errors import ClusterForbidden, ClusterMissing, ClusterThrottled, OutageError, cut
from outage.snapshots.evidence import Evidence, Hindrance
from outage.text.listing import some_of
from outage.text.redaction import redact
from tasks.observe.budget import Budget
from tasks.thread_pool import run_in_threads

Seen = TypeVar("Seen")
SIDE_BY_SIDE = 8
"""Looks at once: enough to hide the API server's latency, too few to trouble it."""
SHOWN_CHARACTERS = 2_000
BREATH_SECONDS = 0.5
"""Wait after a 429 before a repeat."""
GRACE_SECONDS = 0.5
"""Each look ends by itself when the time is over; so long its last words are waited for."""
SWITCHED_OFF = "switched off by --no-exec"


@dataclass(frozen=True)
class LookAnswer(Generic[Seen]):
    """What one look gave."""

    seen: Seen | None
    came_back: str = ""
    """As it reads."""
    unseen: str | None = None
    """Why it could not be seen."""
    hindrance: Hindrance | None = None


def hindrance_of(error: OutageError) -> Hindrance | None:
    """Of what kind the reason is, when it is one that asking again does not change.

    Returns:
        None for what may pass.
    """
    if isinstance(error, ClusterForbidden):
        return Hindrance.FORBIDDEN
    return Hindrance.NOT_THERE if isinstance(error, ClusterMissing) else None


class Collector:
    """The looks of one investigation and the evidence they left.

    Promise: every look that was meant leaves exactly one Evidence, also when its time ran out.
    """

    def __init__(self, budget: Budget, now: Callable[[], datetime], *, entering: bool = True):
        self.budget = budget
        self.now = now
        self.entering = entering
        """Whether looks may run programs in pods, forward ports and log in to the database."""
        self._evidence: list[Evidence] = []
        self._under_way: dict[str, Evidence] = {}
        self._writing = threading.Lock()

    @property
    def evidence(self) -> tuple[Evidence, ...]:
        """One entry per look, in the order in which they ended, the same id never twice."""
        with self._writing:
            return tuple({one.id: one for one in self._evidence}.values())

    def see(
        self,
        id: str,
        words: str,
        ask: Callable[[], Seen],
        show: Callable[[Seen], str] = str,
        *,
        enters: bool = False,
    ) -> Seen | None:
        """Make one look.

        Args:
            id: Of the evidence.
            words: What a person would type.
            ask: Makes the look; its errors become the reason why it was not seen.
            show: What came back, for reading.
            enters: Whether it enters a pod or a database; then it can be switched off.

        Returns:
            What was seen, or None.
        """
        began = time.perf_counter()
        look = Evidence(id=id, words=words, observed_at=self.now(), duration=timedelta())
        with self._writing:
            self._under_way[id] = look
        unseen = SWITCHED_OFF if enters and not self.entering else self.budget.spent
        answer = self._asked(ask, show) if unseen is None else LookAnswer(None, unseen=unseen)
        self._end(
            look.model_copy(
                update={
                    "duration": timedelta(seconds=time.perf_counter() - began),
                    "came_back": _shorten(redact(answer.came_back)),
                    "unseen": redact(answer.unseen) if answer.unseen else None,
                    "hindrance": answer.hindrance,
                }
            )
        )
        return answer.seen

    def _asked(self, ask: Callable[[], Seen], show: Callable[[Seen], str]) -> "LookAnswer[Seen]":
        """What was seen, how it reads, and why it was not."""
        seen: Seen | None = None
        try:
            seen = collect_patiently(ask, self.budget, (ClusterThrottled,))
            return LookAnswer(seen, show(seen))
        except OutageError as error:
            return LookAnswer(seen, unseen=str(error), hindrance=hindrance_of(error))
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            return LookAnswer(seen, unseen=not_understood(error))

    def _end(self, look: Evidence) -> None:
        """Keep a look that ended, unless it was given up before: then its evidence stands already."""
        with self._writing:
            if self._under_way.pop(look.id, None) is not None:
                self._evidence.append(look)

    def work_out(self, id: str, words: str, make: Callable[[], str]) -> None:
        """Keep what follows from what was seen already: it asks nobody, so that no budget forbids it."""
        came_back, unseen = "", None
        began = time.perf_counter()
        try:
            came_back = make()
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            unseen = not_understood(error)
        took = timedelta(seconds=time.perf_counter() - began)
        self.note(
            Evidence(
                id=id,
                words=words,
                observed_at=self.now(),
                duration=took,
                came_back=_shorten(redact(came_back)),
                unseen=redact(unseen) if unseen else None,
            )
        )

    def note(self, evidence: Evidence) -> None:
        """Keep an evidence that was made elsewhere."""
        with self._writing:
            self._evidence.append(evidence)

    def leave_out(self, what: str, words: str, names: Sequence[str], at_most: int) -> None:
        """Say what a limit kept from being looked at; nothing when nothing was.

        Args:
            what: The things, as a plural.
            words: What a person would type to see them.
            names: Those that are left out.
            at_most: The limit.
        """
        if names:
            unseen = f"not looked at: {len(names)} {what} beyond the first {at_most}: {some_of(names)}"
            self.note(
                Evidence(
                    id=f"left-out/{what.replace(' ', '-')}",
                    words=words,
                    observed_at=self.now(),
                    duration=timedelta(),
                    unseen=unseen,
                )
            )

    def all(self, looks: Iterable[Callable[[], Seen | None]]) -> list[Seen | None]:
        """Make several looks side by side, within the budget; a look that is not done in time gives None.

        Those that nobody took up in time are made nevertheless: the budget is spent, so that they leave their
        evidence without asking anything. Those that still run are given up, and that is their evidence.
        """
        asked = list(looks)
        futures = run_in_threads(asked, SIDE_BY_SIDE)
        wait(futures, timeout=self.budget.left_seconds + GRACE_SECONDS)
        for future, one in zip(futures, asked, strict=True):
            if future.cancel():
                one()
        self._give_up()
        return [one.result() if one.done() and not one.cancelled() else None for one in futures]

    def _give_up(self) -> None:
        with self._writing:
            limit = self.budget.time.total_seconds()
            why = f"no answer came before the time for looking ({limit:.0f} s) was used up"
            for look in self._under_way.values():
                duration = self.now() - look.observed_at
                self._evidence.append(look.model_copy(update={"unseen": why, "duration": duration}))
            self._under_way.clear()


def collect_patiently(
    ask: Callable[[], Seen], budget: Budget, passing: tuple[type[OutageError], ...], repeats: int = 1
) -> Seen:
    """Ask again when an error passes by itself, after a breath, as long as there is time.

    Args:
        ask: One question.
        budget: How much time is left for all.
        passing: Errors that pass by themselves.
        repeats: How often it is asked again.
    """
    breaths = (BREATH_SECONDS,) * repeats
    return retry_transient(ask, breaths, errors=passing, in_time=lambda: budget.left_seconds > BREATH_SECONDS)


def not_understood(error: Exception) -> str:
    """The sentence for an answer of another shape than the API promises."""
    return f"the answer could not be understood ({type(error).__name__}: {cut(str(error), 120)})"


def _shorten(text: str) -> str:
    return text if len(text) <= SHOWN_CHARACTERS else text[: SHOWN_CHARACTERS - 2].rstrip() + " …"
