"""One pod is lost: only where there is one to spare, only while writing is allowed, and for a few seconds."""

from contextlib import nullcontext
from datetime import timedelta

import pytest

from outage.errors import ClusterThrottled
from outage.kubernetes.objects import ObjectRef
from outage.plans.fence import unshared_fence
from outage.platforms.platform import Platform
from outage.value import Manifest
from outage.verification.recovery import RecoveryCheck
from tasks.verify.pod_loss import lose_one_pod
from tests.tasks.act.fake_cluster import NOON, Clock
from tests.tasks.verify.verified_platform import AUTH, PLATFORM, Door, deployment, pod


def lost(door: Door, platform: Platform = PLATFORM, stopped: str | None = None) -> RecoveryCheck:
    """Lose one pod of auth."""
    return lose_one_pod(
        door.cluster,
        door.writer,
        platform,
        [AUTH, AUTH],
        alone=lambda target, within: nullcontext(unshared_fence(target)),
        stopped=lambda: stopped,
        now=door.clock.now,
        rest=door.clock.rest,
    )


def healing(seconds: float = 3) -> Door:
    """Two pods, and a controller that replaces a lost one after so long."""
    door = Door(Clock(), deployment(), pod("a"), pod("b"))
    door.on_evict = lambda _: door.after(seconds, lambda: door.put(pod("c")))
    return door


def test_a_lost_pod_is_replaced_within_seconds() -> None:
    """Evicted, so that budgets hold; and never deleted."""
    door = healing()
    check = lost(door)

    assert check.ok
    assert (door.evicted, door.written) == (["a"], [])
    assert door.clock.now() == NOON + timedelta(seconds=3)


def test_a_workload_that_does_not_replace_a_pod_is_not_healed() -> None:
    """Although its status said that all was well."""
    assert lost(healing(seconds=600)).ok is False


@pytest.mark.parametrize(
    "manifests",
    [
        pytest.param([deployment(replicas=1, ready=1), pod("a")], id="a single replica"),
        pytest.param([deployment(replicas=1), pod("a"), pod("b")], id="one too many for a moment"),
        pytest.param([deployment(), pod("a"), pod("b", ready=False)], id="the other one is not ready"),
        pytest.param([deployment(), pod("a"), pod("b", owned=False)], id="the other one is bare"),
        pytest.param([], id="it is not there"),
    ],
)
def test_the_last_pod_is_left_alone(manifests: list[Manifest]) -> None:
    """Nothing is taken away to prove a point."""
    door = Door(Clock(), *manifests)

    assert lost(door).ok is None
    assert door.evicted == []


def test_the_floor_of_the_platform_file_holds() -> None:
    """Two of two must stay here."""
    door = healing()
    floor = PLATFORM.services[0].model_copy(update={"replicas_floor": 2})

    assert lost(door, PLATFORM.model_copy(update={"services": (floor,)})).ok is None
    assert door.evicted == []


def test_no_pod_is_lost_when_the_kill_switch_is_thrown() -> None:
    """Then it is not seen, with the reason."""
    door = healing()
    check = lost(door, stopped="rehearsal of the fire brigade")

    assert check.ok is None
    assert "fire brigade" in check.says
    assert door.evicted == []


def test_a_budget_that_allows_no_disruption_is_obeyed() -> None:
    """It says no, and that is that."""
    door = healing()

    def refuse(pod: ObjectRef) -> None:
        raise ClusterThrottled(f"evict {pod}: 429, the disruption budget needs 2 healthy pods")

    door.on_evict = refuse
    check = lost(door)

    assert check.ok is None
    assert "disruption budget" in check.says


def test_an_api_server_that_is_away_is_waited_for_before_and_after() -> None:
    """Its weather says nothing about the workload."""
    door = healing(seconds=20)
    door.away_for(10)
    door.after(15, lambda: door.away_for(10))

    assert lost(door).ok


def test_a_replacement_that_could_not_be_seen_is_no_failure() -> None:
    """Who does not answer for the whole time has said nothing."""
    door = healing()
    door.on_evict = lambda _: door.away_for(600)
    check = lost(door)

    assert check.ok is None
    assert "could not be seen" in check.says
