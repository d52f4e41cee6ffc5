"""The score of one drill as a value: what went right, what did not, what nobody can say, and how long it took."""

from datetime import datetime
from enum import StrEnum

from outage.people.outbox_message import MessageKind
from outage.policies.drill_rotation import practised_name
from outage.reports.drills.drill_facts import ScoredVersions
from outage.value import Value


class Aspect(StrEnum):
    """What a drill is scored by."""

    DETECTED = "detected"
    SEVERITY = "severity"
    CAUSE = "cause"
    OBJECT = "object"
    PLAN = "plan"
    APPROVED = "approved"
    HEALED = "healed"
    ENDING = "ending"
    COLLATERAL = "collateral"
    WRITES = "writes"
    TOLD = "told"


class AspectScore(Value):
    """One of them."""

    aspect: Aspect
    right: bool | None
    """None when it does not apply, or nobody can tell: it counts neither way."""
    says: str


class PhaseTime(StrEnum):
    """Moments of a drill, each in seconds from the fault."""

    DETECTED = "detected"
    PLANNED = "planned"
    APPROVED = "approved"
    MENDED = "mended"
    VERIFIED = "verified"


class ToldMessage(Value):
    """Who was told what, and when."""

    channel: str
    what: MessageKind
    asked_at: datetime
    taken_at: datetime | None = None
    """When the service took it; None when it did not."""


class ScoreCard(Value):
    """How one drill went."""

    drill: str
    fault: str
    service: str = ""
    platform: str
    at: datetime
    """When it ended."""
    passed: bool
    """Every incident ended as the fault should end, its cause is gone, and nothing is left behind."""
    points: float
    """Share of the aspects that can be told and were right, 0 to 1."""
    says: str
    aspects: tuple[AspectScore, ...]
    seconds: dict[PhaseTime, float] = {}
    """From the fault; what did not happen is left out."""
    seen_by: str = ""
    """`alert`, `watch`, `person`, or empty when nobody noticed."""
    approved_by: tuple[str, ...] = ()
    wrong_writes: int = 0
    collateral: tuple[str, ...] = ()
    told: tuple[ToldMessage, ...] = ()
    called: tuple[str, ...] = ()
    """People who were paged."""
    incidents: tuple[str, ...] = ()
    versions: ScoredVersions = ScoredVersions()

    @property
    def key(self) -> str:
        """What it is compared by: the fault, and where it was put in."""
        return practised_name(self.fault, self.service)

    def aspect(self, wanted: Aspect) -> AspectScore | None:
        """One of its aspects; None in a record of before there was that aspect."""
        return next((one for one in self.aspects if one.aspect is wanted), None)
