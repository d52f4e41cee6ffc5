"""A drill is scored from the record: what went right, what did not, and what nobody can tell."""

from datetime import timedelta
from typing import Any

import pytest

from outage.incidents.alert import WATCH
from outage.incidents.incident import Ending
from outage.incidents.severity import Severity
from outage.people.outbox_message import MessageKind, MessageState
from outage.plans.approval import SILENCE
from outage.reports.drills.drill_facts import DrillFacts
from outage.reports.drills.drill_score import score_drill
from outage.reports.drills.score_card import Aspect, PhaseTime
from outage.reports.drills.score_regression import regressions
from outage.reports.drills.score_words import scores_in_json, scores_in_words
from outage.reports.post_incident.detection import PERSON
from outage.verification.plan_effect import PlanEffect, PlanVerdict
from tests.outage.reports.drills.practised import (
    ALERT,
    CLOSED,
    EXPECTED,
    FAULT,
    FIRST,
    INCIDENT,
    NOON,
    YES,
    facts,
    practised,
    sent,
    told_account,
)

REPORTED = ALERT.model_copy(update={"source": PERSON})
UNALERTED = FAULT.model_copy(update={"expected": EXPECTED.model_copy(update={"alert": None})})
FAILED = {1: PlanVerdict(effect=PlanEffect.NOT_EFFECTIVE, says="it stands")}


def expecting(**other: Any) -> DrillFacts:
    """The same drill of a fault that expects something else."""
    return facts(fault=FAULT.model_copy(update={"expected": EXPECTED.model_copy(update=other)}))


def incident_with(**other: Any) -> DrillFacts:
    """A drill whose incident stands otherwise."""
    return facts(practised(told_account(incident=INCIDENT.model_copy(update=other))))


def test_a_drill_that_went_well_has_every_point() -> None:
    """Eleven aspects, all of them known and right."""
    card = score_drill(facts())

    assert [one.aspect for one in card.aspects if one.right is not True] == []
    assert card.passed
    assert card.points == 1.0
    assert card.approved_by == ("ana",)
    assert card.wrong_writes == 0


def test_times_count_from_the_fault() -> None:
    """Whoever reads the report thinks from the moment when users began to suffer."""
    assert score_drill(facts()).seconds == {
        PhaseTime.DETECTED: 20.0,
        PhaseTime.PLANNED: 28.0,
        PhaseTime.APPROVED: 40.0,
        PhaseTime.MENDED: 42.0,
        PhaseTime.VERIFIED: 100.0,
    }


@pytest.mark.parametrize(
    ("told", "aspect", "right"),
    [
        (facts(practised(alerts=(ALERT.model_copy(update={"source": WATCH}),))), Aspect.DETECTED, False),
        (expecting(alert=None), Aspect.DETECTED, True),
        (facts(practised(alerts=(REPORTED,)), fault=UNALERTED), Aspect.DETECTED, False),
        (incident_with(severity=Severity.P2), Aspect.SEVERITY, False),
        (expecting(severity=()), Aspect.SEVERITY, None),
        (expecting(causes=("bad-probe",)), Aspect.CAUSE, False),
        (expecting(about=None), Aspect.OBJECT, None),
        (facts(practised(told_account(verdicts=FAILED))), Aspect.PLAN, False),
        (facts(practised(told_account(verdicts=FAILED))), Aspect.WRITES, False),
        (
            facts(practised(told_account(approvals=(YES.model_copy(update={"by": SILENCE}),)))),
            Aspect.APPROVED,
            False,
        ),
        (facts(cause_stands=True), Aspect.HEALED, False),
        (facts(cause_stands=None), Aspect.HEALED, None),
        (incident_with(ending=Ending.DECLINED), Aspect.ENDING, False),
        (facts(collateral=("configmap/other in shop",)), Aspect.COLLATERAL, False),
        (facts(collateral=None), Aspect.COLLATERAL, None),
        (facts(practised(promised=())), Aspect.TOLD, None),
        (
            facts(
                practised(messages=(sent(MessageKind.ALERT), sent(MessageKind.RESOLVED, MessageState.FAILED)))
            ),
            Aspect.TOLD,
            False,
        ),
        (incident_with(closed_at=CLOSED + timedelta(hours=1)), Aspect.TOLD, False),
    ],
)
def test_what_is_wrong_costs_its_aspect(told: DrillFacts, aspect: Aspect, right: bool | None) -> None:
    """And what nobody can tell counts neither way."""
    found = score_drill(told).aspect(aspect)

    assert found is not None
    assert found.right is right, found.says


@pytest.mark.parametrize(
    "told",
    [
        facts(cause_stands=True),
        facts(cause_stands=None),
        facts(left=("deployment/auth in shop",)),
        incident_with(ending=Ending.NOT_RECOVERED),
        facts(incidents=()),
    ],
)
def test_nothing_passes_whose_cause_stands_or_that_nobody_could_look_at(told: DrillFacts) -> None:
    """`Recovered` is a claim; the look afterwards is the proof."""
    assert not score_drill(told).passed


def test_where_a_person_should_mend_it_the_right_plan_is_to_write_nothing() -> None:
    """The cause stands then, as it should; a write costs the plan and the writes."""
    advised = {"ending": Ending.ADVISED}
    fault = FAULT.model_copy(update={"expected": EXPECTED.model_copy(update={"ending": "Advised"})})
    account = told_account(incident=INCIDENT.model_copy(update=advised), plans=(), approvals=(), verdicts={})

    well = score_drill(facts(practised(account, intents=()), fault=fault, cause_stands=True))
    wrote = score_drill(
        facts(practised(told_account(incident=account.incident)), fault=fault, cause_stands=True)
    )

    assert well.passed
    assert wrote.wrong_writes == 1
    assert [one.aspect for one in wrote.aspects if one.right is False] == [Aspect.PLAN, Aspect.WRITES]


LOOKED_AT = told_account(
    incident=INCIDENT.model_copy(update={"ending": Ending.NOTHING_TO_DO}), plans=(), approvals=(), verdicts={}
)
TRAP = FAULT.model_copy(update={"expected": EXPECTED.model_copy(update={"causes": (), "alert": None})})


@pytest.mark.parametrize(
    ("told", "passed"),
    [
        (facts(fault=TRAP, incidents=()), True),
        (facts(fault=TRAP, incidents=(), left=("deployment/auth in shop",)), False),
        (facts(practised(told_account(incident=INCIDENT, plans=())), fault=TRAP), False),
        (facts(practised(LOOKED_AT, intents=()), fault=TRAP), True),
        (facts(fault=TRAP), False),
    ],
    ids=["left alone", "left behind", "taken for an outage", "looked at and left", "written to"],
)
def test_a_trap_is_passed_by_leaving_it_alone(told: DrillFacts, passed: bool) -> None:
    """What only looks like an outage is no outage."""
    assert score_drill(told).passed is passed


def test_a_drill_that_nobody_noticed_says_so() -> None:
    """There is no incident to point at."""
    card = score_drill(facts(incidents=()))

    assert card.says.startswith("nobody noticed")
    assert card.seconds == {}


def test_what_became_worse_is_named_with_both_values() -> None:
    """The last score of the same fault is what it is held against."""
    last = score_drill(facts())
    slow = FIRST.model_copy(update={"hypotheses": ()})
    now = score_drill(
        facts(practised(told_account(first=slow)), broken_at=NOON - timedelta(seconds=120), cause_stands=True)
    )

    found = {one.what for one in regressions(now, last)}

    assert {Aspect.CAUSE, Aspect.HEALED, PhaseTime.DETECTED} <= found
    assert regressions(last, last) == ()
    assert regressions(now, None) == ()


def test_how_soon_a_person_says_yes_is_no_regression() -> None:
    """The same repair after a long lunch is as good as before."""
    last = score_drill(facts())
    late = last.model_copy(
        update={
            "seconds": {
                **last.seconds,
                PhaseTime.APPROVED: 640.0,
                PhaseTime.MENDED: 642.0,
                PhaseTime.VERIFIED: 700.0,
            }
        }
    )

    assert regressions(late, last) == ()


def test_the_table_says_under_a_wrong_drill_what_was_wrong() -> None:
    """And JSON has the same cards."""
    card = score_drill(facts(cause_stands=True))

    assert "healed: the cause still stood" in scores_in_words([card])
    assert "no drill was scored yet" in scores_in_words([])
    assert scores_in_json([card])["scores"][0]["drill"] == "drill-1"
