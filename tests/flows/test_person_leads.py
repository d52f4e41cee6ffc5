"""A person leads: what they choose is planned next, nothing is written without their yes, and they end it."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from prefect.exceptions import Pause

import tasks.ask.await_leader as waiting
from blocks.clients import clients
from outage.diagnosis.hypothesis import Diagnosis
from outage.diagnosis.resolution_action import ResolutionAction, ResolutionKind
from outage.errors import ActionRefused
from outage.incidents.incident import Ended, Ending, Phase
from outage.incidents.phase_key import ENDED, investigated
from outage.incidents.severity import Impact, assess_severity
from outage.people.person_act import ActKind
from outage.plans.approval import Answer, Approval
from outage.plans.planned import Planned
from outage.snapshots.case import Case
from outage.snapshots.snapshot import Snapshot
from tasks.ask.choose_instead import choose_in_place
from tasks.decide.chosen_plan import waiting_choice
from tasks.decide.doubted_plan import left_to_leader
from tasks.lead import close_by_hand as closing
from tasks.lead import incident_at_hand
from tasks.lead.take_lead import hand_incident_over, take_lead
from tests.flows.scripted_response import ILL, SEEN, Story
from tests.tasks.act.fake_cluster import NOON, Died

HEALTHY = Diagnosis(at=NOON, assessment=assess_severity(Impact(services=4)))
TRY = ["investigate-{0}", "plan-{0}", "resolve-{0}", "verify-{0}"]


@pytest.fixture(autouse=True)
def form(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What the leader's forms give, in order; none left: the run is suspended."""
    given: list[Any] = []

    async def suspend(**asked: Any) -> Any:
        if not given:
            raise Pause
        return given.pop(0) or asked["wait_for_input"](by="ada")

    monkeypatch.setattr(waiting, "asuspend_flow_run", suspend)
    monkeypatch.setattr(incident_at_hand, "wake_leader", lambda *_: "the run goes on")
    monkeypatch.setattr(incident_at_hand, "resume_run", lambda *_: "the run goes on")
    return given


def restart(by: str = "ada", **more: Any) -> ResolutionAction:
    """A choice."""
    told = {"kind": ResolutionKind.RESTART, "target": "auth", "by": by, "at": datetime.now(UTC)}
    return ResolutionAction(**{**told, **more})


def choose(story: Story, action: ResolutionAction) -> str:
    """Choose it in the place of whatever plan waits."""
    plan = incident_at_hand.plan_at_hand(story.now)
    return choose_in_place(story.record, story.now, plan, action)


def awaiting(story: Story) -> Callable[..., Awaitable[Approval]]:
    """The real place of the question: an answer that stands in the record, else the run is suspended."""

    async def answer(incident_id: str, planned: Planned) -> Approval:
        assert planned.plan
        given = story.record.approvals(incident_id, planned.plan.hash)
        if not given:
            story.record.update(incident_id, phase=Phase.AWAITING_APPROVAL)
            raise Pause
        return given[-1]

    return answer


async def test_a_choice_in_the_place_of_a_waiting_plan_is_planned_next(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The waiting plan can never be written any more, and the response does not end by that no."""
    monkeypatch.setattr("flows.respond.answer_for", awaiting(story))
    with pytest.raises(Pause):
        await story.respond()

    assert choose(story, restart()) == ""
    with pytest.raises(Pause):
        await story.respond()

    first, second = story.record.plans(story.incident.id)
    (no,) = story.record.approvals(story.incident.id, first.hash)
    assert (no.answer, no.why) == (Answer.DECLINE, "chose instead: restart auth")
    assert second.attempt == 2
    assert "ada" in {one.by for one in story.record.entries(story.incident.id) if one.kind == "plan"}
    assert story.now.phase is Phase.AWAITING_APPROVAL


async def test_under_a_leader_a_no_ends_nothing_and_the_response_looks_again(
    story: Story, form: list[Any]
) -> None:
    """It goes on looking and proposing as often as it is woken, past the number of tries that policy allows."""
    take_lead(story.incident.id, "ada", "cli")
    story.answers = Answer.DECLINE
    form += [None, None, None]
    with pytest.raises(Pause):
        await story.respond()

    assert story.now.phase is Phase.AWAITING_LEADER
    assert [one for one in story.ran if one.startswith("investigate")] == [
        f"investigate-{n}" for n in (1, 2, 3, 4)
    ]
    assert not any(one.startswith("resolve") for one in story.ran)


async def test_what_the_leader_says_yes_to_is_written_and_recovery_ends_it(story: Story) -> None:
    """Leading takes nothing away from a plan that they approve."""
    take_lead(story.incident.id, "ada", "ui")
    state = await story.respond()

    assert state.name == "Recovered"


async def test_when_nobody_leads_any_more_the_response_ends_as_it_stood(
    story: Story, form: list[Any]
) -> None:
    """A leader who is silent keeps no incident open for ever."""
    take_lead(story.incident.id, "ada", "cli")
    story.answers, story.why = Answer.DECLINE, "not this"
    with pytest.raises(Pause):
        await story.respond()
    story.record.update(story.incident.id, leader="")
    state = await story.respond()

    assert (state.name, story.now.says) == ("Declined", "ada said no: not this")


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_death_around_the_leaders_word_comes_to_the_same_end(
    story: Story, form: list[Any], when: str
) -> None:
    """The word is kept like a phase."""
    take_lead(story.incident.id, "ada", "cli")
    story.gives["plan-1"] = Planned(ending=Ending.ADVISED, says="no cause is left")
    story.record.dies = (when, "lead-1")
    form += [None, None]
    with pytest.raises(Died):
        await story.respond()
    state = await story.respond()

    assert state.name == "Recovered"
    assert [one for one in dict.fromkeys(story.ran) if one.startswith("plan")] == ["plan-1", "plan-2"]


async def test_what_policy_alone_approved_is_not_undone_behind_a_leaders_back(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody took the lead while it was watched: whether it stays is asked."""
    story.gives["verify-1"] = ILL
    story.by = "policy"

    async def verify(incident_id: str, attempt: int) -> Any:
        take_lead(incident_id, "ada", "cli")
        return story.gives.pop("verify-1")

    monkeypatch.setattr("flows.respond.verify", verify)
    with pytest.raises(Pause):
        await story.respond()

    assert left_to_leader(story.incident.id, 1)
    assert [plan.asks_to_take_back for plan in story.record.plans(story.incident.id)][:2] == [False, True]
    assert "take-back-1" not in story.ran


def looks(monkeypatch: pytest.MonkeyPatch, found: Diagnosis) -> None:
    """What the one look at the close says."""
    monkeypatch.setattr(closing, "whole_look", lambda *_, **__: None)
    monkeypatch.setattr(closing, "diagnose", lambda _: found)


async def test_what_a_person_mended_ends_after_one_look_and_the_run_only_shows_it(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The ending tells what was seen; the plan that waited can never be written."""
    monkeypatch.setattr("flows.respond.answer_for", awaiting(story))
    with pytest.raises(Pause):
        await story.respond()
    looks(monkeypatch, HEALTHY)

    said = closing.close_by_hand(story.incident.id, "ada", "rolled back by hand", "cli")
    state = await story.respond()

    assert "MendedByHand: ada closed it: rolled back by hand; one look says that it is so" in said
    assert (state.name, state.is_completed()) == ("MendedByHand", True)
    assert story.now.ending is Ending.MENDED_BY_HAND
    (no,) = story.record.approvals(story.incident.id)
    assert no.answer is Answer.DECLINE
    assert story.lines("ending") == [f"MendedByHand: {story.now.says}"]
    assert [one.kind for one in story.record.acts(story.incident.id)] == [ActKind.CLOSED]
    assert "One look" in story.report or "one look says that it is so" in story.report


async def test_what_still_fails_is_closed_only_when_that_is_said(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And then the ending says so, too."""
    looks(monkeypatch, SEEN)
    with pytest.raises(
        ActionRefused, match=r"still fails: auth is not well; mend it, or .* --although-failing"
    ):
        closing.close_by_hand(story.incident.id, "ada", "we live with it", "cli")
    assert story.now.closed_at is None

    closing.close_by_hand(story.incident.id, "ada", "we live with it", "cli", although_failing=True)

    assert story.now.ending is Ending.NOT_RECOVERED
    assert story.now.says == "ada closed it although it still fails (auth is not well): we live with it"


async def test_a_response_at_work_ends_as_the_person_closed_it(
    story: Story, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is undone behind their back, and what they saw stands."""
    looks(monkeypatch, HEALTHY)

    async def verify(incident_id: str, attempt: int) -> Any:
        closing.close_by_hand(incident_id, "ada", "mended meanwhile", "ui")
        return ILL

    monkeypatch.setattr("flows.respond.verify", verify)
    state = await story.respond()

    assert state.name == "MendedByHand"
    assert "take-back-1" not in story.ran
    assert Ended.model_validate(story.record.phase(story.incident.id, ENDED)).ending is Ending.MENDED_BY_HAND


@pytest.mark.parametrize(
    ("act", "says"),
    [
        (lambda one: take_lead(one, "mallory", "cli"), "the policy names nobody called mallory"),
        (lambda one: take_lead(one, "x", "cli"), "'x' is no name to be recorded under"),
        (lambda one: hand_incident_over(one, "bob", "", "cli"), "nobody leads it, so say who gives it"),
        (lambda one: hand_incident_over(one, "bbo", "ada", "cli"), "the policy names nobody called bbo"),
        (lambda one: closing.close_by_hand(one, "ada", " ", "cli"), "say what mended it"),
    ],
)
def test_bad_input_is_one_sentence(story: Story, act: Callable[[str], str], says: str) -> None:
    """What was tried, on what, and why not."""
    with pytest.raises(ActionRefused, match=says):
        act(story.incident.id)


def test_the_lead_is_taken_handed_over_and_taken_back_each_on_the_timeline(story: Story) -> None:
    """With the name and the door; who does not lead hands nothing over and closes nothing."""
    take_lead(story.incident.id, "ada", "cli")
    with pytest.raises(ActionRefused, match="ada leads it and hands it over"):
        hand_incident_over(story.incident.id, "bob", "bob", "ui")
    with pytest.raises(ActionRefused, match="ada leads it, and closes it or hands it over"):
        closing.close_by_hand(story.incident.id, "bob", "well", "ui")
    hand_incident_over(story.incident.id, "bob", "", "ui")
    take_lead(story.incident.id, "ada", "cli")

    assert story.now.leader == "ada"
    assert story.lines("note") == [
        "leads from here on (on the command line)",
        "hands the lead over to bob (in the UI)",
        "leads from here on, and takes it from bob (on the command line)",
    ]
    acts = [(one.kind, one.by, one.what) for one in story.record.acts(story.incident.id)]
    assert acts == [("leads", "ada", ""), ("handed-to", "ada", "bob"), ("leads", "ada", "")]


def test_a_closed_incident_is_not_led(story: Story) -> None:
    """It says how it ended."""
    story.record.update(story.incident.id, closed_at=NOON, ending=Ending.DECLINED)
    with pytest.raises(ActionRefused, match="is closed already, it ended Declined"):
        take_lead(story.incident.id, "ada", "cli")


async def test_a_choice_that_cannot_be_planned_is_said_and_the_response_goes_on(story: Story) -> None:
    """The investigation keeps the sentence; no plan is made of it."""
    from tasks.decide.chosen_plan import cause_chosen, with_choice

    choose(story, restart(target="atuh"))
    case = Case(snapshot=Snapshot(taken_at=NOON, namespaces=()), platform=clients().platform)
    found = with_choice(story.incident.id, SEEN, SimpleNamespace(case=case))  # type: ignore[arg-type]
    assert cause_chosen(story.incident.id, found) is None
    story.record.keep_phase(story.incident.id, investigated(1), found, NOON)

    assert waiting_choice(story.incident.id) is None
    assert story.lines("plan")[-1] == (
        "what ada chose is not planned: restart atuh: the platform file names no service `atuh`; it names auth"
    )
