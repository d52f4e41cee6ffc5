"""The shape of every `--json`, as types: what docs/schemas/ is written from (`make schemas`).

Most of a shape are the values that the commands print themselves, so a field that they gain is in the schema with
the next `make schemas`, and a test that compares both fails until then.
"""

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from outage.diagnosis.history.recorded_change import ChangedField, ChangeKind
from outage.diagnosis.hypothesis import Hypothesis, Mitigation, Risk
from outage.incidents.incident import Ending, Phase
from outage.incidents.routing import Route
from outage.incidents.severity import Severity
from outage.incidents.timeline import Entry
from outage.kubernetes.objects import ObjectRef
from outage.plans.approval import Approval
from outage.plans.outcome import StepDid
from outage.plans.plan import Step
from outage.platforms.platform_drift import PlatformDifference
from outage.policies.policy import Policy
from outage.reports.drills.score_card import ScoreCard
from outage.reports.drills.score_trend import ScoreTrend
from outage.reports.report import Times
from outage.snapshots.baseline import Baseline
from outage.text.logs.log_templates import LogTemplate
from outage.value import Value
from outage.verification.drills.fitted_fault import Blast
from stack.intake.deliveries import Delivered
from stack.status_line import StatusLine
from tasks.doctor.check_result import CheckResult
from tasks.tell.on_call_people import RotationView

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "schemas"


class VersionedShape(Value):
    """What every shape but two begins with."""

    version: Literal[1]


class IncidentHead(Value):
    """The head of one incident."""

    id: str
    title: str
    severity: Severity
    phase: Phase
    ending: Ending | None
    says: str
    opened_at: datetime
    closed_at: datetime | None
    drill: str | None
    flow_run_id: str | None
    leader: str
    """Empty while nobody leads."""


class ShownChange(Value):
    """One change on a failing path."""

    about: ObjectRef
    kind: ChangeKind
    at: datetime | None
    by: str | None
    fields: tuple[ChangedField, ...]
    against: str | None
    runs: int
    says: str


class IncidentsShape(VersionedShape):
    """`outage incidents --json`."""

    incidents: tuple[IncidentHead, ...]


class ShownPlan(Value):
    """A plan with what follows from it: `Plan`, whose `hash` and `risk` are no fields."""

    hash: str
    risk: Risk
    incident: str
    attempt: int
    hypothesis: str
    also: tuple[str, ...]
    summary: str
    steps: tuple[Step, ...]
    made_at: datetime
    causes: str


class ShownStep(Value):
    """One write."""

    phase: str
    step: str
    outcome: StepDid
    says: str


class AccountShape(VersionedShape, IncidentHead):
    """`outage show ID --json`, `outage drill --json`."""

    reason: str
    hypotheses: tuple[Hypothesis | Mitigation, ...]
    unknowns: tuple[str, ...]
    log_templates: tuple[LogTemplate, ...]
    changes: tuple[ShownChange, ...]
    plans: tuple[ShownPlan, ...]
    approvals: tuple[Approval, ...]
    steps: tuple[ShownStep, ...]
    times: Times
    timeline: tuple[Entry, ...]


class AnswerShape(VersionedShape):
    """`outage approve ID --json`, `outage decline ID --json`."""

    incident: str
    plan: str
    stands: Approval | None
    says: str


class RoutedAlert(Route):
    """Where one alert goes."""

    alert: str
    subject: str
    severity: Severity
    severity_says: str


class RouteShape(VersionedShape):
    """`outage route FILE --json`."""

    alerts: tuple[RoutedAlert, ...]


class SeenSign(Value):
    """What is not as it should be."""

    sign: str
    about: ObjectRef
    says: str
    since: datetime | None
    evidence: tuple[str, ...]
    facts: dict[str, Any]


class SuspectedCause(Value):
    """One cause, as a look from outside tells it."""

    cause: str
    about: ObjectRef
    field: str | None
    live: str | None
    wanted: str | None
    says: str
    score: float
    reasons: tuple[str, ...]
    onset: datetime | None
    evidence_for: tuple[str, ...]
    evidence_against: tuple[str, ...]
    settle: str | None
    repair: str | None


class MadeLook(Value):
    """One look that was made, or could not be."""

    id: str
    words: str
    observed_at: datetime
    seconds: float
    seen: bool
    unseen: str | None


class InvestigationShape(VersionedShape):
    """`outage investigate --json`."""

    taken_at: datetime
    namespaces: tuple[str, ...]
    severity: Severity
    severity_reason: str
    findings: tuple[SeenSign, ...]
    hypotheses: tuple[SuspectedCause, ...]
    unknowns: tuple[str, ...]
    log_templates: tuple[LogTemplate, ...]
    changes: tuple[ShownChange, ...]
    looks: tuple[MadeLook, ...]


class DifferingField(Value):
    """One field; null for what is not there."""

    field: str
    live: Any
    wanted: Any


class BaselineDifference(Value):
    """One object that is not as it was."""

    about: ObjectRef
    missing: bool
    new: bool
    says: str
    fields: tuple[DifferingField, ...]


class BaselineDiffShape(VersionedShape):
    """`outage baseline diff --json`."""

    differences: tuple[BaselineDifference, ...]


class StatusShape(VersionedShape):
    """`outage status --json`."""

    processes: tuple[StatusLine, ...]


class PracticePart(Value):
    """One part of the practice ground."""

    what: str
    where: str | None
    since: datetime | None
    wrong: str | None


class PracticeStatusShape(VersionedShape):
    """`outage practice status --json`."""

    parts: tuple[PracticePart, ...]


class PlatformCheckShape(VersionedShape):
    """`outage platform check --json`."""

    file: str
    agrees: bool
    differences: tuple[PlatformDifference, ...]
    uncompared: tuple[PlatformDifference, ...]


class PolicyCheckShape(VersionedShape):
    """`outage policy check --json`."""

    file: str
    policy: Policy
    allows: tuple[str, ...]
    unreachable: tuple[str, ...]


class DoctorShape(VersionedShape):
    """`outage doctor --json`."""

    well: bool
    results: tuple[CheckResult, ...]


class OnCallShape(VersionedShape):
    """`outage oncall --json`."""

    at: datetime
    rungs: dict[str, tuple[str, ...]]
    rotations: tuple[RotationView, ...]


class TimelineShape(VersionedShape):
    """`outage timeline ID --json`."""

    incident: str
    entries: tuple[Entry, ...]


class DrillScoresShape(VersionedShape):
    """`outage drill --scores --json`."""

    scores: tuple[ScoreCard, ...]


class ShownDrill(Value):
    """One fault on one service of a platform."""

    fault: str
    service: str
    title: str
    possible: bool
    reason: str
    """Why not; empty when it is possible."""
    needs_yes: str
    """Why a person must say yes; empty when nobody must."""
    blast: Blast | None
    """What it would touch; null when it does not fit the service."""


class DrillListShape(VersionedShape):
    """`outage drill --list -p PLATFORM --json`."""

    platform: str
    drills: tuple[ShownDrill, ...]


SHAPES: dict[str, type[Value]] = {
    "incidents": IncidentsShape,
    "show": AccountShape,
    "answer": AnswerShape,
    "route": RouteShape,
    "report": Delivered,
    "investigate": InvestigationShape,
    "baseline-show": Baseline,
    "baseline-diff": BaselineDiffShape,
    "status": StatusShape,
    "practice/status": PracticeStatusShape,
    "platform-check": PlatformCheckShape,
    "policy-check": PolicyCheckShape,
    "doctor": DoctorShape,
    "oncall": OnCallShape,
    "timeline": TimelineShape,
    "practice/drill-list": DrillListShape,
    "practice/drill-scores": DrillScoresShape,
    "practice/drill-report": ScoreTrend,
}
"""Name of the file in docs/schemas → the shape."""


def json_schema(name: str, *, closed: bool = False) -> dict[str, Any]:
    """The JSON Schema (2020-12) of one shape, as it is printed.

    Args:
        name: One of `SHAPES`.
        closed: Whether an unknown field is an error. The published one is open: fields are added without notice.
    """
    made = SHAPES[name].model_json_schema(mode="serialization")
    schema: dict[str, Any] = made if closed else _opened(made)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _opened(schema: Any) -> Any:
    if isinstance(schema, dict):
        return {
            key: _opened(inner)
            for key, inner in schema.items()
            if not (key == "additionalProperties" and inner is False)
        }
    return [_opened(one) for one in schema] if isinstance(schema, list) else schema


def schema_text(name: str) -> str:
    """One file of docs/schemas."""
    return json.dumps(json_schema(name), indent=1, ensure_ascii=False, sort_keys=True) + "\n"


if __name__ == "__main__":
    for shape in SHAPES:
        (FOLDER / shape).parent.mkdir(parents=True, exist_ok=True)
        (FOLDER / f"{shape}.json").write_text(schema_text(shape), encoding="utf-8")
    sys.stdout.write(f"{len(SHAPES)} schemas in docs/{FOLDER.name}\n")
