"""What keeps a drill from being begun: one table, one sentence each."""

from datetime import timedelta
from typing import Any

import pytest

from outage.incidents.fault import Expected, Fault
from outage.kubernetes.objects import ObjectRef
from outage.plans.plan import Mode
from outage.policies.drill_rules import DrillRules, DrillYes
from outage.policies.policy import Freeze, Maintenance, Policy, broken_policy
from outage.verification.drills.drill_guards import GUARDS, DrillView, drill_objection
from outage.verification.drills.fitted_fault import Blast, FittedFault
from tests.outage.verification.drills.stranger import NOON, SHOP

QUIET = Blast(
    objects=(ObjectRef(kind="Deployment", name="checkout", namespace="shop"),),
    namespaces=("shop",),
    pods_down=0,
    pods_ready=2,
    felt=False,
    cluster_wide=False,
)
FELT = QUIET.model_copy(update={"pods_down": 2, "felt": True})
WIDE = QUIET.model_copy(update={"cluster_wide": True})
NEIGHBOUR = QUIET.model_copy(update={"namespaces": ("shop", "bank")})
WELL = DrillView(
    now=NOON,
    until=NOON + timedelta(minutes=30),
    marked=frozenset({"shop", "kube-system"}),
    approved_by="ada",
    told=("ada",),
)
OPEN = Policy(mode=Mode.ASK, approvers={"leads": ("ada",)})
HOUR = timedelta(hours=1)
FROZEN = OPEN.model_copy(update={"freezes": (Freeze(starts=NOON - HOUR, ends=NOON + HOUR, why="sales"),)})
ELSEWHERE = OPEN.model_copy(
    update={"freezes": (Freeze(starts=NOON - HOUR, ends=NOON + HOUR, why="sales", namespaces=("bank",)),)}
)
WORKED_ON = OPEN.model_copy(
    update={"maintenance": (Maintenance(days=("tue",), starts=NOON.time(), lasts=HOUR, why="disks"),)}
)


def ruled(**rules: Any) -> Policy:
    """A policy with these rules for practice."""
    return OPEN.model_copy(update={"drills": DrillRules(**rules)})


@pytest.mark.parametrize(
    ("blast", "view", "policy", "reason", "says"),
    [
        pytest.param(QUIET, {}, OPEN, "", "", id="all is well"),
        pytest.param(QUIET, {"approved_by": ""}, OPEN, "", "", id="nobody's yes for what users do not feel"),
        pytest.param(
            QUIET, {"marked": frozenset({"shop"})}, OPEN, "", "", id="no cluster mark for one service"
        ),
        pytest.param(QUIET, {}, ELSEWHERE, "", "", id="a freeze of another namespace"),
        pytest.param(
            QUIET, {"budget_left": None}, ruled(objective=0.99), "", "", id="a budget nobody can read"
        ),
        pytest.param(QUIET, {"budget_left": 0.4}, ruled(objective=0.99), "", "", id="budget is left"),
        pytest.param(
            FELT, {"approved_by": ""}, ruled(needs_yes=DrillYes.NEVER), "", "", id="a policy without yes"
        ),
        pytest.param(
            FELT, {"approved_by": "@Ada "}, ruled(approvers="leads"), "", "", id="the yes of a lead"
        ),
        pytest.param(QUIET, {}, broken_policy("line 3"), "policy-broken", "line 3", id="no policy to go by"),
        pytest.param(
            QUIET, {"marked": frozenset()}, OPEN, "not-marked", "namespace shop is not marked", id="no mark"
        ),
        pytest.param(NEIGHBOUR, {}, OPEN, "not-marked", "namespace bank is not marked", id="a neighbour's"),
        pytest.param(
            WIDE,
            {"marked": frozenset({"shop"})},
            OPEN,
            "cluster-not-marked",
            "the whole cluster, which is not marked",
            id="no mark of the cluster",
        ),
        pytest.param(
            QUIET, {}, FROZEN, "freeze", "a freeze holds until 2030-01-01 13:00 UTC: sales", id="freeze"
        ),
        pytest.param(WIDE, {}, ELSEWHERE, "freeze", "sales", id="nodes are in every frozen namespace"),
        pytest.param(QUIET, {}, WORKED_ON, "maintenance", "disks", id="maintenance"),
        pytest.param(
            QUIET,
            {"open_incidents": ("inc-7",)},
            OPEN,
            "open-incident",
            "shop is open: inc-7",
            id="an outage",
        ),
        pytest.param(
            QUIET,
            {"standing_drills": ("drill-1",)},
            OPEN,
            "another-drill",
            "is not over: drill-1",
            id="a drill",
        ),
        pytest.param(
            QUIET,
            {"budget_left": -0.2},
            ruled(objective=0.99),
            "budget-spent",
            "-20% of it",
            id="budget spent",
        ),
        pytest.param(
            QUIET,
            {},
            ruled(objective=0.99, budget_must_be_known=True),
            "budget-unknown",
            "cannot be read",
            id="a budget that must be known",
        ),
        pytest.param(QUIET, {"until": NOON}, OPEN, "no-end", "is not ahead", id="no end"),
        pytest.param(QUIET, {"told": ()}, OPEN, "nobody-told", "nobody is told", id="nobody is told"),
        pytest.param(
            FELT,
            {"approved_by": ""},
            OPEN,
            "no-yes",
            "users would feel it: 2 of 2 ready pods go down",
            id="felt",
        ),
        pytest.param(
            WIDE,
            {"approved_by": ""},
            ruled(needs_yes=DrillYes.NEVER),
            "no-yes",
            "it strikes the whole cluster",
            id="the cluster needs a yes whatever policy says",
        ),
        pytest.param(
            FELT,
            {"approved_by": "bob"},
            ruled(approvers="leads"),
            "no-yes",
            "bob is none of them",
            id="not a lead",
        ),
        pytest.param(FELT, {"approved_by": "silence"}, OPEN, "no-yes", "is not a person", id="no person"),
        pytest.param(
            QUIET, {"approved_by": ""}, ruled(needs_yes=DrillYes.ALWAYS), "no-yes", "every drill", id="always"
        ),
    ],
)
def test_a_guard_says_why_not(
    blast: Blast, view: dict[str, Any], policy: Policy, reason: str, says: str
) -> None:
    """Silence is no yes, and what cannot be told is refused where policy wants to know."""
    fault = Fault(name="f", title="t", classes=(), blows=(), expected=Expected(causes=()))
    fitted = FittedFault(service="checkout", fault=fault, blast=blast)

    said = drill_objection(fitted, WELL.model_copy(update=view), SHOP, policy)

    assert (said.reason if said else "") == reason
    assert says in (said.says if said else "")


def test_no_guard_is_left_out_of_the_table() -> None:
    """Each reason that there is stands above."""
    from outage.verification.drills.drill_guards import DrillObjection

    marks = test_a_guard_says_why_not.pytestmark[0].args[1]
    assert {one.values[3] for one in marks} - {""} == {str(one) for one in DrillObjection}
    assert len(GUARDS) == len(DrillObjection) - 1
