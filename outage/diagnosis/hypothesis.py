"""A cause that would explain the findings, with what speaks for it, against it, and what would settle it."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import model_validator

from outage.diagnosis.findings.finding import Finding
from outage.diagnosis.history.recorded_change import RecordedChange
from outage.diagnosis.resolution_action import ResolutionAction, ResolutionKind
from outage.incidents.severity import Assessment
from outage.kubernetes.objects import ObjectRef
from outage.text.logs.log_templates import LogTemplate
from outage.value import Manifest, Value


class Action(StrEnum):
    """What can be done to an object, spelled as kubectl (or psql) spells it."""

    RESTART = "restart"
    UNDO = "undo"
    SCALE = "scale"
    PATCH = "patch"
    CREATE = "create"
    DELETE = "delete"
    CORDON = "cordon"
    UNCORDON = "uncordon"
    DRAIN = "drain"
    CANCEL = "cancel"
    """pg_cancel_backend, then pg_terminate_backend when it does not yield."""


class Risk(StrEnum):
    """What can go wrong if the change is wrong. Policy speaks in these."""

    LOW = "low"
    """Puts one thing back that is already failing; nobody who works now is disturbed."""
    MEDIUM = "medium"
    """Disturbs pods that work, or removes something that might be intended."""
    HIGH = "high"
    """Touches data, security or everything at once."""


class Change(Value):
    """One mutation that would repair something; the planner makes a step of it."""

    action: Action
    target: ObjectRef
    patch: tuple[dict[str, Any], ...] = ()
    """RFC 6902 operations against the live object, for patch, undo, scale, cordon and uncordon."""
    manifest: Manifest | None = None
    """The whole object, for create."""
    session: int | None = None
    """Backend pid, for cancel."""
    why: str
    expected: str
    """What will be seen when it worked."""
    risk: Risk = Risk.LOW


class Repair(Value):
    """The smallest ordered set of changes that would heal the cause."""

    summary: str
    """One imperative sentence: `Undo deployment/auth-service to revision 3`."""
    changes: tuple[Change, ...]


NO_CAUSE = "it eases the outage and heals no cause"
"""First of the `reasons` of every mitigation, for people; records of old know mitigations by it alone."""


class Proposal(Value):
    """What may be acted upon, and what a responder has to know of it."""

    cause: str
    """Stable class name in kebab-case; the list is in `outage.diagnosis.cause`."""
    about: ObjectRef
    field: str | None = None
    """Dotted path of the field that is wrong."""
    live: str | None = None
    """What stands there now."""
    wanted: str | None = None
    """What should stand there, if known."""
    says: str
    """The cause as one sentence."""
    explains: tuple[str, ...] = ()
    """What it breaks directly, as `str(ObjectRef)`, or `everything`: the signs of these are its own."""
    score: float
    """0 to 1; explained by `reasons`."""
    reasons: tuple[str, ...] = ()
    """How the score came about, one line per part."""
    onset: datetime | None = None
    evidence_for: tuple[str, ...] = ()
    evidence_against: tuple[str, ...] = ()
    settle: str = ""
    """What would settle it."""
    caller: ObjectRef | None = None
    """Of a dependency that does not answer: who misses it."""


class Hypothesis(Proposal):
    """One cause. "Unknown" is allowed: then `cause` is `unknown` and `settle` says what to look at."""

    strength: str | None = None
    """How it shows, in the words of `weighing.strength`; None in records from before there were words."""
    doubts: tuple[str, ...] = ()
    """What speaks against it, by the names of `weighing.doubts`."""
    repair: Repair | None = None
    """None when only a person can mend it; then `settle` or `says` tells why."""

    @property
    def key(self) -> str:
        """The same for the same cause on the same object."""
        return f"{self.cause}:{self.about.kind}/{self.about.namespace}/{self.about.name}"


class Mitigation(Proposal):
    """What eases the outage and heals no cause; `cause` and `about` say what it eases."""

    repair: Repair

    @property
    def key(self) -> str:
        """The same for the same thing done to the same object, whatever it eases."""
        first = self.repair.changes[0]
        return f"{first.action}:{first.target.kind}/{first.target.namespace}/{first.target.name}"


class ChosenProposal(Proposal):
    """What a person chose by hand; `explains` says what must become well."""

    action: ResolutionAction
    repair: Repair | None = None
    """None when it cannot be planned; then `says` tells why."""

    @property
    def key(self) -> str:
        """That of the choice; of a proposal of the investigation its own."""
        return self.action.target if self.action.kind is ResolutionKind.PROPOSAL else self.action.key


class Diagnosis(Value):
    """What an investigation concludes."""

    at: datetime
    assessment: Assessment
    findings: tuple[Finding, ...] = ()
    hypotheses: tuple[Hypothesis, ...] = ()
    """Most likely first; empty when nothing is wrong."""
    mitigations: tuple[Mitigation, ...] = ()
    """What eases the outage, the least harmful first; for when no cause can be acted upon."""
    changes: tuple[RecordedChange, ...] = ()
    """What changed on the failing path around the first bad sign, newest first; undated ones last."""
    chosen: ChosenProposal | None = None
    """What a person chose to be planned next, whatever stands first."""
    unknowns: tuple[str, ...] = ()
    """What could not be seen, and why: one sentence each."""
    log_templates: tuple[LogTemplate, ...] = ()
    """What the logs complain of: what is new since the baseline first, then the most frequent."""

    @property
    def proposals(self) -> tuple[Hypothesis | Mitigation, ...]:
        """Everything that the program proposes, as people read it: the causes first."""
        return (*self.hypotheses, *self.mitigations)

    @property
    def to_plan(self) -> Hypothesis | Mitigation | ChosenProposal | None:
        """What a person chose to be planned: one of these proposals, or by hand; None when nobody chose."""
        if self.chosen is None or self.chosen.action.kind is not ResolutionKind.PROPOSAL:
            return self.chosen
        return next((one for one in self.proposals if one.key == self.chosen.key), None)

    @model_validator(mode="before")
    @classmethod
    def _read_old_records(cls, data: Any) -> Any:
        """Before mitigations were a type of their own they stood behind the causes, told apart by a reason."""
        found = data.get("hypotheses", ()) if isinstance(data, dict) else ()
        if not found or not all(isinstance(one, dict) for one in found):
            return data
        found = [{key: one[key] for key in one if key != "mitigation"} for one in found]
        eases = [one for one in found if NO_CAUSE in one.get("reasons", ())]
        causes = [one for one in found if one not in eases]
        return data | {"hypotheses": causes, "mitigations": [*data.get("mitigations", ()), *eases]}
