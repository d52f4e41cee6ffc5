"""What counts as recovered: healthy cases first, then each thing that "ready once" hides."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from outage.platform import Endpoint, Platform, Service
from outage.snapshot import Probe, Rates, Snapshot
from outage.soaking import Sight, soaked, steady
from outage.value import Manifest
from outage.verification import Check, concluded, endpoints, probes, restarts, rollout, stuck, traffic

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
AUTH = Service(name="auth", workload="deployment/auth", service="auth", selector={"app": "auth"})
WELL = Check(name="probes", ok=True, says="users are content")
BAD = Check(name="probes", ok=False, says="users are not content")
LAGGING = Check(name="errors", ok=False, says="5 % of requests fail")
UNSEEN = Check(name="errors", ok=None, says="no monitoring")


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
    assert rollout(workload, "deployment/auth").ok is done


def test_a_rollout_that_will_never_complete_is_known() -> None:
    """Then nobody waits for it."""
    live = deployment()
    live["status"]["conditions"] = [
        {"type": "Progressing", "reason": "ProgressDeadlineExceeded", "message": "timed out"}
    ]

    assert stuck(live) == "timed out"
    assert stuck(deployment()) is None


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
    assert endpoints(AUTH, seen, "shop").ok is ok


URL = "https://shop.example/health"
PLATFORM = Platform(name="Shop", namespace="shop", endpoints=(Endpoint(url=URL, slow_after_seconds=1),))


@pytest.mark.parametrize(
    ("seen", "ok"),
    [
        pytest.param((Probe(url=URL, status=200, seconds=0.1),), True, id="a quick 200"),
        pytest.param((), None, id="nobody asked"),
        pytest.param((Probe(url=URL, status=503, seconds=0.1),), False, id="a 503"),
        pytest.param((Probe(url=URL, status=200, seconds=1.5),), False, id="an answer that takes too long"),
        pytest.param((Probe(url=URL, problem="connection refused"),), False, id="no answer"),
    ],
)
def test_users_must_be_content(seen: tuple[Probe, ...], ok: bool | None) -> None:
    """Status and latency, of every endpoint."""
    assert probes(seen, PLATFORM).ok is ok


@pytest.mark.parametrize(
    ("rates", "expected"),
    [
        pytest.param(Rates(service="auth", error_ratio=0.01), [True, None], id="noise"),
        pytest.param(
            Rates(service="auth", error_ratio=0.06, error_ratio_before=0.05), [True, None], id="as before"
        ),
        pytest.param(
            Rates(service="auth", error_ratio=0.05, error_ratio_before=0.0), [False, None], id="more errors"
        ),
        pytest.param(
            Rates(service="auth", error_ratio=0.5, error_ratio_before=0.9),
            [False, None],
            id="an hour ago was an outage, too",
        ),
        pytest.param(
            Rates(service="auth", error_ratio=0, latency_seconds=0.4, latency_seconds_before=0.1),
            [True, True],
            id="slower, but quick",
        ),
        pytest.param(
            Rates(service="auth", error_ratio=0, latency_seconds=2, latency_seconds_before=0.6),
            [True, False],
            id="more than twice as slow",
        ),
    ],
)
def test_errors_and_latency_must_be_as_before(rates: Rates, expected: list[bool | None]) -> None:
    """As the monitoring counts them, against an hour ago."""
    assert [check.ok for check in traffic((rates,))] == expected


def test_no_container_may_restart_while_it_is_watched() -> None:
    """New pods are no restarts."""
    assert restarts({"a/app": 3}, {"a/app": 3, "b/app": 1}).ok
    assert not restarts({"a/app": 3}, {"a/app": 4}).ok


@pytest.mark.parametrize(
    ("checks", "recovered"),
    [
        pytest.param([WELL], True, id="all is well"),
        pytest.param([WELL, UNSEEN], True, id="what could not be seen is told, and stands against nobody"),
        pytest.param([WELL, BAD], False, id="one failure is enough"),
        pytest.param([UNSEEN], False, id="an empty view is not a healthy one"),
        pytest.param([], False, id="nothing was looked at"),
    ],
)
def test_recovered_needs_proof(checks: list[Check], recovered: bool) -> None:
    """And the sentence names what speaks against it."""
    assert concluded(checks).recovered is recovered


def watched(*looks: Check, every: float = 5) -> list[Sight]:
    """Looks, one after the other."""
    return [Sight(at=NOON + timedelta(seconds=every * at), checks=(one,)) for at, one in enumerate(looks)]


@pytest.mark.parametrize(
    ("sights", "verdict"),
    [
        pytest.param(watched(*[WELL] * 5), True, id="steady for the whole time"),
        pytest.param(watched(WELL, BAD, *[WELL] * 5), True, id="a hiccup starts the time anew"),
        pytest.param(watched(*[WELL] * 4), None, id="not long enough yet"),
        pytest.param(watched(*[WELL] * 3, BAD, WELL), None, id="a hiccup near the end"),
        pytest.param(watched(LAGGING, LAGGING, LAGGING), None, id="numbers that speak of the past minute"),
        pytest.param(watched(WELL, BAD, BAD, BAD), False, id="three bad looks in a row"),
        pytest.param(watched(*[LAGGING] * 13), False, id="a minute of errors is no lag any more"),
        pytest.param(watched(*[WELL, BAD] * 13), False, id="never steady, and three times the time is over"),
    ],
)
def test_a_soak_ends_when_it_was_steady_or_is_lost(sights: list[Sight], verdict: bool | None) -> None:
    """Twenty seconds here; every bad look starts them anew."""
    length = timedelta(seconds=20)

    assert soaked(sights, length) is verdict
    assert steady(sights, length).ok is (verdict is True)
