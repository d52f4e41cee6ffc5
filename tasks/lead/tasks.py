"""The tasks: what the UI's deployments do for the person who starts them."""

from prefect import task

from outage.diagnosis.resolution_action import ResolutionAction
from tasks.lead.choose_action import choose_action
from tasks.lead.close_by_hand import close_by_hand
from tasks.lead.take_lead import hand_incident_over, take_lead

UI = "ui"


@task(name="choose an action", persist_result=False)
def choose_in_ui(action: ResolutionAction, incident_id: str, platform: str) -> str:
    """Choose an action from the UI's form, as `choose_action` does.

    Args:
        action: What the form was filled in with.
        incident_id: For which incident; empty to open one.
        platform: On which platform; empty for the only one.

    Returns:
        One sentence that begins with the incident's id.
    """
    done = choose_action(action, incident_id, platform)
    return f"{done.incident}: {done.says}"


@task(name="take the lead", persist_result=False)
def lead_in_ui(incident_id: str, by: str) -> str:
    """Take the lead from the UI's form, as `take_lead` does.

    Args:
        incident_id: Which.
        by: Handle of who leads from now on.

    Returns:
        One sentence on what that means.
    """
    return take_lead(incident_id, by, UI)


@task(name="hand over", persist_result=False)
def hand_over_in_ui(incident_id: str, to: str, by: str) -> str:
    """Hand an incident over from the UI's form, as `hand_incident_over` does.

    Args:
        incident_id: Which.
        to: Handle of who leads from now on.
        by: Handle of who gives it.

    Returns:
        One sentence on who leads now.
    """
    return hand_incident_over(incident_id, to, by, UI)


@task(name="close by hand", persist_result=False)
def close_in_ui(incident_id: str, by: str, because: str, although_failing: bool) -> str:
    """Close an incident from the UI's form, as `close_by_hand` does.

    Args:
        incident_id: Which.
        by: Handle of who closes it.
        because: Why it is over.
        although_failing: Whether it is closed whatever the look sees.

    Returns:
        One sentence on how it ended.
    """
    return close_by_hand(incident_id, by, because, UI, although_failing)
