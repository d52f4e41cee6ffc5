"""A cause that would explain the findings, with what speaks for it, against it, and what would settle it."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from pydantic import model_validator

from outage.diagnosis.findings.finding import Finding
from outage.incidents.severity import Assessment
from outage.kubernetes.objects import ObjectRef
from outage.text.logs.log_templates import LogTemplate
from outage.value import Manifest, Value

FORMER_MARK = "it eases the outage and heals no cause"
"""First reason of every mitigation that the program recorded before mitigations had a field of their own."""


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


class Hypothesis(Value):
    """One cause. "Unknown" is allowed: then `cause` is `unknown` and `settle` says what to look at."""

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
    mitigation: bool = False
    """Whether it only eases the outage: then it names the cause that it eases, and heals none."""
    caller: ObjectRef | None = None
    """Of a dependency that does not answer: who misses it."""
    repair: Repair | None = None
    """None when only a person can mend it; then `settle` or `says` tells why."""

    @model_validator(mode="before")
    @classmethod
    def _of_before(cls, given: Any) -> Any:
        """A mitigation of a record of before had no field that says so; its first reason stood for it."""
        if isinstance(given, Mapping) and "mitigation" not in given:
            return {**given, "mitigation": tuple(given.get("reasons") or ())[:1] == (FORMER_MARK,)}
        return given

    @property
    def key(self) -> str:
        """The same for the same cause on the same object."""
        return f"{self.cause}:{self.about.kind}/{self.about.namespace}/{self.about.name}"


class Diagnosis(Value):
    """What an investigation concludes."""

    at: datetime
    assessment: Assessment
    findings: tuple[Finding, ...] = ()
    hypotheses: tuple[Hypothesis, ...] = ()
    """Most likely first; empty when nothing is wrong."""
    unknowns: tuple[str, ...] = ()
    """What could not be seen, and why: one sentence each."""
    log_templates: tuple[LogTemplate, ...] = ()
    """What the logs complain of: what is new since the baseline first, then the most frequent."""
