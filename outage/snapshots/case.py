"""The case: all that a diagnosis is made of, put together once by the look and handed on whole."""

from functools import cached_property
from typing import Self

from outage.incidents.severity import Severity
from outage.platforms.platform import Platform
from outage.snapshots.baseline import Baseline
from outage.snapshots.case_index import CaseIndex
from outage.snapshots.evidence import Evidence
from outage.snapshots.snapshot import Snapshot
from outage.value import Value


class Case(Value):
    """What was seen, and what was known beside it at that moment.

    It is read nowhere a second time: an edit of the platform file or a new baseline counts from the next look on, and
    a saved case gives the answer of that night.
    """

    snapshot: Snapshot
    """Its `taken_at` is the clock of every age and of "recent"."""
    platform: Platform
    """What the platform is; one without services is worked out from the objects alone."""
    baseline: Baseline | None = None
    """The known-good picture, when one was recorded."""
    floor: Severity = Severity.NONE
    """The least severity that the alerts' labels asked for."""

    @cached_property
    def index(self) -> CaseIndex:
        """The one index over it, made when it is first asked for."""
        return CaseIndex(self)

    def with_evidence(self, evidence: tuple[Evidence, ...]) -> Self:
        """The same case with other evidence; it keeps its index, which holds objects and logs."""
        snapshot = self.snapshot.model_copy(update={"evidence": evidence})
        told = self.model_copy(update={"snapshot": snapshot})
        told.__dict__["index"] = self.index
        return told

    def __copy__(self) -> Self:
        """A copy is made to be changed: the index of what it was would lie."""
        copied = super().__copy__()
        copied.__dict__.pop("index", None)
        return copied
