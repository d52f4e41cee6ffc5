"""What was planned has rolled out, and the right pods stand behind the Services: healthy cases first."""

from datetime import UTC, datetime
from typing import Any

import pytest

from outage.platforms.platform import Service
from outage.snapshots.snapshot import Snapshot
from outage.value import Manifest
from outage.verification.rollout_status import endpoints_state, rollout_state, rollout_stuck

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
AUTH = Service(name="auth", workload="deployment/auth", service="auth", selector={"app": "auth"})


def deployment(replicas: int = 2, observed: int = 3, **status: int) -> Manifest:
    """A Deployment in the middle of something."""
    return {
        "kind": "Deployment",
        "metadata": {"name": "auth", "generation": 3},
        "spec": {"replicas": replicas},
        "status": {"observedGeneration": observed, **status},
    }


DONE = {"updatedReplicas": 2, "availableReplicas": 2, "replicas": 2}


@pytest.mark.parametrize(
    ("workload", "done"),
    [
        pytest.param(deployment(**DONE), True, id="all updated and available"),
        pytest.param(deployment(0), True, id="nothing is wanted, nothing is there"),
        pytest.param(deployment(observed=2, **DONE), False, id="its controller has not looked yet"),
        pytest.param(deployment(**(DONE | {"availableReplicas": 1})), False, id="one is not available"),
        pytest.param(deployment(**(DONE | {"updatedReplicas": 1})), False, id="one is of the old template"),
        pytest.param(deployment(**(DONE | {"replicas": 3})), False, id="an old one is still going"),
        pytest.param(None, False, id="it is not there"),
    ],
)
def test_a_rollout_is_complete_as_kubectl_says(workload: Manifest | None, done: bool) -> None:
    """`kubectl rollout status`, as a value."""
    assert rollout_state(workload, "deployment/auth").ok is done


def stateful(strategy: Manifest, updated: int, available: int = 3) -> Manifest:
    """A StatefulSet of three with some pods of its newest template."""
    live = deployment(updatedReplicas=updated, availableReplicas=available)
    live["status"]["replicas"] = 3
    return live | {"kind": "StatefulSet", "spec": {"replicas": 3, "updateStrategy": strategy}}


ROLLING: Manifest = {"type": "RollingUpdate"}
ON_DELETE: Manifest = {"type": "OnDelete"}
PARTITION: Manifest = ROLLING | {"rollingUpdate": {"partition": 2}}


@pytest.mark.parametrize(
    ("workload", "done"),
    [
        pytest.param(stateful(ROLLING, 3), True, id="all are of the newest template"),
        pytest.param(stateful(PARTITION, 1), True, id="the partition keeps two of three"),
        pytest.param(stateful(ON_DELETE, 0), True, id="a person deletes the pods"),
        pytest.param(stateful(ROLLING, 2), False, id="one is of the old template"),
        pytest.param(stateful(PARTITION, 0), False, id="the one beyond the partition is old"),
        pytest.param(stateful(PARTITION, 1, 2), False, id="one of those that are kept is not available"),
        pytest.param(stateful(ON_DELETE, 0, 2), False, id="one that nobody replaces is not available"),
    ],
)
def test_pods_that_are_not_to_be_updated_are_not_waited_for(workload: Manifest, done: bool) -> None:
    """A partition and the strategy OnDelete hold pods at their template on purpose."""
    assert rollout_state(workload, "statefulset/auth").ok is done


def late(at: str, observed: int = 3, reason: str = "ProgressDeadlineExceeded") -> Manifest:
    """A Deployment whose controller said at some moment how it goes."""
    live = deployment(observed=observed)
    said = {"type": "Progressing", "reason": reason, "message": "timed out", "lastUpdateTime": at}
    live["status"]["conditions"] = [said]
    return live


@pytest.mark.parametrize(
    ("workload", "why"),
    [
        pytest.param(None, None, id="it is not there"),
        pytest.param(deployment(), None, id="its controller said nothing"),
        pytest.param(late("2030-01-01T12:00:09Z", reason="ReplicaSetUpdated"), None, id="it goes on"),
        pytest.param(late("2030-01-01T11:59:59Z"), None, id="said before the repair"),
        pytest.param(late("2030-01-01T12:00:00Z"), None, id="said in the very second of the repair"),
        pytest.param(late(""), None, id="said at no moment"),
        pytest.param(late("2030-01-01T12:00:09Z", observed=2), None, id="said of the spec before"),
        pytest.param(late("2030-01-01T12:00:09Z"), "timed out", id="said of this spec, after the repair"),
    ],
)
def test_a_rollout_is_stuck_only_by_a_word_about_what_was_repaired(
    workload: Manifest | None, why: str | None
) -> None:
    """A deadline that the outage itself missed does not condemn its repair, written at noon."""
    assert rollout_stuck(workload, since=NOON) == why


def picture(*pods: tuple[str, str], ready: bool = True, slices: bool = True) -> Snapshot:
    """Endpoints of the Service auth, each a pod and its app label."""
    addresses = [{"targetRef": {"name": name}, "conditions": {"ready": ready}} for name, _ in pods]
    slice_ = {
        "metadata": {"name": "auth-x", "namespace": "shop", "labels": {"kubernetes.io/service-name": "auth"}}
    }
    objects: dict[str, tuple[Any, ...]] = {
        "Pod": tuple(
            {"metadata": {"name": name, "namespace": "shop", "labels": {"app": app}}} for name, app in pods
        )
    }
    if slices:
        objects["EndpointSlice"] = ({**slice_, "endpoints": addresses},)
    return Snapshot(taken_at=NOON, namespaces=("shop",), objects=objects)


@pytest.mark.parametrize(
    ("seen", "ok"),
    [
        pytest.param(picture(("a", "auth"), ("b", "auth")), True, id="its own pods"),
        pytest.param(picture(slices=False), None, id="endpoints that could not be seen"),
        pytest.param(picture(), False, id="no endpoint"),
        pytest.param(picture(("a", "auth"), ready=False), False, id="none that is ready"),
        pytest.param(picture(("a", "auth"), ("b", "web")), False, id="another workload's pod among them"),
    ],
)
def test_ready_endpoints_must_belong_to_the_right_workload(seen: Snapshot, ok: bool | None) -> None:
    """A wrong selector leaves every pod ready."""
    assert endpoints_state(AUTH, seen, "shop").ok is ok


CANARY = Service(
    name="auth-canary", workload="deployment/auth-canary", service="auth", selector={"app": "canary"}
)
PARKED = AUTH.model_copy(update={"replicas_floor": 0})


@pytest.mark.parametrize(
    ("service", "beside", "seen", "ok"),
    [
        pytest.param(
            AUTH, (AUTH, CANARY), picture(("a", "auth"), ("c", "canary")), True, id="a canary of the platform"
        ),
        pytest.param(
            AUTH, (AUTH,), picture(("a", "auth"), ("c", "canary")), False, id="one that it does not know"
        ),
        pytest.param(PARKED, (PARKED,), picture(), True, id="parked, and its floor is 0"),
        pytest.param(
            PARKED,
            (PARKED,),
            picture(("a", "auth"), ready=False),
            False,
            id="its floor is 0, but pods are there",
        ),
    ],
)
def test_what_the_platform_file_means_to_be_so_does_not_cost_a_repair(
    service: Service, beside: tuple[Service, ...], seen: Snapshot, ok: bool
) -> None:
    """A check that is always red would take back every repair on such a platform."""
    assert endpoints_state(service, seen, "shop", beside=beside).ok is ok
