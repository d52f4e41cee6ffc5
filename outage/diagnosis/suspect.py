"""A cause under suspicion: what it would explain, how strongly it shows, and what speaks against it.

A rule writes a `SuspectDraft`, step by step; finished it is a `Suspect`, a value: whoever weighs it against others
makes a new one.

Its strength is a word. The score follows from the words alone: strength, supports, the trust in a known good form and
the age of the change add up, doubts take away, and the sum is cut to 0 … 1.
"""

import dataclasses
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from outage.diagnosis.cause import Cause
from outage.diagnosis.hypothesis import Hypothesis, Repair
from outage.diagnosis.thresholds import CLOSE_CHANGE, RECENT_CHANGE, SEEN_LATE
from outage.diagnosis.weighing.doubts import Doubt
from outage.diagnosis.weighing.strength import Age, Part, Strength, points_of
from outage.kubernetes.objects import ObjectRef
from outage.text.durations import duration_in_words
from outage.text.redaction import redact

SETTLE = "Apply the repair, or do it by hand, and watch whether the signs go."


class Reason(NamedTuple):
    """One part of a score with its sentence."""

    part: Part
    says: str

    @property
    def line(self) -> str:
        """As people read it: what it adds, how strong it is, why."""
        word = f"{self.part.word}: " if isinstance(self.part, Strength) else ""
        return f"{points_of(self.part):+.2f} {word}{redact(self.says)}"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Suspect:
    """One cause on one object, as it is weighed against others."""

    cause: Cause
    about: ObjectRef
    says: str
    explains: frozenset[str]
    """Names (as `str(ObjectRef)`) of what this breaks directly; callers follow from the graph."""
    field: str | None = None
    live: str | None = None
    wanted: str | None = None
    parts: tuple[Reason, ...] = ()
    evidence_for: tuple[str, ...] = ()
    evidence_against: tuple[str, ...] = ()
    settle: str = ""
    caller: ObjectRef | None = None
    """Of a dependency that does not answer: who misses it."""
    repair: Repair | None = None
    onset: datetime | None = None
    effect: bool = False
    """Whether it could as well be the effect of something else that fails."""
    alone: bool = False
    """Whether it stands even when no failing sign is linked to it."""

    def adding(self, part: Part, reason: str) -> "Suspect":
        """The same with one part more of what speaks for or against it, as `SuspectDraft.add` adds it."""
        return dataclasses.replace(self, parts=(*_with_part(self.parts, part, reason),))

    def explaining(self, names: Iterable[str]) -> "Suspect":
        """The same, which explains these as well."""
        return dataclasses.replace(self, explains=self.explains | {*names})

    def mended_by(self, repair: Repair | None) -> "Suspect":
        """The same with this repair in place of its own; None for none at all."""
        return dataclasses.replace(self, repair=repair)

    @property
    def strength(self) -> Strength | None:
        """How strongly it shows; None when the rule has not said so."""
        return _strength_of(self.parts)

    @property
    def doubts(self) -> tuple[Doubt, ...]:
        """What speaks against it, by name."""
        return tuple(one.part for one in self.parts if isinstance(one.part, Doubt))

    @property
    def score(self) -> float:
        """The sum of the parts, cut to 0 … 1."""
        return round(min(1.0, max(0.0, self.weight)), 2)

    @property
    def weight(self) -> float:
        """The uncut sum, which puts two certain causes in order."""
        return sum(points_of(one.part) for one in self.parts)

    @property
    def standing(self) -> tuple[float, float]:
        """Where it stands among others, the greatest first: strength less its doubts, then all that breaks a tie."""
        if self.strength is None:
            return 0.0, self.weight
        return self.strength.lowered(sum(one.lowers for one in self.doubts)).points, self.weight

    def hypothesis(self) -> Hypothesis:
        """The suspect as it is told to people."""
        return Hypothesis(
            cause=self.cause.value,
            about=self.about,
            field=self.field,
            live=redact(self.live) if self.live else self.live,
            wanted=redact(self.wanted) if self.wanted else self.wanted,
            says=redact(self.says),
            explains=tuple(sorted(self.explains)),
            score=self.score,
            strength=self.strength.word if self.strength else None,
            doubts=tuple(doubt.name.lower().replace("_", "-") for doubt in self.doubts),
            reasons=tuple(one.line for one in self.parts),
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


@dataclasses.dataclass
class SuspectDraft:
    """One cause on one object, while its rule writes it; the fields are those of `Suspect`.

    A rule fills in what it comes upon, and a remedy what mends it. That it may be written here is why steps cannot get
    lost: of a value that each step makes anew, a doubt would be gone with the one result that nobody kept.
    """

    cause: Cause
    about: ObjectRef
    says: str
    explains: set[str]
    field: str | None = None
    live: str | None = None
    wanted: str | None = None
    parts: list[Reason] = dataclasses.field(default_factory=list)
    evidence_for: list[str] = dataclasses.field(default_factory=list)
    evidence_against: list[str] = dataclasses.field(default_factory=list)
    settle: str = ""
    caller: ObjectRef | None = None
    repair: Repair | None = None
    onset: datetime | None = None
    changed_at: datetime | None = None
    """When what is suspected came about, None when not known."""
    effect: bool = False
    alone: bool = False

    def add(self, part: Part | None, reason: str = "") -> "SuspectDraft":
        """Add one part to what speaks for or against it.

        Args:
            part: What it is; None adds nothing. Of two strengths the greater one stands.
            reason: The part in one sentence; a doubt has one of its own.

        Returns:
            The same draft.
        """
        if part is not None:
            self.parts = _with_part(self.parts, part, reason)
        return self

    def without(self, part: Part) -> "SuspectDraft":
        """Take every part of this kind back."""
        self.parts = [one for one in self.parts if one.part is not part]
        return self

    def time(
        self, changed_at: datetime | None, onset: datetime | None, certain: bool = False
    ) -> "SuspectDraft":
        """Add what the time between change and first failure is worth.

        Args:
            changed_at: When the object was last changed, None when not known.
            onset: When what it explains first failed.
            certain: A known good form contradicts it, so it was changed: an old date then tells nothing.

        Returns:
            The same draft.
        """
        self.changed_at, self.onset = changed_at, onset or changed_at
        if changed_at and onset:
            part, reason = age_before(onset - changed_at)
            if isinstance(part, Age) or not certain:
                self.add(part, reason)
        return self

    def finished(self) -> Suspect:
        """The value that is weighed; what is written into the draft later on does not reach it."""
        return Suspect(
            cause=self.cause,
            about=self.about,
            says=self.says,
            explains=frozenset(self.explains),
            field=self.field,
            live=self.live,
            wanted=self.wanted,
            parts=tuple(self.parts),
            evidence_for=tuple(self.evidence_for),
            evidence_against=tuple(self.evidence_against),
            settle=self.settle,
            caller=self.caller,
            repair=self.repair,
            onset=self.onset,
            effect=self.effect,
            alone=self.alone,
        )


def _strength_of(parts: Iterable[Reason]) -> Strength | None:
    return next((one.part for one in parts if isinstance(one.part, Strength)), None)


def _with_part(parts: Sequence[Reason], part: Part, reason: str) -> list[Reason]:
    """These parts and one more; of two strengths the greater one stands."""
    had = _strength_of(parts) if isinstance(part, Strength) else None
    if had is not None and isinstance(part, Strength) and had.points >= part.points:
        return [*parts]
    told = reason or (part.says if isinstance(part, Doubt) else part.word)
    return [*(one for one in parts if had is None or one.part is not had), Reason(part, told)]


def age_before(before: timedelta) -> tuple[Age | Doubt, str]:
    """What it is worth that something changed this long before the first failure, and that in words."""
    if before < -SEEN_LATE:
        return Doubt.CHANGED_AFTERWARDS, f"it changed {duration_in_words(-before)} after the first failure"
    if before <= CLOSE_CHANGE:
        return Age.CLOSE, f"it changed {duration_in_words(before)} before the first failure"
    if before <= RECENT_CHANGE:
        return Age.NEAR, f"it changed {duration_in_words(before)} before the first failure"
    words = f"it had not changed for {duration_in_words(before)} when things first failed"
    return Doubt.LONG_UNCHANGED, words


def names_of(*refs: ObjectRef) -> set[str]:
    """Refs as the keys that `explains` holds."""
    return {str(one) for one in refs}
