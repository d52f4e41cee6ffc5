"""What a rule is: who finds the suspects, and for each cause that it gives how it shows and how it is mended."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from outage.diagnosis.cause import Cause
from outage.diagnosis.findings import Signs
from outage.diagnosis.remedies.remedy import Remedy
from outage.diagnosis.suspect import Suspect, SuspectDraft
from outage.diagnosis.weighing.doubts import Doubt
from outage.snapshots.case_index import CaseIndex

Finder = Callable[[CaseIndex, Signs], Iterable[SuspectDraft]]
"""Drafts the suspects of one picture; the order means nothing, strengths and doubts decide."""


@dataclass(frozen=True)
class CauseEntry:
    """One cause as people look it up; `docs/causes.md` is written from these."""

    cause: Cause
    says: str
    """The cause in one sentence."""
    shows: str
    """Its signature: what contradicts what."""
    evidence: str
    """Where that is seen, in the words of kubectl or psql."""
    remedies: tuple[Remedy, ...]
    """In order of trust."""
    doubts: tuple[Doubt, ...] = ()
    """What speaks against it although it shows."""


@dataclass(frozen=True)
class CauseRule:
    """One family of causes that are found together.

    A module of rules holds them in `RULES`; `catalogue` finds it there, so that nothing else has to be told.
    """

    find: Finder
    entries: tuple[CauseEntry, ...] = ()
    """Of each cause that is its own; a cause that another rule gives as well is entered there."""

    def suspects(self, index: CaseIndex, signs: Signs) -> list[Suspect]:
        """What it suspects of this picture, finished: from here on nobody alters a suspect."""
        return [draft.finished() for draft in self.find(index, signs)]
