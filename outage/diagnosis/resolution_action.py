"""One of the runbook's Resolution Actions as a person chose it by hand: what, to what, why, and what must become well.

Source: runbook "Resolution Actions".
"""

from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import AwareDatetime, Field

from outage.value import Value

BY_HAND = "by-hand"
"""In place of a cause's name: a person chose what is done, whatever the cause is."""
ACT = "act/"
"""What the key of an action chosen by hand begins with."""


class ResolutionKind(StrEnum):
    """What can be chosen, spelled as the command line spells it."""

    RESTART = "restart"
    RESTART_ALL = "restart-all"
    SCALE = "scale"
    UNDO = "undo"
    SWITCH = "switch"
    MAINTENANCE = "maintenance"
    END_SESSIONS = "end-sessions"
    CORDON = "cordon"
    UNCORDON = "uncordon"
    DRAIN = "drain"
    TAKE_BACK = "take-back"
    """Takes back what an earlier plan, of this incident or another one, left standing."""
    PROPOSAL = "proposal"
    """Another of the proposals that the investigation made."""


class ResolutionAction(Value):
    """One choice of one person."""

    kind: ResolutionKind
    target: str = ""
    """Name of a service of the platform file, of a node, of an incident (to take back), or the key of a proposal."""
    replicas: int | None = Field(default=None, ge=0)
    """Of `scale`."""
    revision: int | None = Field(default=None, ge=1)
    """Of `undo`; None: the one before."""
    slot: str = ""
    """Of `switch`; empty: the other one."""
    older_than: timedelta = timedelta(minutes=5)
    """Of `end-sessions`: how long a session's query, or its transaction, must have run."""
    plan: int | None = Field(default=None, ge=1)
    """Of `take-back`: the plan's number; None: the newest that stands."""
    well: str = ""
    """Name of the service that must become well; empty: the target's."""
    because: str = ""
    by: str
    """Handle of who chose it."""
    door: str = "cli"
    at: AwareDatetime
    instead_of: str = ""
    """Hash of the waiting plan in whose place it was chosen; empty when none waited."""

    @property
    def key(self) -> str:
        """The same for one choice, however often it is written down."""
        return f"{ACT}{self.kind}/{self.target}/{self.by}/{_stamp(self.at)}"

    @property
    def says(self) -> str:
        """What was chosen, as the beginning of a sentence: `restart auth-service`."""
        more = [
            *([f"to {self.replicas}"] if self.replicas is not None else []),
            *([f"to revision {self.revision}"] if self.revision is not None else []),
            *([f"to {self.slot}"] if self.slot else []),
            *([f"plan {self.plan}"] if self.plan is not None else []),
        ]
        return " ".join(filter(None, [str(self.kind), self.target, *more]))


def _stamp(at: datetime) -> str:
    return at.strftime("%Y%m%dT%H%M%S.%f")
