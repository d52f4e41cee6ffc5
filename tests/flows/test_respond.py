"""The sentence itself: order, branching, dying and endings, on the real record and without a server."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from prefect.exceptions import CancelledRun, Pause

from blocks.clients import clients
from outage.incidents.incident import Ending, Phase
from outage.plans.approval import Answer
from outage.plans.outcome import Resolved
from outage.plans.planned import Planned
from tasks.tell.closing_report import write_report
from tests.flows.scripted_response import DOUBTED, HELPED, ILL, POLICY, WELL, Story
from tests.tasks.act.fake_cluster import Died

TRIED = ["investigate-{0}", "plan-{0}", "resolve-{0}", "verify-{0}"]
AT_FIRST = ["triage", *(one.format(1) for one in TRIED), "publish"]
SECOND = [
    *AT_FIRST[:-1],
    "take-back-1",
    *(one.format(2) for one in TRIED),
    "publish",
]


async def test_the_first_plan_heals_and_the_run_is_named_recovered(story: Story) -> None:
    """The good day: every phase once, in the order of the runbook."""
    state = await story.respond()

    assert (state.name, state.is_completed()) == ("Recovered", True)
    assert story.phases == AT_FIRST
    assert (story.now.ending, story.now.phase) == (Ending.RECOVERED, Phase.CLOSED)
    assert story.lines("message")[-1].startswith("✅ INCIDENT RESOLVED")
    assert "**Recovered**: Mend it" in story.report


async def test_what_an_incident_was_is_archived_at_its_close_and_once(story: Story) -> None:
    """The timeline outlives what the UI keeps; closing again, as after a death, changes nothing."""
    await story.respond()
    archived = story.record.archive(story.incident.id, "account")
    write_report(story.now)

    assert archived is not None
    assert archived["ending"] == "Recovered"
    assert "message" in {line["kind"] for line in archived["timeline"]}
    assert story.record.archive(story.incident.id, "account") == archived


async def test_a_plan_that_does_not_help_is_taken_back_before_the_next_cause_is_tried(story: Story) -> None:
    """Two half cures on top of each other are a new outage."""
    story.gives["verify-1"] = ILL
    state = await story.respond()

    assert state.name == "Recovered"
    assert story.phases == SECOND


async def test_a_plan_that_healed_one_cause_of_two_stays_while_the_other_is_tried(story: Story) -> None:
    """Taking it back would break again what it mended, and no order of tries would ever heal both."""
    story.gives["verify-1"] = HELPED
    state = await story.respond()

    assert state.name == "Recovered"
    assert story.phases == [one for one in SECOND if one != "take-back-1"]
    assert story.now.says == "Mend it; Mend it"


@pytest.mark.parametrize(
    ("gives", "ending", "says"),
    [
        pytest.param(
            {"plan-2": Planned(ending=Ending.ADVISED, says="no cause is left")},
            "Advised",
            "no cause is left; what healed one cause of several stays: Mend it",
            id="no other plan can be made",
        ),
        pytest.param(
            {"resolve-2": Resolved(says="a freeze began", applied=False, refused=True)},
            "Refused",
            "a freeze began; what healed one cause of several stays: Mend it",
            id="a guard stands against the other",
        ),
        pytest.param(
            {"verify": ILL},
            "NotRecovered",
            "the last plan that policy allows did not bring recovery; "
            "written and not taken back: patch deployment/auth in shop: a person is needed",
            id="no other plan helps",
        ),
    ],
)
async def test_what_healed_one_cause_is_named_when_the_other_is_left_to_people(
    story: Story, gives: dict[str, Any], ending: str, says: str
) -> None:
    """Who takes over must know what was changed."""
    story.gives |= gives | {"verify-1": HELPED}
    state = await story.respond()

    assert (state.name, story.now.says) == (ending, says)


async def test_a_plan_that_was_not_applied_whole_is_taken_back_without_being_verified(story: Story) -> None:
    """Half a plan proves nothing."""
    story.gives["resolve-1"] = Resolved(says="1 of 2 steps done, then: 409", applied=False)
    await story.respond()

    assert story.phases == [one for one in SECOND if one != "verify-1"]


async def test_a_failed_take_back_ends_the_response_and_names_what_is_half_applied(story: Story) -> None:
    """Nothing is built on what nobody could undo, and nobody claims that it was undone."""
    story.gives |= {
        "verify": ILL,
        "take-back": Resolved(says="not taken back whole: somebody else wrote it since", applied=False),
    }
    state = await story.respond()

    assert (state.name, state.is_failed()) == ("NotRecovered", True)
    assert story.phases == [*AT_FIRST[:-1], "take-back-1", "publish"]
    assert story.now.says == (
        "plan 1 did not help, and not taken back whole: somebody else wrote it since; "
        "written and not taken back: patch deployment/auth in shop: a person is needed"
    )


async def test_after_as_many_tries_as_policy_allows_a_person_is_needed(story: Story) -> None:
    """Three causes were believed and none was it."""
    story.gives["verify"] = ILL
    state = await story.respond()

    assert state.name == "NotRecovered"
    assert [one for one in story.ran if one.startswith("take-back")] == [
        "take-back-1",
        "take-back-2",
        "take-back-3",
    ]
    assert story.now.says == "no plan helped, each was taken back: a person is needed"


async def test_a_no_writes_nothing_and_hands_the_incident_to_people(story: Story) -> None:
    """Declined is no red run, and no dead end: it says who goes on, and with what."""
    story.answers, story.why = Answer.DECLINE, "we are migrating"
    state = await story.respond()

    assert (state.name, state.is_completed()) == ("Declined", True)
    assert "resolve-1" not in story.ran
    message = story.lines("message")[-1]
    assert "ada said no: we are migrating. on-call (ada, bob) has to take over." in message
    assert f"reports/{story.incident.id}.md" in message
    assert message.replace("|", "\\|").replace("\n", "<br>") in story.report
    assert "## Plan 1: Mend it" in story.report


async def test_silence_is_an_ending_of_its_own_and_no_success(story: Story) -> None:
    """A person who said no has the incident; of one that nobody answered nobody knows yet."""
    story.answers, story.by, story.why = Answer.DECLINE, "silence", "nobody answered in 15 min"
    state = await story.respond()

    assert (state.name, state.is_failed()) == ("Unanswered", True)
    assert "on-call (ada, bob) has to take over" in story.lines("message")[-1]


ASKED = [*AT_FIRST[:-1], "investigate-2", "plan-2"]


@pytest.mark.parametrize(
    ("answer", "by", "says"),
    [
        pytest.param(Answer.DECLINE, "ada", "ada says that plan 1 stays", id="a person lets it stay"),
        pytest.param(
            Answer.DECLINE, "silence", "nobody said whether plan 1 stays", id="silence lets it stay"
        ),
    ],
)
async def test_a_plan_that_nobody_can_judge_stays_and_is_handed_to_a_person(
    story: Story, answer: Answer, by: str, says: str
) -> None:
    """It is never called recovered, and never taken back on a doubt."""
    story.gives["verify-1"] = DOUBTED
    story.about_staying, story.by = answer, by
    state = await story.respond()

    assert (state.name, state.is_failed()) == ("Inconclusive", True)
    assert story.phases == [*ASKED, "publish"]
    assert story.now.says.startswith(says)
    assert "on-call (ada, bob) has to take over" in story.lines("message")[-1]


async def test_a_plan_that_nobody_can_judge_is_taken_back_when_people_say_so(story: Story) -> None:
    """Then the next cause is tried; the question was no try."""
    story.gives |= {"verify": DOUBTED, "verify-3": WELL}
    story.about_staying = Answer.APPROVE
    state = await story.respond()

    assert state.name == "Recovered"
    assert story.phases == [*ASKED, "take-back-1", *(one.format(3) for one in TRIED), "publish"]
    question = story.record.plan(story.incident.id, 2)
    assert question
    assert question.summary == "Take plan 1 back: Mend it"
    assert [plan.hypothesis for plan in story.record.plans(story.incident.id)] == [
        "cause-1",
        "take-back/cause-1",
        "cause-3",
    ]


async def test_the_last_plan_that_policy_allows_is_asked_about_too(story: Story) -> None:
    """Three doubts are three questions and three tries."""
    story.gives["verify"] = DOUBTED
    story.about_staying = Answer.APPROVE
    state = await story.respond()

    assert (state.name, story.ran.count("ask")) == ("NotRecovered", 6)
    assert [one for one in story.ran if one.startswith("take-back")] == [
        "take-back-1",
        "take-back-3",
        "take-back-5",
    ]


async def test_where_policy_alone_said_yes_nobody_is_asked_and_the_plan_stays(story: Story) -> None:
    """There is nobody who approved it."""
    text = POLICY.replace("mode: ask", "mode: act").replace("{mode: act, approvers: on-call}", "{mode: act}")
    Path(clients().settings.policy_file).write_text(text)
    story.gives["verify-1"] = DOUBTED
    state = await story.respond()

    assert state.name == "Inconclusive"
    assert story.now.says == "Mend it: nothing was seen of its users; it stays"
    assert story.ran.count("ask") == 1


async def test_what_failed_beside_a_mended_cause_and_is_well_again_is_watched_before_it_is_called_so(
    story: Story,
) -> None:
    """Another incident, or time, mended it: the whole platform is watched once more."""
    story.gives |= {
        "verify-1": [HELPED, WELL],
        "plan-2": Planned(ending=Ending.NOTHING_TO_DO, says="every look was healthy"),
    }
    state = await story.respond()

    assert state.name == "Recovered"
    assert story.phases == [*ASKED, "verify-1", "publish"]
    assert story.now.says == "Mend it; what else failed is well again"


async def test_an_outage_that_was_eased_ends_with_its_cause_named_as_untouched(story: Story) -> None:
    """Users are content, and somebody must still mend it."""
    eased = (
        HELPED.verdict.model_copy(update={"untouched": "auth runs a wrong image"}) if HELPED.verdict else None
    )
    story.gives["verify"] = WELL.model_copy(update={"verdict": eased})
    await story.respond()

    assert story.now.says == "Mend it; cause untouched: auth runs a wrong image"


@pytest.mark.parametrize("key", ["verify-1", "investigate-2", "plan-2", "take-back-1", "ended"])
@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_process_that_dies_around_the_question_comes_to_the_same_end(
    story: Story, when: str, key: str
) -> None:
    """The question is a phase like any other."""
    story.gives |= {"verify": DOUBTED, "verify-3": WELL}
    story.about_staying = Answer.APPROVE
    story.record.dies = (when, key)
    with pytest.raises(Died):
        await story.respond()
    state = await story.respond()

    assert state.name == "Recovered"
    assert list(dict.fromkeys(story.phases)) == [
        *ASKED,
        "take-back-1",
        *(one.format(3) for one in TRIED),
        "publish",
    ]


async def test_a_guards_objection_before_the_first_write_is_a_refusal(story: Story) -> None:
    """It stood against it at the last moment: nothing is there to take back."""
    story.gives["resolve"] = Resolved(says="the kill switch is thrown", applied=False, refused=True)
    state = await story.respond()

    assert (state.name, state.is_completed()) == ("Refused", True)
    assert not any(one.startswith("take-back") for one in story.ran)
    assert "has to take over" in story.lines("message")[-1]


@pytest.mark.parametrize(
    ("planned", "ending", "handed"),
    [
        pytest.param(
            Planned(ending=Ending.REFUSED, says="a freeze"), "Refused", True, id="a guard objects to the plan"
        ),
        pytest.param(
            Planned(ending=Ending.ADVISED, says="only a person can"),
            "Advised",
            True,
            id="only advice is left",
        ),
        pytest.param(Planned(says="no plan"), "Advised", True, id="no plan and no ending is advice"),
        pytest.param(
            Planned(ending=Ending.NOTHING_TO_DO, says="all healthy"),
            "NothingToDo",
            False,
            id="it passed by itself, nobody has to come",
        ),
    ],
)
async def test_without_a_plan_to_ask_about_the_response_ends(
    story: Story, planned: Planned, ending: str, handed: bool
) -> None:
    """Nobody is asked, nothing is written, the run is green, and whoever must go on is named."""
    story.gives["plan"] = planned
    state = await story.respond()

    assert (state.name, state.is_completed()) == (ending, True)
    assert story.ran == ["triage", "investigate-1", "plan-1", "publish"]
    assert ("on-call (ada, bob) has to take over" in story.lines("message")[-1]) is handed


async def test_a_suspended_run_goes_through_untouched_and_is_continued_by_the_next_process(
    story: Story,
) -> None:
    """Waiting for a person is no error: nothing is closed, and no phase runs twice."""
    story.answers = None
    with pytest.raises(Pause):
        await story.respond()
    assert story.now.closed_at is None
    story.answers = Answer.APPROVE
    state = await story.respond()

    assert state.name == "Recovered"
    assert story.phases == AT_FIRST


@pytest.mark.parametrize("stop", [asyncio.CancelledError(), CancelledRun("cancelled")])
async def test_a_cancelled_run_is_not_reported_as_an_error(story: Story, stop: BaseException) -> None:
    """Who cancels a run knows that it ended."""
    story.gives["investigate"] = stop
    with pytest.raises(type(stop)):
        await story.respond()

    assert story.now.closed_at is None


@pytest.mark.parametrize("key", [*(one for one in SECOND if one != "publish"), "ended"])
async def test_a_process_that_dies_after_a_phase_was_kept_repeats_none(story: Story, key: str) -> None:
    """Killed at every joint of the sentence, then once more from its first line."""
    story.gives["verify-1"] = ILL
    story.record.dies = ("after", key)
    with pytest.raises(Died):
        await story.respond()
    state = await story.respond()

    assert state.name == "Recovered"
    assert story.phases == SECOND
    assert len(story.lines("ending")) == 1


@pytest.mark.parametrize("key", [*(one for one in SECOND if one != "publish"), "ended", "plan 1", "plan 2"])
async def test_a_process_that_dies_before_a_phase_was_kept_comes_to_the_same_end(
    story: Story, key: str
) -> None:
    """The phase runs a second time, which it bears; nothing after it knows."""
    story.gives["verify-1"] = ILL
    story.record.dies = ("before", key)
    with pytest.raises(Died):
        await story.respond()
    state = await story.respond()

    assert state.name == "Recovered"
    assert list(dict.fromkeys(story.phases)) == SECOND
    assert [plan.attempt for plan in story.record.plans(story.incident.id)] == [1, 2]
    assert len(story.lines("ending")) == 1


async def test_an_ended_response_that_is_run_again_does_nothing_but_show_its_end(story: Story) -> None:
    """Somebody presses Retry."""
    await story.respond()
    state = await story.respond()

    assert state.name == "Recovered"
    assert story.phases == [*AT_FIRST, "publish"]
