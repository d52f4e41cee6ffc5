"""One incident with everything that hangs on it, for reports and for `outage show`."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from outage.diagnosis.hypothesis import Diagnosis, Hypothesis
from outage.incidents.alert import WATCH
from outage.incidents.incident import Ending, Incident
from outage.mitigation import is_mitigation
from outage.plans.approval import Answer
from outage.plans.outcome import Resolved
from outage.reports.report import Account, Times

if TYPE_CHECKING:
    from blocks.record import Record

ROUNDS = range(1, 21)
"""More rounds than any policy allows; reading stops at the first that is missing."""


def account_of(record: "Record", incident: Incident, links: Mapping[str, str] | None = None) -> Account:
    """Collect everything that the record knows of one incident."""
    plans = tuple(record.plans(incident.id))
    account = Account(
        incident=incident,
        times=Times(),
        diagnosis=last_diagnosis(record, incident.id),
        plans=plans,
        approvals=tuple(answer for plan in plans for answer in record.approvals(incident.id, plan.hash)),
        resolved=resolutions(record, incident.id),
        entries=tuple(record.entries(incident.id)),
        alerted=any(one.source != WATCH for one in record.alerts(incident.id)),
        links=dict(links or {}),
    )
    return account.model_copy(update={"times": times_of(record, account)})


def last_diagnosis(record: "Record", incident: str) -> Diagnosis | None:
    """What the newest round of investigation (or triage, before there is one) concluded."""
    newest = record.phase(incident, "triage")
    for number in ROUNDS:
        found = record.phase(incident, f"investigate-{number}")
        if found is None:
            break
        newest = found
    return Diagnosis.model_validate(newest) if newest else None


def resolutions(record: "Record", incident: str) -> dict[str, Resolved]:
    """What each applying and each taking back came to, in the order in which they happened."""
    done: dict[str, Resolved] = {}
    for number in ROUNDS:
        for key in (f"resolve-{number}", f"take-back-{number}"):
            if found := record.phase(incident, key):
                done[key] = Resolved.model_validate(found)
    return done


def causes_mended(record: "Record", incident: str) -> list[Hypothesis]:
    """The causes whose repair is in place, in the order in which they were mended; what only eases is none."""
    done, found = resolutions(record, incident), []
    for plan in record.plans(incident):
        resolved = done.get(f"resolve-{plan.attempt}")
        if resolved and resolved.applied and f"take-back-{plan.attempt}" not in done:
            known = Diagnosis.model_validate(record.phase(incident, f"investigate-{plan.attempt}"))
            found += [
                one for one in known.hypotheses if one.key == plan.hypothesis and not is_mitigation(one)
            ]
    return found


def times_of(record: "Record", account: Account) -> Times:
    """How long each part took: detection from the fault or the alert's own start, the rest from the opening."""
    incident = account.incident
    recovered = incident.ending is Ending.RECOVERED and incident.closed_at
    moments = {
        "plan_seconds": [plan.made_at for plan in account.plans],
        "approve_seconds": [yes.at for yes in account.approvals if yes.answer is Answer.APPROVE],
        "mend_seconds": [entry.at for entry in account.entries if entry.kind == "write"],
        "verified_seconds": [incident.closed_at] if recovered and incident.closed_at else [],
    }
    since = {
        name: (found[-1] - incident.opened_at).total_seconds() for name, found in moments.items() if found
    }
    began = began_at(record, incident)
    detected = max(0.0, (incident.opened_at - began).total_seconds()) if began else None
    return Times(detect_seconds=detected, **since)


def began_at(record: "Record", incident: Incident) -> datetime | None:
    """When the outage began: in a drill the moment of the fault, else the earliest alert's own start."""
    for drill in record.drills():
        broken = drill.result.get("broken_at")
        if incident.drill == drill.fault and broken and drill.announced_at <= incident.opened_at:
            return datetime.fromisoformat(broken)
    return min((alert.starts_at for alert in record.alerts(incident.id) if alert.firing), default=None)
