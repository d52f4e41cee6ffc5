"""Acting on the real cluster: every action is applied and taken back, and the state after equals the state before."""

import os
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from blocks.kubernetes import Cluster
from blocks.kubernetes.api_client import ApiClient
from blocks.kubernetes.writer import Writer
from outage.diagnosis.hypothesis import Action, Change
from outage.incidents.fault import Expected, Fault, Injection
from outage.kubernetes.objects import ObjectRef
from outage.plans.fence import unshared_fence
from outage.plans.outcome import Resolved, StepDid
from outage.plans.plan import Plan, Precondition
from outage.plans.preconditions import edited_fields
from outage.platforms.platform import Platform
from outage.policies.policy import Limits, Mode, Policy, Rule
from outage.value import Manifest
from practice import places
from tasks.act import apply_plan_steps, live_objects, preview_plan, take_back_steps
from tasks.act.fresh_view import take_fresh_view
from tasks.drill.injection import inject_fault
from tasks.drill.marked_ground import MarkedGround
from tasks.drill.restore import restore, take_before_images
from tests.tasks.act.fake_cluster import Ledger
from tests.tasks.act.shop_plans import INCIDENT, change, plan_of

pytestmark = pytest.mark.cluster

PLACE = f"outage-acting-{os.getpid()}"
"""A namespace of this test's own, removed again."""
POLICY = Policy(
    mode=Mode.ACT,
    namespaces=(PLACE,),
    kinds=(
        *("Deployment", "StatefulSet", "ConfigMap", "Service", "NetworkPolicy", "CronJob", "Pod"),
        *("ResourceQuota", "HorizontalPodAutoscaler"),
    ),
    cluster_kinds=("Node",),
    rules=(Rule(mode=Mode.ACT),),
    limits=Limits(disturbed_share=1.0),
)
PLATFORM = Platform(name="Test", namespace=PLACE)


def at(kind: str, name: str) -> ObjectRef:
    """An object of the test's namespace."""
    return ObjectRef(kind=kind, name=name, namespace=PLACE)


def now() -> datetime:
    """The moment."""
    return datetime.now(UTC)


@pytest.fixture(scope="module")
def writer(ground: None) -> Iterator[Writer]:
    """The door, as the administrator."""
    door = Writer(Cluster.from_kubeconfig(str(places.practice_kubeconfig()), identity="writer"))
    labels = {"outage.dev/drills": "allowed"}
    space = {"metadata": {"name": PLACE, "labels": labels}}
    make(door, ObjectRef(kind="Namespace", name=PLACE), space)
    for target, manifest in OBJECTS.items():
        make(door, target, manifest)
    yield door
    ApiClient(door.cluster.access).request(
        "DELETE", f"/api/v1/namespaces/{PLACE}", "remove the test's namespace"
    )


def make(door: Writer, target: ObjectRef, manifest: Manifest) -> None:
    """Create something."""
    create = Change(
        action=Action.CREATE, target=target, manifest=manifest, why="test", expected="it is there"
    )
    door.write(create, Precondition(), unshared_fence("test"))


POD = {"containers": [{"name": "app", "image": "adaptive/none:1", "imagePullPolicy": "Never"}]}
LABELS = {"app": "shop"}
TEMPLATE = {"metadata": {"labels": LABELS}, "spec": POD}
SHOP = at("Deployment", "shop")
OBJECTS: dict[ObjectRef, Manifest] = {
    SHOP: {"spec": {"replicas": 1, "selector": {"matchLabels": LABELS}, "template": TEMPLATE}},
    at("ConfigMap", "settings"): {"data": {"level": "info"}},
    at("Service", "shop"): {"spec": {"selector": LABELS, "ports": [{"port": 80, "targetPort": 8080}]}},
    at("NetworkPolicy", "deny"): {"spec": {"podSelector": {}, "policyTypes": ["Ingress"]}},
    at("StatefulSet", "store"): {
        "spec": {
            "serviceName": "store",
            "replicas": 0,
            "selector": {"matchLabels": {"app": "store"}},
            "template": {"metadata": {"labels": {"app": "store"}}, "spec": POD},
        }
    },
    at("ResourceQuota", "quota"): {"spec": {"hard": {"pods": "50"}}},
    at("HorizontalPodAutoscaler", "idle"): {
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "absent"},
            "minReplicas": 1,
            "maxReplicas": 3,
        }
    },
    at("CronJob", "actor"): {
        "spec": {
            "schedule": "0 0 1 1 *",
            "jobTemplate": {"spec": {"template": {"spec": POD | {"restartPolicy": "Never"}}}},
        }
    },
}
IMAGE = {"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": "adaptive/none:2"}
OTHER_TEMPLATE: dict[str, Any] = {
    "metadata": {"labels": LABELS | {"tier": "web"}},
    "spec": {
        "containers": [{"name": "other", "image": "adaptive/none:3"}],
        "terminationGracePeriodSeconds": 5,
    },
}


def applied(plan: Plan, ledger: Ledger, door: Writer) -> Resolved:
    """Apply with the real world as the guards see it."""
    return apply_plan_steps(
        plan,
        INCIDENT,
        ledger,
        door,
        policy=lambda: POLICY,
        view=lambda: take_fresh_view(plan, PLATFORM, door.cluster, may=door.cluster.has_right),
        stopped=lambda: None,
        now=now,
    )


def planned(door: Writer, *changes: Change) -> Plan:
    """Plan against the live objects, with the server's own diff."""

    class Live:
        objects = live_objects([one.target for one in changes], door)

    return preview_plan(plan_of(Live(), *changes), door)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "mending",
    [
        pytest.param(lambda: change(Action.PATCH, SHOP, IMAGE), id="patch"),
        pytest.param(
            lambda: change(
                Action.UNDO, SHOP, {"op": "replace", "path": "/spec/template", "value": OTHER_TEMPLATE}
            ),
            id="undo",
        ),
        pytest.param(
            lambda: change(Action.SCALE, SHOP, {"op": "replace", "path": "/spec/replicas", "value": 3}),
            id="scale",
        ),
        pytest.param(lambda: change(Action.RESTART, SHOP), id="restart"),
        pytest.param(
            lambda: change(
                Action.PATCH,
                at("Service", "shop"),
                {"op": "replace", "path": "/spec/selector", "value": {"app": "other"}},
                {"op": "replace", "path": "/spec/ports/0/targetPort", "value": "http"},
            ),
            id="patch a Service",
        ),
        pytest.param(
            lambda: change(
                Action.PATCH, at("CronJob", "actor"), {"op": "add", "path": "/spec/suspend", "value": True}
            ),
            id="suspend a CronJob",
        ),
        pytest.param(
            lambda: change(Action.PATCH, at("StatefulSet", "store"), IMAGE), id="patch a StatefulSet"
        ),
        pytest.param(
            lambda: change(
                Action.PATCH,
                at("HorizontalPodAutoscaler", "idle"),
                {"op": "replace", "path": "/spec/maxReplicas", "value": 5},
            ),
            id="patch an autoscaler",
        ),
        pytest.param(
            lambda: change(Action.CREATE, at("ConfigMap", "other"), manifest={"data": {"a": "b"}}),
            id="create",
        ),
        pytest.param(lambda: change(Action.DELETE, at("NetworkPolicy", "deny")), id="delete"),
        pytest.param(lambda: change(Action.DELETE, at("Service", "shop")), id="delete a Service"),
        pytest.param(
            lambda: change(Action.DELETE, at("ResourceQuota", "quota")), id="delete a ResourceQuota"
        ),
        pytest.param(lambda: change(Action.CORDON, ObjectRef(kind="Node", name="node-2")), id="cordon"),
    ],
)
def test_what_is_applied_can_be_taken_back(writer: Writer, mending: Callable[[], Change]) -> None:
    """The server's defaults, controllers and versions included."""
    target = mending().target
    before, ledger = writer.read(target), Ledger()
    plan = planned(writer, mending())
    assert plan.steps[0].diff

    done = applied(plan, ledger, writer)
    assert done.applied, done.says
    assert [one.did for one in done.outcomes.values()] == [StepDid.APPLIED]

    back = take_back_steps(plan, INCIDENT, ledger, writer, stopped=lambda: None, now=now)
    assert back.applied, back.says
    after = writer.read(target)
    assert (after is None) == (before is None)
    if before and after:
        assert edited_fields(after, mending()) == edited_fields(before, mending())


def test_an_approval_survives_the_status_of_a_failing_object(writer: Writer) -> None:
    """Its version moves between plan and write; nobody edited it."""
    plan = planned(writer, change(Action.PATCH, SHOP, IMAGE | {"value": "adaptive/none:9"}))
    status = {"status": {"conditions": [{"type": "Progressing", "status": "False", "reason": "Test"}]}}
    ApiClient(writer.cluster.access).json(
        "PATCH",
        f"/apis/apps/v1/namespaces/{PLACE}/deployments/shop/status",
        "report a status",
        body=status,
        content_type="application/merge-patch+json",
    )

    assert applied(plan, Ledger(), writer).applied


def test_somebody_else_s_edit_voids_it(writer: Writer) -> None:
    """With the name of who it was."""
    plan = planned(writer, change(Action.PATCH, SHOP, IMAGE | {"value": "adaptive/none:10"}))
    ApiClient(writer.cluster.access).json(
        "PATCH",
        f"/apis/apps/v1/namespaces/{PLACE}/deployments/shop",
        "label it",
        query={"fieldManager": "theirs"},
        body={"metadata": {"labels": {"team": "theirs"}}},
        content_type="application/merge-patch+json",
    )
    done = applied(plan, Ledger(), writer)

    assert done.refused
    assert "somebody edited it (theirs at " in done.says


@pytest.mark.parametrize("destroys_history", [False, True])
def test_a_fault_is_injected_and_everything_is_put_back(writer: Writer, destroys_history: bool) -> None:
    """By a patch, and by deleting and making anew, after which no revision is left to return to."""
    blow = Injection(do="patch", target=SHOP, patch=[IMAGE | {"value": "adaptive/none:broken"}])
    policy = at("NetworkPolicy", "new")
    blocker = Injection(do="create", target=policy, manifest={"spec": {"podSelector": {}}})
    fault = Fault(
        name="test",
        title="test",
        classes=(1,),
        blows=(blow, blocker),
        destroys_history=destroys_history,
        expected=Expected(causes=()),
    )
    here = MarkedGround(writer.cluster, PLACE, unshared_fence("test"))
    pictures = take_before_images(here, fault)
    inject_fault(here, fault)
    broken = writer.read(SHOP)
    assert broken is not None
    assert broken["spec"]["template"]["spec"]["containers"][0]["image"] == "adaptive/none:broken"
    assert (broken["metadata"]["uid"] != (pictures[SHOP] or {})["metadata"]["uid"]) is destroys_history

    assert restore(here, fault, pictures) == ()
    assert writer.read(policy) is None
