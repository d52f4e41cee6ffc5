"""Objects that the baseline has and that are gone: what is missed decides, and all are created again.

A family declares its kinds and who misses them; everything else is the same for each.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from outage.diagnosis.cause import Cause
from outage.diagnosis.findings import Signs
from outage.diagnosis.hypothesis import Risk
from outage.diagnosis.remedies.finished_repairs import create_again
from outage.diagnosis.suspect import SuspectDraft
from outage.diagnosis.weighing.strength import Strength, Support, Trust
from outage.kubernetes.objects import ObjectRef, object_ref
from outage.snapshots.case_index import CaseIndex
from outage.value import Manifest


@dataclass(frozen=True)
class Loss:
    """What is missed of one object that is gone."""

    says: str
    """The cause in one sentence."""
    strength: Strength
    shown_by: str
    """Why so strong, in half a sentence."""
    explains: frozenset[str]
    """What it breaks directly, as `names_of` gives it."""
    support: tuple[Support, str] | None = None
    """What else speaks for it, and that in half a sentence."""
    evidence: tuple[str, ...] = ()
    alone: bool = False
    """Whether it stands even when nothing fails."""
    settle: str = ""


MissedBy = Callable[[CaseIndex, Signs, ObjectRef, Manifest], Loss | None]
"""What is missed of an object that was as the baseline has it; None when nobody misses it."""


@dataclass(frozen=True)
class Gone:
    """Kinds of objects whose loss is a cause."""

    kinds: tuple[str, ...]
    cause: Cause
    missed_by: MissedBy
    expected: str
    """What will be seen when it is there again."""
    risk: Risk = Risk.LOW
    """Of creating it again."""
    beyond_home: bool = False
    """Whether it counts in the critical namespaces and the system's as well."""

    def find(self, index: CaseIndex, signs: Signs) -> Iterator[SuspectDraft]:
        """A suspect for each object of these kinds that is gone and missed."""
        for about, was in self._gone(index):
            if (loss := self.missed_by(index, signs, about, was)) is not None:
                yield self._suspect(about, was, loss)

    def _gone(self, index: CaseIndex) -> Iterator[tuple[ObjectRef, Manifest]]:
        where = index.namespaces if self.beyond_home else index.home
        for kind in self.kinds if index.baseline else ():
            for was in index.baseline.objects.get(kind, ()) if index.baseline else ():
                about = object_ref(was, kind)
                if about.namespace in where and index.snapshot.saw(kind) and index.get(about) is None:
                    yield about, was

    def _suspect(self, about: ObjectRef, was: Manifest, loss: Loss) -> SuspectDraft:
        found = SuspectDraft(cause=self.cause, about=about, says=loss.says, explains=set(loss.explains))
        found.add(loss.strength, loss.shown_by).add(Trust.BASELINE, "the baseline has it")
        if loss.support is not None:
            found.add(*loss.support)
        found.evidence_for, found.alone, found.settle = list(loss.evidence), loss.alone, loss.settle
        return create_again(found, was, self.expected, self.risk)
