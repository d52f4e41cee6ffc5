"""Whether a run kept its promises: what came in, was answered, intended, written and told, held against each other.

The record says what we meant to do; the API server's audit log and the services that were told say what arrived.
Nothing may be lost on the way, nothing may be there twice, and nothing may be written that nobody allowed.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from outage.value import Value

CLOCKS_APART = timedelta(seconds=1)
"""How far the API server's clock may be behind the record's."""


class AlertHeard(Value):
    """An alert that a sender was told 2xx for."""

    fingerprint: str
    incident: str = ""
    """That has it; empty when none does."""


class IncidentSeen(Value):
    """An incident at the end of the run."""

    id: str
    ended: bool


class AnswerHeard(Value):
    """What somebody, or the policy, said to a plan."""

    incident: str
    plan_hash: str
    yes: bool
    at: datetime


class IntentSeen(Value):
    """A step that was about to be written."""

    incident: str
    plan_hash: str
    step_key: str
    target: str
    """As `str(ObjectRef)`."""
    at: datetime
    wrote: bool | None = None
    """By its outcome; None when that is not known, or when it may be either."""


class WriteSeen(Value):
    """A write that the API server took, as its audit log has it."""

    target: str
    """As `str(ObjectRef)`."""
    verb: str
    at: datetime
    of_proof: bool = False
    """A smoke Job, or an eviction: made under an approved plan, without an intent of its own."""


class MessageHeard(Value):
    """A message of the outbox, and what its service saw of it."""

    key: str
    received: bool
    """The row has a receipt."""
    seen: int
    """How often it is visible there."""


class RunHistory(Value):
    """Everything that is known of a run."""

    alerts: tuple[AlertHeard, ...] = ()
    incidents: tuple[IncidentSeen, ...] = ()
    answers: tuple[AnswerHeard, ...] = ()
    intents: tuple[IntentSeen, ...] = ()
    writes: tuple[WriteSeen, ...] = ()
    messages: tuple[MessageHeard, ...] = ()


class BrokenPromises(Value):
    """What was lost, is there twice, or nobody allowed: a sentence each."""

    lost: tuple[str, ...] = ()
    doubled: tuple[str, ...] = ()
    unapproved: tuple[str, ...] = ()
    counts: str = ""
    """How much was looked at: all zero proves nothing where nothing happened."""

    @property
    def kept(self) -> bool:
        """Whether there are none."""
        return not (self.lost or self.doubled or self.unapproved)

    def lines(self) -> list[str]:
        """What is printed: the counts, then every broken promise."""
        head = f"lost {len(self.lost)}, doubled {len(self.doubled)}, unapproved {len(self.unapproved)}"
        return [self.counts, head, *self.lost, *self.doubled, *self.unapproved]


def broken_promises(history: RunHistory) -> BrokenPromises:
    """Hold what was meant against what arrived.

    Args:
        history: Of a run that is over.
    """
    by_intent, strays = _matched_writes(history)
    return BrokenPromises(
        lost=(*_lost(history), *_never_written(by_intent)),
        doubled=(*_written_twice(by_intent), *_made_twice(history), *_told_twice(history)),
        unapproved=(*_without_intent(strays, history), *_without_yes(by_intent, history)),
        counts=", ".join(
            f"{len(found)} {name}" for name in RunHistory.model_fields if (found := getattr(history, name))
        ),
    )


Matched = list[tuple[IntentSeen, list[WriteSeen]]]


def _matched_writes(history: RunHistory) -> tuple[Matched, list[WriteSeen]]:
    """Each write with the newest intent before it that is about its target; and the writes that have none."""
    matched: Matched = [(one, []) for one in sorted(history.intents, key=lambda one: one.at)]
    strays: list[WriteSeen] = []
    for write in sorted(history.writes, key=lambda one: one.at):
        begun = [(one, found) for one, found in matched if one.target == write.target]
        before = [found for one, found in begun if one.at <= write.at]
        just_after = [found for one, found in begun if write.at < one.at <= write.at + CLOCKS_APART]
        (before[-1] if before else just_after[0] if just_after else strays).append(write)
    return matched, strays


def _lost(history: RunHistory) -> Iterator[str]:
    known = {one.id for one in history.incidents}
    for alert in history.alerts:
        if alert.incident not in known:
            yield f"alert {alert.fingerprint} was taken, and no incident has it"
    yield from (f"{one.id} came to no end" for one in history.incidents if not one.ended)
    for message in history.messages:
        if message.received and not message.seen:
            yield f"message {message.key} has a receipt, and its service does not show it"


def _never_written(matched: Matched) -> Iterator[str]:
    for intent, writes in matched:
        if intent.wrote and not writes:
            yield f"{_named(intent)} is settled as written, and the API server took no write"


def _written_twice(matched: Matched) -> Iterator[str]:
    for intent, writes in matched:
        if len(writes) > 1:
            verbs = ", ".join(f"{one.verb} at {one.at:%H:%M:%S.%f}" for one in writes)
            yield f"{_named(intent)} was written {len(writes)} times: {verbs}"


def _made_twice(history: RunHistory) -> Iterator[str]:
    there: set[str] = set()
    for write in sorted((one for one in history.writes if one.of_proof), key=lambda one: one.at):
        if write.verb == "create" and write.target in there:
            yield f"{write.target} was made a second time while it was there"
        (there.add if write.verb == "create" else there.discard)(write.target)


def _told_twice(history: RunHistory) -> Iterator[str]:
    for message in history.messages:
        if message.seen > 1:
            yield f"message {message.key} is there {message.seen} times"


def _without_intent(strays: list[WriteSeen], history: RunHistory) -> Iterator[str]:
    for write in strays:
        under_plan = any(one.at <= write.at + CLOCKS_APART for one in history.intents)
        if not (write.of_proof and under_plan):
            yield f"{write.verb} {write.target} at {write.at:%H:%M:%S.%f} was written without an intent"


def _without_yes(matched: Matched, history: RunHistory) -> Iterator[str]:
    for intent, writes in matched:
        said = [
            one
            for one in history.answers
            if (one.incident, one.plan_hash) == (intent.incident, intent.plan_hash) and one.at <= intent.at
        ]
        if writes and not (said and all(one.yes for one in said)):
            why = "after a no" if said else "before anybody said yes"
            yield f"{_named(intent)} was written {why}"


def _named(intent: IntentSeen) -> str:
    return f"step {intent.step_key} of {intent.incident} ({intent.target})"
