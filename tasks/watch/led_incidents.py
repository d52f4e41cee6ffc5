"""Incidents that a person leads: their runs are woken to look again, and a leader who is silent leads no more."""

from datetime import UTC, datetime, timedelta

from prefect import task

from blocks.clients import clients
from blocks.prefect_api import PrefectUnreachable
from blocks.prefect_runs import wake_leader
from outage.incidents.incident import Incident, Phase
from outage.incidents.timeline import EntryKind
from outage.text.durations import duration_in_words
from tasks.decide.chosen_plan import waiting_choice
from tasks.record import note_entry
from tasks.watch.tasks import policy_for

LOOK_AGAIN_AFTER = timedelta(minutes=5)
"""Between two whole looks under a leader: often enough to see what they mend, seldom enough to bury nothing."""
LED = "led/"
"""What the key of the line begins with that says that the response waits for who leads."""


@task(name="look after led", persist_result=False)
def look_after_led() -> int:
    """Wake the runs of led incidents to look again; end the lead of who was silent for as long as an answer may take.

    Returns:
        How many were woken.
    """
    waiting = [one for one in clients().record.open_incidents() if one.phase is Phase.AWAITING_LEADER]
    return sum(wake_led(one, datetime.now(UTC)) for one in waiting)


def wake_led(incident: Incident, now: datetime) -> bool:
    """Look after one of them; True when its run was told to go on."""
    silent, allowed = now - last_word(incident), policy_for(incident).answer_within
    if incident.leader and silent >= allowed:
        says = f"{incident.leader}, who leads, said nothing for {duration_in_words(silent)}: nobody leads any more"
        clients().record.update(incident.id, leader="")
        note_entry(
            incident.id, EntryKind.ESCALATION, says, key=f"silent/{incident.leader}/{waits_since(incident)}"
        )
    elif incident.leader and waiting_choice(incident.id) is None and _looked_lately(incident, now):
        return False
    try:
        wake_leader(clients().settings.prefect_api_url, incident.flow_run_id, incident.leader)
    except PrefectUnreachable:
        return False  # the next minute tries again
    return True


def _looked_lately(incident: Incident, now: datetime) -> bool:
    return now - waits_since(incident) < LOOK_AGAIN_AFTER


def last_word(incident: Incident) -> datetime:
    """When who leads did something last."""
    record = clients().record
    acts = [one.at for one in record.acts(incident.id) if incident.leader in (one.by, one.what)]
    answers = [one.at for one in record.approvals(incident.id) if one.by == incident.leader]
    return max([*acts, *answers], default=incident.opened_at)


def waits_since(incident: Incident) -> datetime:
    """When the response began to wait for who leads."""
    lines = [one.at for one in clients().record.entries(incident.id) if one.key.startswith(LED)]
    return max(lines, default=incident.opened_at)
