"""The JSON that `outage incidents` and `outage show` print: a documented shape with a version.

Documented in docs/json.md. Fields are added; a field that goes or changes its meaning is a new version.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from outage.diagnosis.hypothesis import Diagnosis
from outage.incidents.incident import Incident
from outage.reports.change_lines import change_in_json
from outage.reports.report import Account
from outage.text.logs.log_templates import LogTemplate
from outage.text.redaction import printable, redact

VERSION = 1


def incident_in_json(incident: Incident) -> dict[str, Any]:
    """The head of one incident."""
    return {
        "id": incident.id,
        "title": redact(incident.title),
        "severity": str(incident.severity),
        "phase": str(incident.phase),
        "ending": str(incident.ending) if incident.ending else None,
        "says": redact(incident.says),
        "opened_at": incident.opened_at.isoformat(),
        "closed_at": incident.closed_at.isoformat() if incident.closed_at else None,
        "drill": incident.drill,
        "flow_run_id": incident.flow_run_id,
        "leader": incident.leader,
    }


def incidents_in_json(incidents: Iterable[Incident]) -> dict[str, Any]:
    """A list of incidents, newest first."""
    return {"version": VERSION, "incidents": [incident_in_json(one) for one in incidents]}


def account_in_json(account: Account) -> dict[str, Any]:
    """One incident with hypotheses, plans, approvals, steps and times; nothing secret, also not of what was written."""
    diagnosis = account.diagnosis
    said = diagnosis.log_templates if diagnosis else ()
    answer: dict[str, Any] = printable(_whole(account, diagnosis, said))
    return answer


def _whole(account: Account, diagnosis: Diagnosis | None, said: Sequence[LogTemplate]) -> dict[str, Any]:
    return {
        "version": VERSION,
        **incident_in_json(account.incident),
        "reason": diagnosis.assessment.reason if diagnosis else "",
        "hypotheses": [one.model_dump(mode="json") for one in diagnosis.proposals] if diagnosis else [],
        "unknowns": list(diagnosis.unknowns) if diagnosis else [],
        "changes": [change_in_json(one) for one in diagnosis.changes] if diagnosis else [],
        "log_templates": [one.model_dump(mode="json") for one in said],
        "plans": [
            {"hash": plan.hash, "risk": str(plan.risk), **plan.model_dump(mode="json")}
            for plan in account.plans
        ],
        "approvals": [one.model_dump(mode="json") for one in account.approvals],
        "steps": [
            {"phase": phase, "step": step, "outcome": str(outcome.did), "says": outcome.says}
            for phase, resolved in account.resolved.items()
            for step, outcome in resolved.outcomes.items()
        ],
        "times": account.times.model_dump(mode="json"),
        "timeline": [entry.model_dump(mode="json") for entry in account.entries],
    }
