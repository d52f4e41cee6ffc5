"""The runbook's Resolution Actions chosen by hand: what each writes, and one sentence for what cannot be done."""

from typing import Any

import pytest

from outage.diagnosis.hypothesis import Action, ChosenProposal, Diagnosis
from outage.diagnosis.resolution_action import ResolutionAction, ResolutionKind
from outage.errors import ActionRefused
from outage.mitigation.by_hand import EarlierPlan, chosen_proposal
from outage.plans.outcome import Outcome, StepDid
from outage.plans.plan import Intent, WayBack
from outage.plans.planning import plan_for
from outage.snapshots.case import Case
from outage.snapshots.snapshot import DatabaseView, Session
from tests.outage.diagnosis.worlds.diagnosed import diagnose
from tests.outage.diagnosis.worlds.shop_snapshot import Ground
from tests.outage.mitigation.overloaded_platform import (
    Break,
    autoscaled,
    nothing,
    page,
    pair,
    platform,
    shows,
)
from tests.tasks.act.fake_cluster import NOON
from tests.tasks.act.shop_plans import INCIDENT

CACHED = platform().model_copy(update={"cache": "redis"})


def chosen(kind: str, target: str = "", ground: Ground | None = None, **more: Any) -> ChosenProposal:
    """What becomes of a choice on the ground as it is."""
    earlier = more.pop("earlier", None)
    picture = (ground or Ground()).snapshot()
    action = ResolutionAction(kind=ResolutionKind(kind), target=target, by="ada", at=NOON, **more)
    case = Case(snapshot=picture, platform=CACHED)
    return chosen_proposal(action, diagnosed(picture), case, earlier)


def diagnosed(picture: Any) -> Diagnosis:
    """What the investigation concludes."""
    return diagnose(picture, CACHED)


def writes(proposal: ChosenProposal) -> list[tuple[str, str]]:
    """What is done to what, in order."""
    assert proposal.repair
    return [(str(one.action), f"{one.target.kind}/{one.target.name}") for one in proposal.repair.changes]


def sessions(ground: Ground) -> None:
    """One session blocks another, one sits idle in its transaction, one works, one is a backup."""
    found = (
        Session(pid=1, user="app", state="active", query_seconds=900),
        Session(pid=2, user="app", state="active", query_seconds=600, blocked_by=(1,)),
        Session(pid=3, user="app", state="idle in transaction", transaction_seconds=900),
        Session(pid=4, user="app", state="active", query_seconds=900),
        Session(
            pid=5, user="app", application="pg_dump", state="idle in transaction", transaction_seconds=900
        ),
        Session(pid=6, user="app", state="idle in transaction", transaction_seconds=20),
    )
    view = DatabaseView(name="shop", latency_seconds=0.01, max_connections=100, connections=6, sessions=found)
    shows(ground, database=view)


def rolled(ground: Ground) -> None:
    """Auth has a revision before the one that runs."""
    ground.container("auth")["image"] = "shop/auth:2"
    ground.roll("auth")


def scaler_owns_it(ground: Ground) -> None:
    """An autoscaler gives auth one pod to five, and made two."""
    autoscaled(ground, most=5, now=2)


def scaler_of_stopped(ground: Ground) -> None:
    """Auth has no pod, and so its autoscaler decides nothing."""
    autoscaled(ground, most=5, now=0)
    stopped(ground)


def two_slots(ground: Ground) -> None:
    """A green slot stands ready beside auth."""
    pair(ground)


def cordoned(ground: Ground) -> None:
    """node-2 takes no pods."""
    ground.get("Node", "node-2").setdefault("spec", {})["unschedulable"] = True


@pytest.mark.parametrize(
    ("kind", "target", "more", "change", "expected"),
    [
        ("restart", "auth", {}, nothing, [("restart", "Deployment/auth")]),
        ("restart", "deployment/auth", {}, nothing, [("restart", "Deployment/auth")]),
        (
            "restart-all",
            "",
            {},
            nothing,
            [("restart", f"Deployment/{name}") for name in ("auth", "user", "scheduler", "content")],
        ),
        ("scale", "user", {"replicas": 5}, nothing, [("scale", "Deployment/user")]),
        ("scale", "auth", {"replicas": 5}, scaler_owns_it, [("patch", "HorizontalPodAutoscaler/auth-hpa")]),
        ("scale", "auth", {"replicas": 2}, scaler_of_stopped, [("scale", "Deployment/auth")]),
        ("undo", "auth", {}, rolled, [("undo", "Deployment/auth")]),
        ("switch", "auth", {}, two_slots, [("patch", "Service/auth")]),
        ("switch", "auth", {"slot": "green"}, two_slots, [("patch", "Service/auth")]),
        ("maintenance", "", {}, page, [("patch", "Ingress/shop-ingress")]),
        ("end-sessions", "", {}, sessions, [("cancel", "Session/1"), ("cancel", "Session/3")]),
        ("cordon", "node-1", {}, nothing, [("cordon", "Node/node-1")]),
        ("uncordon", "node-2", {}, cordoned, [("uncordon", "Node/node-2")]),
        ("drain", "node-1", {}, nothing, [("drain", "Node/node-1")]),
    ],
)
def test_each_of_the_runbooks_actions_becomes_a_proposal(
    kind: str, target: str, more: dict[str, Any], change: Break, expected: list[tuple[str, str]]
) -> None:
    """On a healthy platform too: a person may know what no look shows."""
    ground = Ground()
    change(ground)

    assert writes(chosen(kind, target, ground, **more)) == expected


def test_what_must_become_well_is_the_targets_service_unless_the_person_names_another() -> None:
    """The verdict is about that."""
    assert chosen("restart", "auth").explains == ("deployment/auth in shop", "service/auth in shop")
    assert chosen("restart", "auth", well="user").explains == (
        "deployment/user in shop",
        "service/user in shop",
    )
    assert chosen("maintenance", ground=with_page()).explains == ("everything",)


def with_page() -> Ground:
    """A ground with a maintenance page."""
    ground = Ground()
    page(ground)
    return ground


def stopped(ground: Ground) -> None:
    """Auth runs no pod."""
    ground.get("Deployment", "auth")["spec"]["replicas"] = 0


def gone(ground: Ground) -> None:
    """The Deployment of auth was deleted."""
    ground.drop("Deployment", "auth")


def dead_page(ground: Ground) -> None:
    """The maintenance page does not answer."""
    page(ground, ready=0)


DECIDES = (
    "horizontalpodautoscaler/auth-hpa in shop decides, and would write it over: it keeps 1 to 5 pods, now 2"
)
KNOWN = "it names auth, user, scheduler, content, postgres, redis"


@pytest.mark.parametrize(
    ("kind", "target", "more", "change", "says"),
    [
        ("restart", "atuh", {}, nothing, f"restart atuh: the platform file names no service `atuh`; {KNOWN}"),
        (
            "restart",
            "postgres",
            {},
            nothing,
            "restart postgres: postgres is a data store (the platform file calls",
        ),
        (
            "restart",
            "redis",
            {},
            nothing,
            "restart redis: redis is a data store (the platform file calls it the cache",
        ),
        ("scale", "redis", {"replicas": 3}, nothing, "scale redis to 3: redis is a data store"),
        ("restart", "auth", {}, stopped, "restart auth: deployment/auth in shop is scaled to 0"),
        ("restart", "auth", {}, gone, "restart auth: there is no deployment/auth in shop"),
        (
            "restart",
            "auth",
            {"well": "usr"},
            nothing,
            "restart auth: the platform file names no service `usr`",
        ),
        (
            "scale",
            "auth",
            {"replicas": 2},
            nothing,
            "scale auth to 2: deployment/auth in shop has 2 replicas already",
        ),
        (
            "scale",
            "auth",
            {"replicas": 0},
            nothing,
            "scale auth to 0: the platform file lets auth never have fewer",
        ),
        ("scale", "auth", {}, nothing, "scale auth: the number of replicas is missing"),
        ("scale", "auth", {"replicas": 6}, scaler_owns_it, f"scale auth to 6: {DECIDES}"),
        ("scale", "auth", {"replicas": 1}, scaler_owns_it, f"scale auth to 1: {DECIDES}"),
        (
            "undo",
            "auth",
            {},
            nothing,
            "undo auth: deployment/auth in shop has no such revision to go back to; it has",
        ),
        (
            "undo",
            "auth",
            {"revision": 9},
            rolled,
            "undo auth to revision 9: deployment/auth in shop has no such",
        ),
        (
            "switch",
            "auth",
            {"slot": "green"},
            nothing,
            "switch auth to green: deployment/green in shop has no ready pod",
        ),
        (
            "switch",
            "auth",
            {"slot": "red"},
            two_slots,
            "switch auth to red: there is no such slot; auth has blue, green",
        ),
        ("switch", "auth", {"slot": "blue"}, two_slots, "switch auth to blue: auth leads to blue already"),
        (
            "switch",
            "user",
            {},
            nothing,
            "switch user: user has no other slot; the platform file has slots for auth",
        ),
        ("maintenance", "", {}, nothing, "maintenance: there is no service/sorry in shop"),
        ("maintenance", "", {}, dead_page, "maintenance: service/sorry in shop has no ready endpoint"),
        ("end-sessions", "", {}, nothing, "end-sessions: the database could not be asked for its sessions"),
        ("drain", "node-7", {}, nothing, "drain node-7: there is no such node; there are node-1, node-2"),
        ("cordon", "node-2", {}, cordoned, "cordon node-2: node/node-2 is cordoned already"),
        ("uncordon", "node-1", {}, nothing, "uncordon node-1: node/node-1 is not cordoned"),
        ("take-back", "inc-1", {}, nothing, "take-back inc-1: no plan of that incident stands"),
        ("proposal", "bad-image:x", {}, nothing, "proposal bad-image:x: it is not among the causes"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(
    kind: str, target: str, more: dict[str, Any], change: Break, says: str
) -> None:
    """What was asked, and why not; nothing else is done in its place."""
    ground = Ground()
    change(ground)
    with pytest.raises(ActionRefused) as said:
        chosen(kind, target, ground, **more)

    assert str(said.value).startswith(says)


def test_sessions_that_work_and_block_nobody_are_left_alone() -> None:
    """The runbook says "carefully": they are counted instead."""
    ground = Ground()
    sessions(ground)
    with pytest.raises(ActionRefused, match=r"no session older than 1 h blocks others or sits idle$"):
        chosen("end-sessions", ground=ground, older_than="PT1H")


def test_another_proposal_of_the_investigation_is_planned_as_it_is() -> None:
    """Its key stays its own, so that it is tried once and judged by its own signs."""
    ground = Ground()
    ground.get("Service", "auth")["spec"]["selector"] = {"app": "nobody"}
    ground.endpoints("auth", 0)
    found = diagnosed(ground.snapshot())
    key = found.hypotheses[0].key

    proposal = chosen("proposal", key, ground)

    assert (proposal.key, proposal.repair) == (key, found.hypotheses[0].repair)
    assert found.model_copy(update={"chosen": proposal}).to_plan == found.hypotheses[0]


def earlier(back: StepDid | None = None) -> EarlierPlan:
    """A switch of auth that was written, and perhaps taken back."""
    ground = Ground()
    two_slots(ground)
    proposal = chosen("switch", "auth", ground)
    target = proposal.repair.changes[0].target if proposal.repair else None
    live = {"kind": "Service", **ground.get("Service", "auth")}
    plan = plan_for(proposal, INCIDENT, 1, {target: live} if target else {}, NOON)
    done = {plan.steps[0].key: StepDid.APPLIED, f"take-back/{plan.steps[0].key}": back}
    intents = tuple(
        Intent(
            incident=plan.incident,
            plan_hash=plan.hash,
            step_key=key,
            way_back=WayBack(before=live, says="back"),
            at=NOON,
            outcome=Outcome(did=did, says="done"),
        )
        for key, did in done.items()
        if did
    )
    return EarlierPlan(plan=plan, intents=intents)


def test_what_stands_is_taken_back_by_the_recorded_way_back() -> None:
    """The fields of the plan as they were before it, and no others."""
    proposal = chosen("take-back", "inc-1", earlier=earlier())

    assert proposal.repair
    (change,) = proposal.repair.changes
    assert (change.action, change.patch) == (
        Action.PATCH,
        ({"op": "replace", "path": "/spec/selector/deployment-slot", "value": "blue"},),
    )
    assert proposal.explains == ("deployment/auth in shop", "service/auth in shop")


def test_what_was_taken_back_already_is_not_taken_back_again() -> None:
    """A second way back would write over what people did since."""
    with pytest.raises(ActionRefused, match="stands that could be taken back"):
        chosen("take-back", "inc-1", earlier=earlier(StepDid.APPLIED))
