"""What counts as recovered: healthy cases first, then each thing that "ready once" hides."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from outage.platform import Endpoint, Monitoring, Platform, Service
from outage.snapshot import Probe, Rates, Snapshot
from outage.soaking import Sight, restarts, soaked, steady
from outage.value import Manifest
from outage.verification import Check, concluded, endpoints, probes, rollout, stuck, traffic

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
    assert stuck(workload, since=NOON) == why


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
            Rates(service="auth", error_ratio=0.04, error_ratio_before=0.03), [True, None], id="as before"
        ),
        pytest.param(
            Rates(service="auth", error_ratio=0.05, error_ratio_before=0.4),
            [True, None],
            id="better than an hour ago, and few enough",
        ),
        pytest.param(
            Rates(service="auth", error_ratio=0.06, error_ratio_before=0.05),
            [False, None],
            id="as before, and too many",
        ),
        pytest.param(
            Rates(service="auth", error_ratio=0.2, error_ratio_before=0.2),
            [False, None],
            id="an hour ago it was broken as it is now",
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
        pytest.param(
            Rates(service="auth", error_ratio=0, latency_seconds=4, latency_seconds_before=3),
            [True, True],
            id="slow by nature",
        ),
        pytest.param(
            Rates(service="auth", error_ratio=0, latency_seconds=9, latency_seconds_before=8),
            [True, False],
            id="an hour ago it hung as it does now",
        ),
    ],
)
def test_errors_and_latency_must_be_as_before(rates: Rates, expected: list[bool | None]) -> None:
    """As the monitoring counts them, against an hour ago, and never worse than anybody bears."""
    assert [check.ok for check in traffic((rates,))] == expected


def test_a_younger_number_is_said_to_be_so_and_allows_no_more_errors() -> None:
    """It may be one of the outage; the latency is bounded by what anybody bears."""
    young = timedelta(minutes=25)
    rates = Rates(
        service="auth",
        error_ratio=0.04,
        error_ratio_before=0.9,
        error_ratio_age=young,
        latency_seconds=0.4,
        latency_seconds_before=0.3,
        latency_age=young,
    )

    assert [(one.ok, one.says) for one in traffic((rates,))] == [
        (False, "auth: 4.0% of requests fail, allowed are 2.0% against 90.0% 25 min ago"),
        (True, "auth: 95 % within 0.40 s, allowed are 0.60 s against 0.30 s 25 min ago"),
    ]


def test_no_container_may_restart_while_it_is_watched() -> None:
    """New pods are no restarts."""
    assert restarts({"a/app": 3}, {"a/app": 3, "b/app": 1}).ok
    assert not restarts({"a/app": 3}, {"a/app": 4}).ok


def test_containers_that_were_not_seen_have_not_stayed_up() -> None:
    """Nor have they restarted."""
    assert restarts({"a/app": 3}, {}).ok is None
    assert restarts({}, {"a/app": 3}).ok is None


ROLLED = Check(name="rollout", ok=True, says="2 of 2 available")
BEHIND = Check(name="endpoints", ok=True, says="2 ready endpoints")
HIDDEN = Check(name="endpoints", ok=None, says="the endpoints of auth could not be seen")
QUIET = Check(name="errors", ok=True, says="nothing fails")
BARE = Platform(name="Shop", namespace="shop")
WHOLE = Platform(
    name="Shop",
    namespace="shop",
    services=(AUTH,),
    endpoints=(Endpoint(url="https://shop.example/health"),),
    monitoring=Monitoring(prometheus="http://prometheus", error_ratio="errors"),
)


@pytest.mark.parametrize(
    ("checks", "platform", "says"),
    [
        pytest.param([BEHIND, WELL], WHOLE, "recovered: 2 checks are well", id="all is well"),
        pytest.param([BEHIND, QUIET], WHOLE, "recovered: 2 checks are well", id="traffic speaks for users"),
        pytest.param(
            [BEHIND, WELL, UNSEEN],
            WHOLE,
            "recovered: 2 checks are well (not seen: errors)",
            id="what else could not be seen is told, and stands against nobody",
        ),
        pytest.param(
            [ROLLED],
            BARE,
            "recovered: 1 checks are well",
            id="a platform file that gives nothing else to see",
        ),
        pytest.param(
            [ROLLED, BEHIND, WELL, BAD],
            WHOLE,
            "not recovered: users are not content",
            id="one failure is enough",
        ),
        pytest.param(
            [ROLLED, HIDDEN, WELL],
            WHOLE,
            "not recovered: the endpoints could not be seen to be well (the endpoints of auth could not be seen)",
            id="endpoints that could not be seen",
        ),
        pytest.param(
            [ROLLED, BEHIND, UNSEEN],
            WHOLE,
            "not recovered: users' requests and the traffic could not be seen to be well (no monitoring)",
            id="neither users nor traffic could be seen",
        ),
        pytest.param(
            [ROLLED],
            WHOLE,
            "not recovered: the endpoints could not be seen to be well",
            id="a rollout alone is no recovery",
        ),
        pytest.param(
            [UNSEEN],
            BARE,
            "not recovered: nothing could be looked at, and an empty view is not a healthy one",
            id="an empty view is not a healthy one",
        ),
        pytest.param(
            [],
            BARE,
            "not recovered: nothing could be looked at, and an empty view is not a healthy one",
            id="nothing was looked at",
        ),
    ],
)
def test_recovered_needs_proof(checks: list[Check], platform: Platform, says: str) -> None:
    """And the sentence names what speaks against it, or what could not be seen."""
    verified = concluded(checks, platform)

    assert verified.says == says
    assert verified.recovered is says.startswith("recovered")


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
        pytest.param(watched(*[UNSEEN] * 5), None, id="looks that saw nothing prove nothing"),
        pytest.param(watched(*[WELL] * 3, UNSEEN, WELL), None, id="a blind look starts the time anew"),
        pytest.param(watched(*[UNSEEN] * 25), False, id="nothing could be seen in three times the time"),
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
