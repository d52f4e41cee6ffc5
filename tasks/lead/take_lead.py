"""Taking the lead of an incident and handing it over: who has it, from when, at which door."""

from datetime import UTC, datetime

from blocks.clients import clients
from outage.errors import ActionRefused
from outage.incidents.incident import Incident
from outage.incidents.timeline import EntryKind
from outage.people.incident_roles import Role, role_of
from outage.people.person_act import ActKind, PersonAct
from outage.plans.approval import DOORS
from outage.policies.permission import may_lead
from tasks.lead.incident_at_hand import open_incident, person_named, plan_at_hand
from tasks.record import note_entry


def take_lead(incident_id: str, by: str, door: str) -> str:
    """Let a person lead: from here on the response looks and proposes, and writes nothing without their word.

    Args:
        incident_id: An open incident.
        by: Who leads, as they wrote their handle.
        door: `cli` or `ui`.

    Returns:
        One sentence for whoever took it.

    Raises:
        ActionRefused: It is closed, or the policy names nobody so.
    """
    what = f"lead {incident_id}"
    handle = person_named(by, what)
    incident = open_incident(incident_id, "lead")
    _allowed(incident, handle, what)
    before = f", and takes it from {incident.leader}" if incident.leader not in ("", handle) else ""
    clients().record.update(incident_id, leader=handle)
    keep_role(incident, Role.LEAD, handle, "", f"leads from here on{before}", door)
    return f"{incident_id}: {handle} leads{before}; {role_of(Role.LEAD).does}{_asked(incident)}"


def hand_incident_over(incident_id: str, to: str, by: str, door: str) -> str:
    """Give an incident to another person, the lead with it where somebody leads.

    Args:
        incident_id: An open incident.
        to: Who has it from now on.
        by: Who gives it; empty: who leads.
        door: `cli` or `ui`.

    Returns:
        One sentence for whoever gave it.

    Raises:
        ActionRefused: It is closed, another person leads it, or the policy names nobody so.
    """
    what = f"hand over {incident_id}"
    incident = open_incident(incident_id, "hand over")
    if not (by or incident.leader):
        raise ActionRefused(f"{what}: nobody leads it, so say who gives it (`--by`)")
    giver, taker = person_named(by or incident.leader, what), person_named(to, what)
    if incident.leader and giver != incident.leader:
        says = f"{incident.leader} leads it and hands it over; to take it, say `outage lead {incident_id}`"
        raise ActionRefused(f"{what}: {says}")
    _allowed(
        incident, taker, what
    )  # a slip of the pen would have nobody, and keep everybody from being called
    if incident.leader:
        clients().record.update(incident_id, leader=taker)
    gave = "the lead" if incident.leader else "it"
    keep_role(incident, Role.HANDOVER, giver, taker, f"hands {gave} over to {taker}", door)
    return f"{incident_id}: {taker} has {gave} from here on"


def keep_role(incident: Incident, role: Role, by: str, what: str, says: str, door: str) -> None:
    """Keep what a person did, and a line of the timeline that says so, with the door.

    Args:
        incident: Whose role it is.
        role: Which.
        by: Handle of who did it.
        what: Who has the role now.
        says: The timeline's line, without the door.
        door: `ui`, `cli` or `page`.
    """
    now = datetime.now(UTC)
    kind: ActKind = role_of(role).act
    key = f"{kind}/{by}/{now.isoformat()}"
    clients().record.add_act(incident.id, PersonAct(key=key, kind=kind, what=what, by=by, at=now))
    note_entry(incident.id, EntryKind.NOTE, f"{says} ({DOORS.get(door, door)})", by=by, key=key)


def _allowed(incident: Incident, handle: str, what: str) -> None:
    if why := may_lead(handle, clients().policy_for(incident)):
        raise ActionRefused(f"{what}: {why}")


def _asked(incident: Incident) -> str:
    plan = plan_at_hand(incident)
    return f"; plan {plan.hash} waits for their answer" if plan else ""
