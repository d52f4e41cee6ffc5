"""A cause under suspicion: what it would explain, and how its score adds up.

A score is a sum of parts, each with its sentence, cut to 0 … 1. Nothing else moves it.
"""

import dataclasses
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from outage.diagnosis.cause import Cause
from outage.diagnosis.hypothesis import Action, Change, Hypothesis, Repair, Risk
from outage.kubernetes.objects import ObjectRef
from outage.snapshots.baseline import normalised
from outage.text.redaction import redact
from outage.value import Manifest

PROOF = 0.55
"""The cluster itself names the cause, as in an event."""
SIGNATURE = 0.4
"""The fields contradict each other in the way of this cause."""
HINT = 0.25
"""It fits, as other causes would."""
BASELINE, HISTORY, SIBLINGS = 0.2, 0.15, 0.1
"""How far a known good value is trusted, by where it comes from."""
CLOSE, NEAR, OLD = 0.15, 0.05, -0.2
"""What the time between the change and the first failure is worth."""
SYMPTOM = 0.1
"""What fails is what this would make fail."""

SETTLE = "Apply the repair, or do it by hand, and watch whether the signs go."


@dataclasses.dataclass
class Suspect:
    """One cause on one object, while it is being weighed."""

    cause: Cause
    about: ObjectRef
    says: str
    explains: set[str]
    """Names (as `str(ObjectRef)`) of what this breaks directly; callers follow from the graph."""
    field: str | None = None
    live: str | None = None
    wanted: str | None = None
    parts: list[tuple[float, str]] = dataclasses.field(default_factory=list)
    evidence_for: list[str] = dataclasses.field(default_factory=list)
    evidence_against: list[str] = dataclasses.field(default_factory=list)
    settle: str = ""
    caller: ObjectRef | None = None
    """Of a dependency that does not answer: who misses it."""
    repair: Repair | None = None
    onset: datetime | None = None
    changed_at: datetime | None = None
    """When what is suspected came about, None when not known."""
    effect: bool = False
    """Whether it could as well be the effect of something else that fails."""
    alone: bool = False
    """Whether it stands even when no failing sign is linked to it."""

    def add(self, points: float, reason: str) -> "Suspect":
        """Add one part to the score."""
        self.parts.append((points, reason))
        return self

    def time(self, changed_at: datetime | None, onset: datetime | None, certain: bool = False) -> "Suspect":
        """Add what the time between change and first failure is worth.

        Args:
            changed_at: When the object was last changed, None when not known.
            onset: When what it explains first failed.
            certain: A known good form contradicts it, so it was changed: an old date then tells nothing.
        """
        self.changed_at, self.onset = changed_at, onset or changed_at
        if changed_at and onset:
            points, reason = timing_score(onset - changed_at)
            if points > 0 or not certain:
                self.parts.append((points, reason))
        return self

    @property
    def score(self) -> float:
        """The sum of the parts, cut to 0 … 1."""
        return round(min(1.0, max(0.0, self.weight)), 2)

    @property
    def weight(self) -> float:
        """The uncut sum, which puts two certain causes in order."""
        return sum(points for points, _ in self.parts)

    def hypothesis(self) -> Hypothesis:
        """The suspect as it is told to people."""
        reasons = tuple(f"{points:+.2f} {redact(reason)}" for points, reason in self.parts if points)
        return Hypothesis(
            cause=self.cause.value,
            about=self.about,
            field=self.field,
            live=redact(self.live) if self.live else self.live,
            wanted=redact(self.wanted) if self.wanted else self.wanted,
            says=redact(self.says),
            score=self.score,
            reasons=reasons,
            onset=self.onset,
            evidence_for=tuple(dict.fromkeys(redact(one) for one in self.evidence_for)),
            evidence_against=tuple(dict.fromkeys(redact(one) for one in self.evidence_against)),
            settle=redact(self.settle) or SETTLE,
            caller=self.caller,
            repair=self._shareable_repair(),
        )

    def _shareable_repair(self) -> Repair | None:
        """The repair with words that may be read by anybody; what will be written stays as it is."""
        if self.repair is None:
            return None
        changes = tuple(
            one.model_copy(update={"why": redact(one.why), "expected": redact(one.expected)})
            for one in self.repair.changes
        )
        return self.repair.model_copy(update={"summary": redact(self.repair.summary), "changes": changes})


def timing_score(before: timedelta) -> tuple[float, str]:
    """What it is worth that something changed this long before the first failure."""
    seconds = before.total_seconds()
    if seconds < -90:
        return -0.05, f"it changed {duration_in_words(-before)} after the first failure"
    if seconds <= 15 * 60:
        return CLOSE, f"it changed {duration_in_words(before)} before the first failure"
    if seconds <= 2 * 3600:
        return NEAR, f"it changed {duration_in_words(before)} before the first failure"
    return OLD, f"it had not changed for {duration_in_words(before)} when things first failed"


def duration_in_words(duration: timedelta) -> str:
    """A duration in the one unit that a person would use."""
    seconds = max(0, int(duration.total_seconds()))
    for size, unit in ((86400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} seconds"


def names_of(*refs: ObjectRef) -> set[str]:
    """Refs as the keys that `explains` holds."""
    return {str(one) for one in refs}


def suspend_change(actor: ObjectRef, why: str, expected: str, risk: Risk = Risk.LOW) -> Change:
    """The change that holds a Job or CronJob, which can be resumed."""
    patch = ({"op": "add", "path": "/spec/suspend", "value": True},)
    return Change(action=Action.PATCH, target=actor, patch=patch, why=why, expected=expected, risk=risk)


def one_change(
    action: Action,
    target: ObjectRef,
    patch: Iterable[dict[str, Any]],
    summary: str,
    expected: str,
    risk: Risk = Risk.LOW,
) -> Repair:
    """A repair of one change whose reason is its summary."""
    change = Change(
        action=action, target=target, patch=tuple(patch), why=summary, expected=expected, risk=risk
    )
    return Repair(summary=summary, changes=(change,))


def created_again(
    about: ObjectRef, was: Manifest, api_version: str, expected: str, risk: Risk = Risk.LOW
) -> Repair:
    """The repair of an object that is gone: as the baseline has it."""
    change = Change(
        action=Action.CREATE,
        target=about,
        manifest={"apiVersion": api_version, **normalised(was), "kind": about.kind},
        why=f"{about} was deleted",
        expected=expected,
        risk=risk,
    )
    return Repair(summary=f"Create {about} as the baseline has it", changes=(change,))
