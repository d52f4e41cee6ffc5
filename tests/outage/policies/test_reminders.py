"""Who is told what while a plan waits."""

from datetime import timedelta

import pytest

from outage.policies.policy import Mode, Policy
from outage.policies.reminders import due_reminders

POLICY = Policy(
    mode=Mode.ASK,
    approvers={"on-call": ("ada",), "leads": ("bob", "eve")},
    remind_after=timedelta(minutes=5),
    escalate_after=timedelta(minutes=20),
    escalate_to="leads",
    answer_within=timedelta(minutes=60),
)


@pytest.mark.parametrize(
    ("minutes", "keys"),
    [
        pytest.param(4, [], id="nobody is pestered at once"),
        pytest.param(5, ["reminder/p/1"], id="the first reminder"),
        pytest.param(12, ["reminder/p/2"], id="and again"),
        pytest.param(21, ["reminder/p/4", "escalation/p"], id="then the leads"),
        pytest.param(59, ["reminder/p/11", "escalation/p"], id="once each, whoever looks again"),
    ],
)
def test_a_plan_that_waits_is_spoken_of(minutes: int, keys: list[str]) -> None:
    """The keys are stable, so that a watch that runs each minute says each thing once."""
    assert [key for key, _ in due_reminders("p", timedelta(minutes=minutes), POLICY)] == keys


def test_the_escalation_names_the_people() -> None:
    """And what is left of the time."""
    said = [says for _, says in due_reminders("p", timedelta(minutes=21), POLICY)]

    assert said == [
        "plan p still waits for an answer; in 39 min silence is a no",
        "nobody answered plan p in 20 min: leads (bob, eve) must look",
    ]


def test_without_a_group_nothing_escalates() -> None:
    """The reminder alone."""
    alone = POLICY.model_copy(update={"escalate_to": ""})

    assert [key for key, _ in due_reminders("p", timedelta(minutes=30), alone)] == ["reminder/p/6"]
