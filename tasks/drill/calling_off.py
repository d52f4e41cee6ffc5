"""What becomes of a drill's incidents when its fault is taken away before they mended it."""

from prefect import task

from blocks.clients import clients
from blocks.retry import wait_until
from outage.errors import OutageError
from outage.incidents.drill_notice import Drill
from outage.incidents.incident import Incident, Phase
from outage.incidents.timeline import EntryKind
from outage.plans.approval import Answer
from tasks.ask.person_answer import answer_and_wake
from tasks.record import note_entry

SEEN_OUT_WITHIN_SECONDS = 180.0
"""A response that was just looking when the fault went has come to its question, or to its end, by then."""
LOOK_EVERY_SECONDS = 2.0


def call_off(drill: Drill, why: str, left: tuple[str, ...]) -> str:
    """Say on the timeline of a drill's incidents that its fault was taken away.

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
    return says


@task(name="see the drill's incidents out", persist_result=False)
def see_incidents_out(drill: Drill, says: str) -> None:
    """Decline what a drill's incidents ask for, or come to ask for, until they have ended.

    Their plans fit nothing any more, and would keep every next drill from being begun.

    Args:
        drill: Whose fault is gone.
        says: Why, for the timeline.
    """

    def all_ended() -> bool:
        standing = [one for one in clients().record.incidents_of_drill(drill) if one.closed_at is None]
        for one in standing:
            _decline_waiting(one, says)
        return not standing

    wait_until(all_ended, SEEN_OUT_WITHIN_SECONDS, LOOK_EVERY_SECONDS)


def _decline_waiting(incident: Incident, says: str) -> None:
    """Say no for the drill; where the policy hears only people, it waits for them."""
    plans = clients().record.plans(incident.id)
    if incident.phase is not Phase.AWAITING_APPROVAL or not plans:
        return
    if clients().record.approvals(incident.id, plans[-1].hash):
        return
    settings, record = clients().settings, clients().record
    try:
        answer_and_wake(settings, record, incident, plans[-1], Answer.DECLINE, "drill", says, door="terminal")
    except OutageError as error:
        note_entry(incident.id, EntryKind.NOTE, f"the drill could not decline the plan: {error}", by="drill")
