"""More pods: only where they help, as many as there is room for."""

from typing import Any

import pytest

from outage.diagnosis.cause import Cause
from outage.diagnosis.hypothesis import Action, Risk
from outage.snapshots.snapshot import Rates, Session, Usage
from tests.outage.diagnosis.worlds.shop_snapshot import Ground
from tests.outage.mitigation.overloaded_platform import (
    Break,
    autoscaled,
    hot,
    offered,
    patch_of,
    risk_of,
    shows,
)


def test_a_service_without_cpu_gets_twice_the_pods() -> None:
    """One step, which the nodes have room for."""
    ground = Ground()
    hot(ground)

    found = offered(ground, Action.SCALE, "Deployment/auth")

    assert patch_of(found) == [{"op": "replace", "path": "/spec/replicas", "value": 4}]
    assert found is not None
    assert (found.cause, risk_of(found)) == (Cause.CPU_SATURATED, Risk.MEDIUM)
    assert "the nodes have room for 2 more pods of auth" in found.evidence_for


@pytest.mark.parametrize(
    ("free", "replicas"),
    [
        pytest.param({"cpu": "150m"}, 4, id="room for one on each of two nodes"),
        pytest.param({"cpu": "0"}, None, id="no CPU is left"),
        pytest.param({"memory": "1Mi"}, None, id="no memory is left"),
        pytest.param({"pods": "1"}, None, id="no more pods are allowed"),
    ],
)
def test_the_step_is_as_large_as_the_room(free: dict[str, str], replicas: int | None) -> None:
    """A pod that no node takes helps nobody."""
    ground = Ground()
    hot(ground)
    for one in ground.objects["Node"]:
        one["status"]["allocatable"].update(free)
    if "cpu" in free and replicas:
        for one in ground.objects["Node"]:
            one["status"]["allocatable"]["cpu"] = "260m"

    found = offered(ground, Action.SCALE, "Deployment/auth")

    assert (patch_of(found)[0]["value"] if found else None) == replicas


def test_an_autoscaler_at_its_most_may_make_half_as_many_again() -> None:
    """Scaling what it owns would be written over."""
    ground = Ground()
    hot(ground)
    autoscaled(ground)

    found = offered(ground, Action.PATCH, "HorizontalPodAutoscaler/auth-hpa")

    assert patch_of(found) == [{"op": "replace", "path": "/spec/maxReplicas", "value": 3}]
    assert offered(ground, Action.SCALE, "Deployment/auth") is None


def test_a_slow_service_is_scaled_when_its_pods_are_busy() -> None:
    """Without a limit, what they asked for is the measure."""
    ground = Ground()
    hot(ground, cores=0.095, limit=None)

    found = offered(ground, Action.SCALE, "Deployment/auth")

    assert found is not None
    assert "the pods of auth use 0.19 of 0.2 CPU cores" in found.evidence_for


def idle(ground: Ground) -> None:
    """It is slow and does nothing: it waits."""
    hot(ground, cores=0.01)


def scaler_has_room(ground: Ground) -> None:
    """Its autoscaler will make more by itself."""
    hot(ground)
    autoscaled(ground, most=8)


def scaler_blind(ground: Ground) -> None:
    """Its autoscaler cannot measure, so a higher most changes nothing."""
    hot(ground)
    autoscaled(ground, active="False")


def scalers_unseen(ground: Ground) -> None:
    """Nobody could look whether an autoscaler owns it."""
    hot(ground)
    del ground.objects["HorizontalPodAutoscaler"]


def database_full(ground: Ground) -> None:
    """Its database has no room for more clients."""
    hot(ground)
    shows(ground, database=ground.extra["database"].model_copy(update={"connections": 80}))


def database_waits(ground: Ground) -> None:
    """Its database waits for a lock."""
    hot(ground)
    sessions = (Session(pid=1, user="a"), Session(pid=2, user="b", blocked_by=(1,), query_seconds=60))
    shows(ground, database=ground.extra["database"].model_copy(update={"sessions": sessions}))


def database_unseen(ground: Ground) -> None:
    """Nobody could ask the database."""
    hot(ground)
    shows(ground, database=None)


def dependency_slow(ground: Ground) -> None:
    """What it calls is slow as well."""
    hot(ground)
    shows(ground, rates=(*ground.extra["rates"], Rates(service="redis", latency_seconds=2.0)))


def request_unknown(ground: Ground) -> None:
    """Nobody said how much CPU a pod needs."""
    hot(ground)
    del ground.container("auth")["resources"]["requests"]["cpu"]


def nodes_unseen(ground: Ground) -> None:
    """Nobody could look at the nodes."""
    hot(ground)
    del ground.objects["Node"]


def nodes_used(ground: Ground) -> None:
    """The nodes are busy with pods that were not looked at."""
    hot(ground)
    full = [Usage(kind="Node", name=f"node-{at}", cpu_cores=1.95, memory_bytes=1) for at in (1, 2)]
    shows(ground, usage=(*ground.extra["usage"], *full))


def nodes_closed(ground: Ground) -> None:
    """One node is cordoned, the other one tainted."""
    hot(ground)
    ground.get("Node", "node-1")["spec"]["unschedulable"] = True
    ground.get("Node", "node-2")["spec"]["taints"] = [{"key": "a", "effect": "NoSchedule"}]


def one_per_node(ground: Ground) -> None:
    """Its pods want nodes of their own."""
    hot(ground)
    rule: dict[str, Any] = {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [{}]}}
    for one in (ground.get("Deployment", "auth"), ground.get("ReplicaSet", "auth-aaa")):
        one["spec"]["template"]["spec"]["affinity"] = rule


@pytest.mark.parametrize(
    "change",
    [
        *(idle, scaler_has_room, scaler_blind, scalers_unseen, database_full, database_waits),
        *(database_unseen, dependency_slow, request_unknown, nodes_unseen, nodes_used, nodes_closed),
        one_per_node,
    ],
)
def test_more_pods_are_not_offered_where_they_do_not_help(change: Break) -> None:
    """More clients make a database that is short of everything worse."""
    ground = Ground()
    change(ground)

    assert offered(ground, Action.SCALE, "Deployment/auth") is None
    assert offered(ground, Action.PATCH, "HorizontalPodAutoscaler/auth-hpa") is None
