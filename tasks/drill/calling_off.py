"""What becomes of a drill's incidents when its fault is taken away before they mended it."""

from blocks.clients import clients
from outage.errors import OutageError
from outage.incidents.drill_notice import Drill
from outage.incidents.incident import Incident, Phase
from outage.incidents.timeline import EntryKind
from outage.plans.approval import Answer
from tasks.ask.person_answer import answer_and_wake
from tasks.record import note_entry


def call_off(drill: Drill, why: str, left: tuple[str, ...]) -> str:
    """Say on the timeline of a drill's incidents that its fault was taken away, and decline what still waits.

    A plan that waits fits nothing any more, and would keep every next drill from being begun.

    Args:
        drill: Whose fault was taken away.
        why: Ends "the drill took its fault back, …".
        left: What is not as before.

    Returns:
        The sentence.
    """
    how = f"not as before: {', '.join(left)}" if left else "everything is as it was before"
    says = f"the drill took its fault back, {why}; {how}"
    for one in clients().record.incidents_of_drill(drill):
        if one.closed_at is None:
            note_entry(one.id, EntryKind.NOTE, says, by="drill", key=f"taken-back/{drill.id}/{bool(left)}")
            _decline_waiting(one, says)
    return says


def _decline_waiting(incident: Incident, says: str) -> None:
    """Say no for the drill; where the policy hears only people, it waits for them."""
    plans = clients().record.plans(incident.id)
    if incident.phase is not Phase.AWAITING_APPROVAL or not plans:
        return
    settings, record = clients().settings, clients().record
    try:
        answer_and_wake(settings, record, incident, plans[-1], Answer.DECLINE, "drill", says, door="terminal")
    except OutageError as error:
        note_entry(incident.id, EntryKind.NOTE, f"the drill could not decline the plan: {error}", by="drill")
