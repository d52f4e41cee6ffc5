"""What a person did about an incident: acknowledged it, wrote a note, said that customers must be told."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from enum import StrEnum

from outage.diagnosis.cause import Cause
from outage.diagnosis.hypothesis import Diagnosis
from outage.incidents.incident import Incident
from outage.people.escalation import Condition, EscalationFacts, EscalationRules, PastCall
from outage.value import Value

INFRASTRUCTURE = frozenset(
    {
        *(Cause.BLOCKING_SESSION, Cause.DATABASE_READ_ONLY, Cause.CONNECTIONS_EXHAUSTED),
        *(Cause.NODE_NOT_READY, Cause.NODE_PROXY_DOWN, Cause.CONTROL_PLANE_STALLED, Cause.NETWORK_LOSSY),
        *(Cause.DNS_DOWN, Cause.DNS_REWRITTEN, Cause.STORAGE_CLASS_MISSING, Cause.WEBHOOK_UNAVAILABLE),
    }
)
"""Causes that make database or infrastructure suspects."""


class ActKind(StrEnum):
    """What it was."""

    ACKNOWLEDGED = "acknowledged"
    NOTE = "note"
    CONDITION = "condition"
    HANDED_TO = "handed-to"
    """Another person has it from now on; the clock runs on as if they had acknowledged."""
    LEADS = "leads"
    """The response writes nothing without this person's word from now on."""
    CHOSE = "chose"
    """One of the runbook's actions, to be planned."""
    CLOSED = "closed"
    """As mended by hand, or as it is."""


class PersonAct(Value):
    """One act."""

    key: str
    kind: ActKind
    what: str = ""
    """The note, the condition, or to whom it was handed."""
    by: str
    at: datetime


TAKING = (ActKind.ACKNOWLEDGED, ActKind.HANDED_TO, ActKind.LEADS)
"""Acts by which somebody has an incident."""


def owner_of(acts: Sequence[PersonAct]) -> str:
    """Who acknowledged an incident last, took it over or leads it; empty while nobody did.

    Args:
        acts: What people did, oldest first.
    """
    took = [one for one in acts if one.kind in TAKING]
    return (took[-1].what or took[-1].by) if took else ""


def taken_sentence(incident_id: str, who: str, before: str, rules: EscalationRules) -> str:
    """What whoever takes an incident is told: that it is theirs, from whom, and what silence leads to.

    Args:
        incident_id: Which.
        who: Handle of who has it now.
        before: Of who had it until now; empty when nobody had.
        rules: Of the incident's policy.
    """
    took = f", {before} had it" if before not in ("", who) else ""
    minutes = int(rules.acknowledged_for.total_seconds() // 60)
    silence = f"after {minutes} min without a note the next rung is called"
    if not rules.configured:
        silence = "the policy names no rung, so nobody is called when it falls silent"
    return f"{incident_id}: {who} has it{took}; {silence}"


def escalation_facts(
    incident: Incident, diagnoses: Sequence[Diagnosis], acts: Iterable[PersonAct], calls: Iterable[PastCall]
) -> EscalationFacts:
    """Everything that escalation is decided from.

    Args:
        incident: As it stands.
        diagnoses: Of triage and of every investigation, oldest first.
        acts: What people did, oldest first.
        calls: That were made.
    """
    done = tuple(acts)
    signs = tuple(one.at for one in done if one.kind is not ActKind.CONDITION)
    said = {Condition(one.what): one.at for one in reversed(done) if one.kind is ActKind.CONDITION}
    return EscalationFacts(
        opened_at=incident.opened_at,
        severity=incident.severity,
        over_at=_over_at(incident, signs),
        cause_known_at=next((one.at for one in diagnoses if _named(one)), None),
        conditions={**conditions_found(diagnoses), **said},
        signs_of_life=signs,
        calls=tuple(calls),
    )


def _over_at(incident: Incident, signs: Sequence[datetime]) -> datetime | None:
    if incident.closed_at is None:
        return None
    if incident.ending and incident.ending.over:
        return incident.closed_at
    return next((at for at in signs if at >= incident.closed_at), None)


def _named(diagnosis: Diagnosis) -> bool:
    return bool(diagnosis.hypotheses) and diagnosis.hypotheses[0].cause != Cause.UNKNOWN


def conditions_found(diagnoses: Sequence[Diagnosis]) -> Mapping[Condition, datetime]:
    """The runbook's two conditions that a look can find, and when each was first seen."""
    found: dict[Condition, datetime] = {}
    for one in diagnoses:
        impact = one.assessment.impact
        if len({*impact.services_down, *impact.services_degraded}) > 1:
            found.setdefault(Condition.SEVERAL_SERVICES, one.at)
        if one.hypotheses and one.hypotheses[0].cause in INFRASTRUCTURE:
            found.setdefault(Condition.INFRASTRUCTURE, one.at)
    return found
