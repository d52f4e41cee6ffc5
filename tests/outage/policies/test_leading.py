"""Under a leader nothing acts alone, and the answer is theirs; policy is never weakened by it."""

import pytest

from outage.diagnosis.hypothesis import Action, Risk
from outage.incidents.severity import Severity
from outage.plans.approval import Answer, Approval, standing_answer_of
from outage.plans.objection import Proceed
from outage.plans.plan import Mode, Plan
from outage.policies.permission import (
    PermissionRequest,
    answer_belongs_to,
    approvals_needed,
    may_answer,
    may_lead,
    mode_for,
    permission_for,
)
from outage.policies.policy import Policy, Rule
from tests.tasks.act.fake_cluster import NOON, Cluster
from tests.tasks.act.shop_plans import AUTH, change, deployment, image, plan_of

POLICY = Policy(
    mode=Mode.ACT,
    approvers={"on-call": ("ada", "bob"), "leads": ("eve", "joe", "ada")},
    rules=(
        Rule(risk=(Risk.LOW,), mode=Mode.ACT),
        Rule(risk=(Risk.MEDIUM,), mode=Mode.ASK, approvers="on-call"),
        Rule(risk=(Risk.HIGH,), mode=Mode.ASK, approvers="leads", quorum=2),
    ),
)


def plan(risk: Risk) -> Plan:
    """A plan of one step of this risk."""
    return plan_of(Cluster(deployment()), change(Action.PATCH, AUTH, image(), risk=risk))


LOW, MEDIUM, HIGH = (plan(one) for one in Risk)


def under(leader: str, of: Plan) -> PermissionRequest:
    """What policy is asked about a plan while this person leads; nobody when empty."""
    return PermissionRequest(of, Severity.P1, POLICY, leader=leader)


def yes(of: Plan, *people: str) -> tuple[Approval, ...]:
    """Their yes to this very plan."""
    return tuple(Approval(plan_hash=of.hash, answer=Answer.APPROVE, by=one, at=NOON) for one in people)


@pytest.mark.parametrize(
    ("of", "leader", "people", "allowed"),
    [
        pytest.param(LOW, "", (), True, id="nobody leads: policy acts alone"),
        pytest.param(LOW, "ada", ("ada",), True, id="what would act alone asks the leader"),
        pytest.param(MEDIUM, "ada", ("ada",), True, id="the leader's yes"),
        pytest.param(HIGH, "ada", ("ada", "eve"), True, id="the leader is one of two"),
        pytest.param(
            HIGH, "bob", ("eve", "joe"), True, id="a leader whom the group does not name takes nothing away"
        ),
        pytest.param(LOW, "ada", (), False, id="nothing acts alone under a leader"),
        pytest.param(LOW, "ada", ("policy",), False, id="nor by a yes that policy gave before"),
        pytest.param(LOW, "ada", ("bob",), False, id="another person is not the leader"),
        pytest.param(MEDIUM, "ada", ("bob",), False, id="the answer belongs to who leads"),
        pytest.param(HIGH, "ada", ("eve", "joe"), False, id="two without the leader"),
        pytest.param(HIGH, "ada", ("ada",), False, id="the leader alone is no quorum"),
        pytest.param(HIGH, "bob", ("bob", "eve"), False, id="leading is no right that policy did not give"),
    ],
)
def test_a_plan_is_written_only_with_the_leaders_word(
    of: Plan, leader: str, people: tuple[str, ...], allowed: bool
) -> None:
    """Counted again at the moment of writing."""
    verdict = permission_for(under(leader, of), yes(of, *people))

    assert isinstance(verdict, Proceed) is allowed


def test_what_stands_is_told_alike_before_and_at_the_write() -> None:
    """A run that is woken by two yeses must not find that they do not count."""
    theirs = answer_belongs_to(under("ada", HIGH))

    assert theirs == "ada"
    assert standing_answer_of(yes(HIGH, "eve", "joe"), 2, theirs) is None
    assert standing_answer_of(yes(HIGH, "eve", "ada"), 2, theirs) is not None
    assert approvals_needed(under("ada", LOW)) == 1
    assert (mode_for(under("", LOW)), mode_for(under("ada", LOW))) == (Mode.ACT, Mode.ASK)


def test_a_leader_who_asked_for_it_takes_the_answer_from_nobody_where_policy_wants_other_eyes() -> None:
    """Else nobody at all could say yes."""
    apart = Rule(mode=Mode.ASK, approvers="on-call", requester_may_approve=False)
    policy = POLICY.model_copy(update={"rules": (apart,)})

    asked = PermissionRequest(LOW, Severity.P1, policy, requester="ada", leader="ada")
    verdict = permission_for(asked, yes(LOW, "bob"))

    assert isinstance(verdict, Proceed)


def test_anybody_may_still_say_no() -> None:
    """What makes the program do less needs no right."""
    assert may_answer(under("ada", MEDIUM), "bob", Answer.DECLINE) == ""
    says = may_answer(under("ada", MEDIUM), "bob", Answer.APPROVE)
    assert says.startswith("ada leads this incident, and the answer is theirs")


@pytest.mark.parametrize(
    ("by", "policy", "allowed"),
    [
        ("ada", POLICY, True),
        ("zoe", POLICY.model_copy(update={"approvers": {"on-call": ("*",)}}), True),
        ("zoe", Policy(), True),
        ("zoe", POLICY, False),
    ],
)
def test_who_leads_is_one_whom_the_policy_names(by: str, policy: Policy, allowed: bool) -> None:
    """A policy that names nobody keeps nobody from leading: it writes nothing anyway."""
    assert (may_lead(by, policy) == "") is allowed
