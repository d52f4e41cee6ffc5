"""The tasks: what the UI's deployments do for the person who starts them."""

from prefect import task

from outage.diagnosis.resolution_action import ResolutionAction
from tasks.lead.choose_action import choose_action
from tasks.lead.close_by_hand import close_by_hand
from tasks.lead.take_lead import hand_incident_over, take_lead

UI = "ui"


@task(name="choose an action", persist_result=False)
def choose_in_ui(action: ResolutionAction, incident_id: str, platform: str) -> str:
    """As `choose_action`; gives one sentence."""
    done = choose_action(action, incident_id, platform)
    return f"{done.incident}: {done.says}"


@task(name="take the lead", persist_result=False)
def lead_in_ui(incident_id: str, by: str) -> str:
    """As `take_lead`."""
    return take_lead(incident_id, by, UI)


@task(name="hand over", persist_result=False)
def hand_over_in_ui(incident_id: str, to: str, by: str) -> str:
    """As `hand_incident_over`."""
    return hand_incident_over(incident_id, to, by, UI)


@task(name="close by hand", persist_result=False)
def close_in_ui(incident_id: str, by: str, because: str, although_failing: bool) -> str:
    """As `close_by_hand`."""
    return close_by_hand(incident_id, by, because, UI, although_failing)
