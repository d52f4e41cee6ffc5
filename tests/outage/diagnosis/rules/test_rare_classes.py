"""Outages that nobody's own change explains: a changed password, a pushy tenant, a load test, a dead scheduler."""

import copy
from collections.abc import Callable

import pytest

from outage.diagnosis.hypothesis import Action, Diagnosis
from outage.snapshots.snapshot import LogTail, Rates
from tests.outage.diagnosis.worlds.diagnosed import diagnose
from tests.outage.diagnosis.worlds.shop_objects import (
    SHOP,
    Manifest,
    ago,
    condition,
    deployment_of,
    meta,
    pod,
    pod_template,
    replica_set,
    unready,
)
from tests.outage.diagnosis.worlds.shop_snapshot import Ground, alert, platform, stranger

Change = Callable[[Ground], None]
CLIENTS = ("auth", "user", "scheduler")
REFUSED = 'health check failed dependency=postgres error="pq: password authentication failed for user"'


def shop() -> Ground:
    """The healthy shop, whose database and clients read its password when they start."""
    ground = Ground()
    ground.put("Secret", {"metadata": meta("db"), "data": {"password": "hash:1"}})
    source = {"name": "DB_LOGIN", "valueFrom": {"secretKeyRef": {"name": "db", "key": "password"}}}
    for name in (*CLIENTS, "postgres"):
        made = [one for one in ground.objects["ReplicaSet"] if one["metadata"]["name"] == f"{name}-aaa"]
        templates = [one["spec"]["template"] for one in (ground.get("Deployment", name), *made)]
        for one in (*templates, *ground.pods(name)):
            one["spec"]["containers"][0].setdefault("env", []).append(dict(source))
    return ground


def log(ground: Ground, name: str, line: str) -> None:
    """Let every pod of a workload log a line half a minute ago."""
    tails = [
        LogTail(namespace=SHOP, pod=one["metadata"]["name"], container=name, text=f"{ago(seconds=30)} {line}")
        for one in ground.pods(name)
    ]
    ground.extra["logs"] = (*ground.extra.get("logs", ()), *tails)


def new_password(ground: Ground) -> None:
    """The database has a new password and the Secret holds it; the clients started with the old one."""
    ground.touch("Secret", "db")["data"] = {"password": "hash:2"}
    for name in CLIENTS:
        ground.fail(name, minutes=1.8)
        log(ground, name, f"ERROR {name}: {REFUSED}")
    log(ground, "postgres", 'FATAL:  password authentication failed for user "platform"')


def tenant(ground: Ground) -> Manifest:
    """A new Deployment of a higher class, with a pod on each node."""
    template = pod_template("redis", ())
    template["metadata"]["labels"] = {"app": "tenant"}
    made = deployment_of("tenant", template, 2)
    made["metadata"].update(creationTimestamp=ago(minutes=2), managedFields=[])
    ground.put("PriorityClass", {"metadata": meta("tenants", None), "value": 1000})
    ground.put("ReplicaSet", replica_set(made, "ttt", 1, template, 2))
    for at in range(2):
        ground.put("Pod", pod(made, "ttt", at, template, 2))
    return ground.put("Deployment", made)


def pushed_away(ground: Ground, minutes: float = 1.9) -> None:
    """The pods of user were preempted; those that replace them find no node."""
    for at, one in enumerate(ground.pods("user")):
        said = f"Preempted by pod uid-tenant-ttt-{at} on node node-{at + 1}"
        ground.event("Pod", one["metadata"]["name"], "Preempted", said, minutes, type="Normal")
        ground.drop("Pod", one["metadata"]["name"])
    user = ground.get("Deployment", "user")
    text = "0/2 nodes are available: 2 node(s) didn't satisfy existing pods anti-affinity rules."
    for at in (2, 3):
        made = pod(user, "aaa", at, user["spec"]["template"], 1.9)
        ground.put("Pod", unready(made, 1.9, unschedulable=text))
    ground.down("user", 1.9)


def preemption(ground: Ground) -> None:
    """A new tenant pushed the pods of user away."""
    tenant(ground)
    pushed_away(ground)


def load_test(ground: Ground) -> None:
    """A new Job asks auth for more than it can answer at once; nothing fails, everybody waits."""
    words = ["sh", "-c", "while true; do curl http://auth:3001/login; done"]
    spec = {
        "template": {"spec": {"containers": [{"name": "users", "image": "shop/tools:1", "command": words}]}}
    }
    ground.put("Job", {"metadata": meta("load-test"), "spec": spec, "status": {"active": 1}})
    ground.get("Job", "load-test")["metadata"]["creationTimestamp"] = ago(minutes=1)
    slow = Rates(service="auth", error_ratio=0.0, latency_seconds=4.2, latency_seconds_before=0.1)
    ground.extra["rates"] = (slow,)
    ground.extra["alerts"] = (alert("HighLatency", "auth"),)


def dead_scheduler(ground: Ground) -> None:
    """A restart of user waits for its first new pod, of which nobody says anything; the old ones serve."""
    user = ground.touch("Deployment", "user", 1.5)
    user["spec"]["template"]["metadata"]["annotations"] = {
        "kubectl.kubernetes.io/restartedAt": ago(minutes=1.5)
    }
    template = copy.deepcopy(user["spec"]["template"])
    ground.put("ReplicaSet", replica_set(user, "bbb", 2, template, 1.5))
    waiting = ground.put("Pod", pod(user, "bbb", 0, template, 1.5))
    del waiting["spec"]["nodeName"]
    waiting["status"] = {"phase": "Pending"}
    user["status"]["conditions"] = [condition("Progressing", "False", 0.4, "ProgressDeadlineExceeded")]


RARE = [
    pytest.param(new_password, "stale-env", "auth", id="pods that hold the old password"),
    pytest.param(preemption, "preempted", "tenant", id="pods pushed away by a tenant's"),
    pytest.param(load_test, "load-job", "load-test", id="a load test that makes users wait"),
    pytest.param(dead_scheduler, "control-plane-stalled", "kube-scheduler", id="pods that nobody places"),
]


def seen(change: Change, known: bool = True, good: bool = True) -> Diagnosis:
    """What is said about the broken shop."""
    ground = shop()
    baseline = ground.baseline() if good else None
    change(ground)
    return diagnose(ground.snapshot(), platform() if known else stranger(), baseline)


@pytest.mark.parametrize(("change", "cause", "about"), RARE)
@pytest.mark.parametrize("good", [False, True], ids=["from objects alone", "with a baseline"])
@pytest.mark.parametrize("known", [False, True], ids=["of strangers", "with a platform file"])
def test_the_right_cause_stands_first(
    change: Change, cause: str, about: str, good: bool, known: bool
) -> None:
    """Whatever is known of the platform beforehand."""
    first = seen(change, known, good).hypotheses[0]

    assert (first.cause, first.about.name) == (cause, about), first.reasons


def test_the_shop_is_healthy_before() -> None:
    """Nothing of what the pictures add is trouble by itself."""
    assert seen(lambda ground: None).hypotheses == ()


def test_only_those_who_hold_the_old_password_start_anew() -> None:
    """The database reads the Secret too, and is the one that refuses: a restart of it would be an outage of its own."""
    found = seen(new_password).hypotheses

    assert [one.cause for one in found] == ["stale-env"]
    assert found[0].repair is not None
    assert [str(one.action) for one in found[0].repair.changes] == [Action.RESTART] * 3
    assert [one.target.name for one in found[0].repair.changes] == list(CLIENTS)


def test_a_client_whose_log_nobody_read_starts_anew_with_the_others() -> None:
    """It holds the old password like them, and is not ready."""

    def unread(ground: Ground) -> None:
        new_password(ground)
        ground.extra["logs"] = tuple(one for one in ground.extra["logs"] if one.container != "scheduler")

    repair = seen(unread).hypotheses[0].repair

    assert repair is not None
    assert {one.target.name for one in repair.changes} == set(CLIENTS)


def test_a_password_that_new_pods_read_is_wrong_itself() -> None:
    """Their login is refused with what the Secret holds now: starting them once more helps nobody."""

    def started_anew(ground: Ground) -> None:
        new_password(ground)
        for name in CLIENTS:
            for one in ground.pods(name):
                one["status"]["containerStatuses"][0]["state"] = {"running": {"startedAt": ago(minutes=1)}}

    first = seen(started_anew).hypotheses[0]

    assert (first.cause, first.about.name) == ("config-drift", "db")
    assert first.repair is None


def test_the_tenant_is_held_and_stays() -> None:
    """Nobody deletes what may be meant; a person says so, since the risk is high."""
    repair = seen(preemption).hypotheses[0].repair

    assert repair is not None
    (change,) = repair.changes
    assert (change.action, change.target.name, change.patch[0]["value"]) == (Action.SCALE, "tenant", 0)
    assert change.risk == "high"


def test_a_tenant_of_old_is_left_alone() -> None:
    """It was there when all was well: who goes first was decided by somebody."""
    ground = shop()
    tenant(ground)["metadata"]["creationTimestamp"] = ago(days=30)
    baseline = ground.baseline()
    pushed_away(ground)

    first = diagnose(ground.snapshot(), platform(), baseline).hypotheses[0]

    assert (first.cause, first.about.name, first.repair) == ("preempted", "user", None)


def test_a_new_default_class_is_taken_back() -> None:
    """Then pods without a class push others away, and no tenant has asked for it."""

    def default(ground: Ground) -> None:
        preemption(ground)
        ground.get("PriorityClass", "tenants")["globalDefault"] = True

    first = seen(default).hypotheses[0]

    assert (first.cause, first.about.name) == ("preempted", "tenants")


def test_pods_that_are_pushed_away_again_and_again_never_wait_themselves() -> None:
    """Each new one is placed before the tenant's, and pushed away before it serves; the newest event counts."""

    def war(ground: Ground) -> None:
        tenant(ground)
        for one in ground.objects["Pod"]:
            if one["metadata"]["name"].startswith("tenant-"):
                one["spec"].pop("nodeName", None)
                unready(
                    one,
                    1,
                    unschedulable="0/2 nodes are available: 2 node(s) didn't match pod anti-affinity rules.",
                )
        ground.event(
            "Pod", "user-aaa-zz", "Preempted", "Preempted by pod of-a-drill on node node-1", 50, type="Normal"
        )
        for at, one in enumerate(ground.pods("user")):
            said = f"Preempted by pod uid-tenant-ttt-{at} on node node-{at + 1}"
            ground.event("Pod", one["metadata"]["name"], "Preempted", said, 0.2, type="Normal")
        ground.extra["rates"] = (Rates(service="user", error_ratio=0.4, requests_per_second=5),)

    first = seen(war).hypotheses[0]

    assert (first.cause, first.about.name) == ("preempted", "tenant"), first.reasons


def test_a_preemption_of_an_hour_ago_explains_nothing_now() -> None:
    """The cluster remembers events longer than they matter."""

    def long_ago(ground: Ground) -> None:
        tenant(ground)
        pushed_away(ground, minutes=60)

    assert "preempted" not in [one.cause for one in seen(long_ago).hypotheses]


def test_a_load_test_that_slows_nobody_is_no_cause() -> None:
    """Its name alone accuses it of nothing."""

    def harmless(ground: Ground) -> None:
        load_test(ground)
        ground.extra["rates"] = (Rates(service="auth", latency_seconds=0.1, latency_seconds_before=0.1),)

    assert seen(harmless).hypotheses == ()


def test_a_dead_scheduler_is_for_a_person() -> None:
    """Nothing that could be written would take effect before it runs."""
    assert [one.repair for one in seen(dead_scheduler).hypotheses] == [None]
