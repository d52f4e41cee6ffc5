"""What became worse since the last time the same fault was practised on the same platform."""

from collections.abc import Iterator

from outage.reports.drills.score_card import Aspect, PhaseTime, ScoreCard
from outage.value import Value

SLOWER_BY = 1.5
"""A time that grew by less is the weather of a machine."""
SLOWER_SECONDS = 15.0
"""And so is one that grew by less than this, however short it was."""


class Regression(Value):
    """One thing that became worse."""

    what: Aspect | PhaseTime
    was: str
    now: str

    @property
    def says(self) -> str:
        """As a sentence's part."""
        return f"{self.what}: {self.now} (last time {self.was})"


def regressions(card: ScoreCard, last: ScoreCard | None) -> tuple[Regression, ...]:
    """Compare with the last score of the same fault.

    Args:
        card: The new score.
        last: The one before; None the first time, when nothing can have become worse.
    """
    return (*_aspects(card, last), *_times(card, last)) if last else ()


def _aspects(card: ScoreCard, last: ScoreCard) -> Iterator[Regression]:
    for now in card.aspects:
        was = last.aspect(now.aspect)
        if was and was.right and now.right is False:
            yield Regression(what=now.aspect, was=was.says, now=now.says)


def _times(card: ScoreCard, last: ScoreCard) -> Iterator[Regression]:
    for name in card.seconds.keys() & last.seconds.keys() - {PhaseTime.APPROVED}:
        was, now = _without_wait(last, name), _without_wait(card, name)
        if now > was * SLOWER_BY and now - was > SLOWER_SECONDS:
            yield Regression(what=name, was=f"{was:.0f} s", now=f"{now:.0f} s")


def _without_wait(card: ScoreCard, name: PhaseTime) -> float:
    """Seconds from the fault without those in which a plan waited: how soon a person says yes is the person's."""
    seconds = card.seconds
    if name in (PhaseTime.DETECTED, PhaseTime.PLANNED):
        return seconds[name]
    planned = seconds.get(PhaseTime.PLANNED, 0.0)
    return seconds[name] - max(0.0, seconds.get(PhaseTime.APPROVED, planned) - planned)
