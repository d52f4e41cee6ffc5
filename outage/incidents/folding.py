"""Whether a cause is answered by another incident already: two that come to the same cause become one.

Whoever comes to a cause first answers it; the later one makes no plan of its own, waits, and ends as the first does.
"""

from collections.abc import Mapping
from datetime import datetime

from outage.incidents.incident import Ending, Incident
from outage.text.durations import duration_in_words
from outage.value import Value


class CauseClaim(Value):
    """Which incident answers a cause."""

    cause: str
    """`Hypothesis.key`: the same for the same cause on the same object."""
    incident: str
    closed_at: datetime | None = None
    """When that incident ended; None while it is open."""
    ending: Ending | None = None


class CauseFound(Value):
    """What an incident's investigation came to."""

    incident: str
    causes: tuple[str, ...]
    """The cause that is to be mended, and behind it the same one on other objects."""
    what: str = ""
    """The first of them and its object, as people name them."""
    seen_at: datetime
    """When was looked: what ended later was still open then."""


class FoldDecision(Value):
    """Who answers a cause."""

    into: str = ""
    """Id of the incident whose outcome is waited for; empty when the cause is answered here."""
    mine: tuple[str, ...] = ()
    """The causes that are answered here."""
    others: tuple[str, ...] = ()
    """Of the same cause on other objects those that another open incident answers: no plan of ours touches them."""


class Fold(Value):
    """One incident that waits for another one's outcome."""

    incident: str
    into: str
    """Id of the one that answers the cause."""
    cause: str
    at: datetime
    """Since when it waits."""
    until: datetime
    """How long it waits at most, by the policy that was in force."""
    what: str
    """The cause and its object, as people name them."""


class Inherited(Value):
    """The outcome that an incident takes over from the one that answered its cause."""

    ending: Ending
    says: str


def decide_folding(found: CauseFound, claims: Mapping[str, CauseClaim]) -> FoldDecision:
    """Say whether an incident answers the cause that it came to, or waits for the one that does.

    Args:
        found: What its investigation came to.
        claims: By cause: who answers it, or was the last who did.
    """
    held = {cause: claim for cause in found.causes if (claim := claims.get(cause)) and _holds(claim, found)}
    first = held.get(found.causes[0])
    if first:
        return FoldDecision(into=first.incident)
    mine = tuple(one for one in found.causes if one not in held)
    return FoldDecision(mine=mine, others=tuple(held))


def _holds(claim: CauseClaim, found: CauseFound) -> bool:
    """Whether another incident answers it still, or ended after we looked: what we saw is then its outage."""
    if claim.incident == found.incident:
        return False
    return claim.closed_at is None or claim.closed_at >= found.seen_at


def outcome_for(fold: Fold, first: Incident, now: datetime) -> Inherited | None:
    """How an incident ends that waits for another one, or None while that is open and policy's time is not over.

    Args:
        fold: Who waits for whom.
        first: The one that answers the cause, as it stands.
        now: The time.
    """
    if first.closed_at is not None and first.ending is not None:
        says = f"{first.id} answered the same cause, {fold.what}, and ended {first.ending}: {first.says}"
        return Inherited(ending=first.ending, says=says)
    if now < fold.until:
        return None
    waited = duration_in_words(fold.until - fold.at)
    says = f"{first.id} answers the same cause, {fold.what}, and did not end in {waited}: a person is needed"
    return Inherited(ending=Ending.NOT_RECOVERED, says=says)
