"""A restart: only of what fails by itself and would come back otherwise."""

import pytest

from outage.diagnosis.hypothesis import Action, Risk
from outage.snapshots.snapshot import Rates
from tests.outage.diagnosis.worlds.shop_objects import ago, condition
from tests.outage.diagnosis.worlds.shop_snapshot import Ground
from tests.outage.mitigation.overloaded_platform import (
    Break,
    hung,
    offered,
    patch_of,
    risk_of,
    seen,
    shows,
    written,
)


def errors(ground: Ground) -> None:
    """The pods of user are ready and answer with errors."""
    shows(ground, rates=(Rates(service="user", error_ratio=0.6, requests_per_second=5),))


@pytest.mark.parametrize("change", [hung, errors])
def test_what_fails_by_itself_is_restarted(change: Break) -> None:
    """Nothing around it changed: new processes may answer."""
    ground = Ground()
    change(ground)

    found = offered(ground, Action.RESTART, "Deployment/user")

    assert found is not None
    assert risk_of(found) is Risk.MEDIUM
    assert patch_of(found) == []
    assert "all 2 pods of user run" in " ".join(found.evidence_for)
    assert found.evidence_against[0].startswith("what the old processes hold in memory is lost")


def test_a_restart_says_which_ready_pods_it_disturbs() -> None:
    """Whoever approves it must know."""
    ground = Ground()
    errors(ground)

    found = offered(ground, Action.RESTART, "Deployment/user")

    assert found is not None
    assert "2 ready pods are replaced in turn" in found.evidence_against


def rolled(ground: Ground) -> None:
    """The template was changed before it failed."""
    ground.container("user")["image"] = "shop/user:1.1"
    ground.roll("user", minutes=3)


def crashing(ground: Ground) -> None:
    """The containers end: their kubelet restarts them already."""
    ground.fail("user", waiting=("CrashLoopBackOff", "back-off"), last={"exitCode": 1}, restarts=5)


def database_hung(ground: Ground) -> None:
    """It is the database that hangs: its data is at risk, and everybody else waits for it."""
    ground.fail("postgres")
    ground.fail("user")


def dead_node(ground: Ground) -> None:
    """What runs on a node that does not answer is not known to run."""
    hung(ground)
    ground.get("Node", "node-2")["status"]["conditions"] = [condition("Ready", "Unknown", 2)]


def restarted(ground: Ground) -> None:
    """It was restarted after it began to fail, and fails still."""
    hung(ground)
    notes = {"kubectl.kubernetes.io/restartedAt": ago(minutes=1)}
    ground.get("Deployment", "user")["spec"]["template"]["metadata"]["annotations"] = notes


def with_volume(ground: Ground) -> None:
    """It keeps data on a volume."""
    hung(ground)
    volume = {"name": "data", "persistentVolumeClaim": {"claimName": "user"}}
    for one in (ground.get("Deployment", "user"), ground.get("ReplicaSet", "user-aaa")):
        one["spec"]["template"]["spec"]["volumes"] = [volume]


def two_at_once(ground: Ground) -> None:
    """Two that do not call each other hang at once: the cause lies outside them."""
    ground.fail("content")
    ground.fail("scheduler")


@pytest.mark.parametrize(
    ("change", "name"),
    [
        pytest.param(rolled, "user", id="a changed template is put back, not restarted"),
        pytest.param(crashing, "user", id="what ends is restarted by its kubelet"),
        pytest.param(database_hung, "user", id="who waits for the database is not restarted"),
        pytest.param(database_hung, "postgres", id="the database is not restarted"),
        pytest.param(dead_node, "user", id="pods of a dead node are not alive"),
        pytest.param(restarted, "user", id="a restart that did not help is not repeated"),
        pytest.param(with_volume, "user", id="what keeps data is left alone"),
        pytest.param(two_at_once, "content", id="several at once have a cause outside them"),
    ],
)
def test_a_restart_that_cannot_help_is_not_offered(change: Break, name: str) -> None:
    """A restart hides a cause that lies elsewhere."""
    ground = Ground()
    change(ground)

    assert offered(ground, Action.RESTART, f"Deployment/{name}") is None


def test_only_the_service_that_fails_first_is_restarted() -> None:
    """Its callers recover with it."""
    ground = Ground()
    for name in ("auth", "user", "content"):
        ground.fail(name)

    found = [written(one) for one in seen(ground) if written(one)[0] is Action.RESTART]

    assert found == [(Action.RESTART, "Deployment/auth")]
