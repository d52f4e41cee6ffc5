"""Act: one of the runbook's Resolution Actions, chosen by hand in the UI."""

from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed

from flows.report_outage import ReportedPlatform
from outage.diagnosis.resolution_action import ResolutionAction, ResolutionKind
from tasks.lead.incident_at_hand import person_named
from tasks.lead.tasks import UI, choose_in_ui

ChosenKind = Literal[
    "restart",
    "restart-all",
    "scale",
    "undo",
    "switch",
    "maintenance",
    "end-sessions",
    "cordon",
    "uncordon",
    "drain",
    "take-back",
]
"""All of `ResolutionKind` but the choice among the investigation's own proposals, which the approval form offers."""


@flow(name="act", flow_run_name="act: {action} {target}", persist_result=False, timeout_seconds=180)
async def act_by_hand(
    action: ChosenKind,
    by: str,
    platform: ReportedPlatform,
    target: str = "",
    incident: str = "",
    must_become_well: str = "",
    replicas: int | None = None,
    revision: int | None = None,
    slot: str = "",
    older_than_minutes: int = 5,
    plan: int | None = None,
    because: str = "",
) -> State[Any]:
    """Have one of the runbook's actions planned, shown and asked about; nothing is written before a yes.

    Source: runbook "Resolution Actions".

    Args:
        action: What is to be done.
        by: Your handle.
        platform: Where, when it opens an incident.
        target: A service of the platform file; of cordon, uncordon and drain a node; of take-back an incident.
        incident: An open incident that it belongs to; empty: one is opened.
        must_become_well: The service by which it is judged; empty: the target's.
        replicas: Of scale: how many pods.
        revision: Of undo: to which; empty: the one before.
        slot: Of switch: to which; empty: the other one.
        older_than_minutes: Of end-sessions.
        plan: Of take-back: which plan of that incident; empty: the newest that stands.
        because: For the timeline.

    Returns:
        Completed, with the incident and what is done next in its message.
    """
    chosen = ResolutionAction(
        kind=ResolutionKind(action),
        target=target.strip(),
        replicas=replicas,
        revision=revision,
        slot=slot.strip(),
        older_than=timedelta(minutes=older_than_minutes),
        plan=plan,
        well=must_become_well.strip(),
        because=because,
        by=person_named(by, action),
        door=UI,
        at=datetime.now(UTC),
    )
    return Completed(name="Chosen", message=choose_in_ui(chosen, incident.strip(), str(platform.value)))
