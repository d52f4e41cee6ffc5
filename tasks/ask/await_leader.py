"""Under a leader nothing ends by itself: the response shows what it has, waits without a process, and looks again.

Called from the body of the top-level flow, because only that can suspend. Whoever leads chooses what is planned next,
closes the incident or hands it over; the watch wakes the run now and then, and ends the lead of who is silent.
"""

from datetime import UTC, datetime
from typing import Any, Literal

from prefect.flow_runs import asuspend_flow_run
from prefect.input import RunInput
from pydantic import Field, create_model

from blocks.clients import clients
from outage.diagnosis.hypothesis import Hypothesis, Mitigation
from outage.diagnosis.resolution_action import ResolutionAction, ResolutionKind
from outage.incidents.incident import Phase
from outage.incidents.phase_key import led_as
from outage.incidents.timeline import EntryKind
from outage.text.handle import HANDLE_PATTERN, read_handle
from outage.text.redaction import redact
from outage.value import Value
from tasks.ask.approval_form import KEEP, titled_proposals
from tasks.ask.await_answer import FORGOTTEN_AFTER_SECONDS
from tasks.ask.choose_instead import choose_in_place
from tasks.decide.chosen_plan import open_proposals, waiting_choice
from tasks.record import note_entry, phase_once, set_phase


class LeaderForm(RunInput):
    """What whoever leads says when the response has nothing more to try; nothing said: look again."""

    by: str = Field(
        pattern=HANDLE_PATTERN, title="By", description="Your handle", json_schema_extra={"position": 1}
    )
    plan_next: str = KEEP


class LeaderWord(Value):
    """How it goes on after an attempt."""

    goes_on: bool
    """Whether the response looks again; else it ends as it stood."""


def leader_form(says: str, proposals: tuple[Hypothesis | Mitigation, ...]) -> type[LeaderForm]:
    """The form with where the response stands, and the proposals that may be planned next."""
    fields: dict[str, Any] = {}
    if titles := list(titled_proposals(proposals)):
        told = "A plan for it is made, shown and asked about. Left as it is: the response looks again"
        field = Field(KEEP, title="Plan next", description=told, json_schema_extra={"position": 2})
        fields["plan_next"] = (Literal[(KEEP, *titles)], field)
    bound = create_model("LeaderForm", __base__=LeaderForm, **fields)
    return bound.with_initial_data(description=redact(f"## A person leads\n\n{says}"))


async def leader_goes_on(incident_id: str, attempt: int, says: str) -> bool:
    """Whether the response goes on after an attempt that would have ended it, because somebody leads.

    Args:
        incident_id: Id of the incident.
        attempt: Which attempt came to its end.
        says: Why it would have ended, as a sentence.
    """
    record = clients().record
    if record.phase(incident_id, led_as(attempt)) is None and not record.incident(incident_id).leader:
        return False
    word = await phase_once(incident_id, led_as(attempt), LeaderWord, hear_leader, attempt, says)
    return word.goes_on


async def hear_leader(incident_id: str, attempt: int, says: str) -> LeaderWord:
    """Suspend until who leads says something, or the watch wakes the run to look again.

    Args:
        incident_id: Whose response has nothing more to try.
        attempt: The plan that would come next.
        says: Why there is none, as one sentence.

    Returns:
        Whether the response goes on: somebody leads still, or chose something.
    """
    record = clients().record
    leader = record.incident(incident_id).leader
    if leader and waiting_choice(incident_id) is None:
        set_phase(incident_id, Phase.AWAITING_LEADER)
        told = f"{leader} leads: {says}; nothing is written, and the response looks again now and then"
        note_entry(incident_id, EntryKind.PHASE, told, key=f"led/{attempt}")
        proposals = open_proposals(incident_id, attempt)
        form = await asuspend_flow_run(
            wait_for_input=leader_form(told, proposals),
            key=f"leader-{attempt}",
            timeout=FORGOTTEN_AFTER_SECONDS,
        )
        take_next(incident_id, form, proposals)
    goes_on = bool(record.incident(incident_id).leader) or waiting_choice(incident_id) is not None
    return LeaderWord(goes_on=goes_on)


def take_next(incident_id: str, form: LeaderForm, proposals: tuple[Hypothesis | Mitigation, ...]) -> None:
    """Keep what the form chose to be planned next, if anything.

    Args:
        incident_id: The led one.
        form: As who leads filled it in.
        proposals: Those that the form offered, in its order.
    """
    chosen = titled_proposals(proposals).get(form.plan_next)
    if chosen is None:
        return
    record = clients().record
    by = read_handle(form.by)
    # the key is made of the moment: the form is read once, since its attempt is kept with it
    action = ResolutionAction(
        kind=ResolutionKind.PROPOSAL, target=chosen.key, by=by, door="ui", at=datetime.now(UTC)
    )
    choose_in_place(record, record.incident(incident_id), None, action)
