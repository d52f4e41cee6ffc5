"""One incident with everything that hangs on it, for reports and for `outage show`."""

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from outage.diagnosis.hypothesis import Diagnosis, Hypothesis
from outage.incidents.alert import WATCH
from outage.incidents.incident import Ending, Incident
from outage.incidents.phase_key import TRIAGED, KeptPhase, investigated, resolved_as, taken_back_as
from outage.plans.approval import Answer
from outage.plans.outcome import Resolved
from outage.reports.report import Account, Times

if TYPE_CHECKING:
    from blocks.record import Record


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


def last_diagnosis(record: "Record", incident_id: str) -> Diagnosis | None:
    """What the newest round of investigation (or triage, before there is one) concluded."""
    phases = record.phases(incident_id)
    rounds = [key.attempt or 0 for key in phases if key.startswith(KeptPhase.INVESTIGATE)]
    newest = phases.get(investigated(max(rounds)) if rounds else TRIAGED)
    return Diagnosis.model_validate(newest) if newest else None


def resolutions(record: "Record", incident_id: str) -> dict[str, Resolved]:
    """What each applying and each taking back came to, in the order in which they happened."""
    written = (KeptPhase.RESOLVE, KeptPhase.TAKE_BACK)
    return {
        key: Resolved.model_validate(found)
        for key, found in record.phases(incident_id).items()
        if key.startswith(written)
    }


def causes_mended(record: "Record", incident_id: str) -> list[Hypothesis]:
    """The causes whose repair is in place, in the order in which they were mended; what only eases is none."""
    done, found = resolutions(record, incident_id), []
    for plan in record.plans(incident_id):
        resolved = done.get(resolved_as(plan.attempt))
        if resolved and resolved.applied and taken_back_as(plan.attempt) not in done:
            known = record.diagnosis(incident_id, plan.attempt)
            found += [one for one in (known.hypotheses if known else ()) if one.key == plan.hypothesis]
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
