"""Messages to people: on the timeline, which is always there, and as rows of the outbox, which is sent from."""

import traceback
from datetime import UTC, datetime
from logging import Logger, LoggerAdapter
from typing import Any

from prefect.exceptions import MissingContextError
from prefect.logging import get_logger, get_run_logger

from blocks.clients import clients
from blocks.record.incident_account import causes_mended, ending_head
from outage.diagnosis.hypothesis import Diagnosis
from outage.errors import cut
from outage.incidents.incident import Ending, Incident
from outage.incidents.phase_key import TRIAGED
from outage.incidents.severity import Impact, assess_severity
from outage.incidents.timeline import EntryKind
from outage.people.action_item import items_in_words
from outage.people.outbox_message import MessageKind
from outage.plans.planned import Planned
from outage.policies.permission import PermissionRequest, rule_for
from outage.policies.policy import Policy
from outage.reports.messages import alert_fields, post_mortem_at, resolved_fields, update_fields
from outage.text.handle import ANYBODY
from outage.text.redaction import redact
from tasks.record import note_entry
from tasks.tell.ask_for_message import (
    ask_for_message,
    invite_people,
    message_place,
    message_text,
    services_hurt,
)
from tasks.tell.closing_report import report_of
from tasks.tell.keep_updates import promise_update

log = get_logger("outage.tell")


def send_first_message(incident_id: str, seen: Diagnosis) -> None:
    """Send the incident alert.

    Source: runbook "Initial Communication".
    """
    standing = clients().record.incident(incident_id)
    text = message_text(standing, "alert", alert_fields(standing, seen, message_place(standing)))
    ask_for_message(standing, MessageKind.ALERT, text, services=services_hurt(seen))
    promise_update(standing, 1, datetime.now(UTC))


def send_joined_message(incident_id: str, planned: Planned, seen: Diagnosis) -> None:
    """Tell whoever was told of an incident, or reported it, that another one answers its cause.

    Source: runbook "During Resolution".
    """
    standing = clients().record.incident(incident_id)
    text = message_text(
        standing, "update", update_fields(standing, seen, message_place(standing), planned.says)
    )
    ask_for_message(standing, MessageKind.UPDATE, text, services=services_hurt(seen), turn="joined")


def send_last_message(incident: Incident) -> None:
    """Send the resolution, or say who has to take over and where everything known is.

    Source: runbook "Resolution Communication".
    """
    record = clients().record
    found = record.phase(incident.id, TRIAGED)
    seen = Diagnosis.model_validate(found) if found else unseen_parts(incident)
    place, head = message_place(incident), ending_head(record, incident.id)
    if incident.ending is Ending.RECOVERED:
        fold = record.fold_of(incident.id)
        causes = [one.says for one in causes_mended(record, fold.into if fold else incident.id)]
        left = items_in_words(record.items(incident.id))
        fields = resolved_fields(incident, seen, place, incident.says, causes, left, head)
        text = message_text(incident, "resolved", fields)
        ask_for_message(incident, MessageKind.RESOLVED, text, services=services_hurt(seen))
        invite_to_post_mortem(incident)
        return
    over = (
        incident.ending is not None and incident.ending.over
    )  # then tickets and public incidents are closed, too
    handed = "" if over else f". {hand_over(incident, clients().policy_for(incident))}"
    text = message_text(
        incident, "update", update_fields(incident, seen, place, incident.says + handed, head=head)
    )
    what = MessageKind.RESOLVED if over else MessageKind.HANDED_OVER
    ask_for_message(incident, what, text, services=services_hurt(seen))


def invite_to_post_mortem(incident: Incident) -> None:
    """Invite the people of the policy to the post-mortem, where one is owed.

    Source: runbook "Immediate".
    """
    meets = post_mortem_at(incident)
    if meets is None:
        return
    mails = tuple(one.mail for one in clients().policy_for(incident).people.values() if one.mail)
    text = f"Post-mortem of {incident.id}: {incident.title}\n{incident.says}"
    invite_people(incident, text, meets, mails)


def unseen_parts(incident: Incident) -> Diagnosis:
    """What can be said of an incident whose response ended before its first look did: nothing."""
    return Diagnosis(
        at=incident.closed_at or incident.opened_at,
        assessment=assess_severity(Impact(services=0), incident.severity),
        unknowns=("anything: the first look did not come to its end",),
    )


def hand_over(incident: Incident, policy: Policy) -> str:
    """Who takes over, and where everything known is, in two sentences."""
    page = clients().settings.incident_page(incident.id)
    where = (
        f"on {page}" if page else f"in the report: {report_of(incident.id)}, or `outage show {incident.id}`"
    )
    return f"{taking_over(incident, policy)} has to take over. Everything known is {where}"


def taking_over(incident: Incident, policy: Policy) -> str:
    """The people whom policy asks about the last plan, else those of its first group: `on-call (ana, bob)`."""
    plans = clients().record.plans(incident.id)[-1:]
    asked = [rule_for(PermissionRequest.of(plan, incident, policy)).approvers for plan in plans]
    group = next((one for one in (*asked, *policy.approvers) if one in policy.approvers), "")
    people = [one for one in policy.approvers.get(group, ()) if one != ANYBODY]
    if not group:
        return "whoever is on call"
    return f"{group} ({', '.join(people)})" if people else group


def call_a_person(incident_id: str, error: Exception) -> str:
    """Hand an error that nobody expected to a person, with where it happened; the traceback is in the run's log.

    Never raises: the error itself must come through, whatever else is broken.

    Returns:
        What happened and where, as a sentence.
    """
    last = traceback.extract_tb(error.__traceback__)[-1:]
    where = f" in {last[0].name}" if last else ""
    says = f"{type(error).__name__}{where}: {cut(redact(str(error)))}"
    _log().error("%s needs a person: %s", incident_id, says, exc_info=error)
    try:
        note_entry(incident_id, EntryKind.NOTE, f"needs a person: {says}")
    except Exception:  # noqa: BLE001 - told in the log: whoever called us has the first error to report
        _log().exception("%s: the timeline could not be written either", incident_id)
    return says


def _log() -> "Logger | LoggerAdapter[Any]":
    """The run's own log, which the UI shows; outside a run the process' log."""
    try:
        return get_run_logger()
    except MissingContextError:
        return log
