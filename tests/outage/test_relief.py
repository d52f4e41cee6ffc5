"""The runbook's ways to ease an outage: each only when its precondition can be seen, each with its exact write."""

import copy
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from outage.causes import Cause
from outage.diagnosis import diagnose
from outage.hypothesis import Action, Hypothesis, Risk
from outage.incident import Incident
from outage.objects import ObjectRef
from outage.planning import plan_for, targets
from outage.platform import Endpoint, Ingress, Platform, Slots
from outage.relief import is_relief, reliefs, untried
from outage.relief.page import HEALS_NOTHING
from outage.severity import Severity
from outage.snapshot import DatabaseView, Probe, Rates, Session, Usage
from tests.outage.diagnosis.world import (
    CALLS,
    NOON,
    SHOP,
    Ground,
    ago,
    condition,
    deployment_of,
    meta,
    pod,
    pod_template,
    replica_set,
    service,
    unready,
)
from tests.outage.diagnosis.world import platform as shop

URLS = {name: f"https://api.shop.test/{name}/health" for name in ("auth", "user", "scheduler", "content")}
Break = Callable[[Ground], None]


def platform() -> Platform:
    """The shop with a blue-green pair, user-facing endpoints and a maintenance page."""
    return shop().model_copy(
        update={
            "slots": (Slots(service="auth", slots={"blue": "deployment/auth", "green": "deployment/green"}),),
            "endpoints": tuple(Endpoint(url=url, service=name) for name, url in URLS.items()),
            "ingress": Ingress(name="shop-ingress", maintenance_service="sorry"),
        }
    )


def seen(ground: Ground, of: Platform | None = None) -> tuple[Hypothesis, ...]:
    """What is offered for the ground as it is."""
    of, picture = of or platform(), ground.snapshot()
    return reliefs(diagnose(picture, of), picture, of)


def offered(ground: Ground, action: Action, target: str, of: Platform | None = None) -> Hypothesis | None:
    """The relief that does this to that object, or None."""
    return next((one for one in seen(ground, of) if written(one) == (action, target)), None)


def written(relief: Hypothesis) -> tuple[Action, str]:
    """What the only change of a relief does to which object."""
    assert relief.repair is not None
    (change,) = relief.repair.changes
    return change.action, f"{change.target.kind}/{change.target.name}"


def patch_of(relief: Hypothesis | None) -> list[dict[str, Any]]:
    """The patch of the only change."""
    assert relief is not None
    assert relief.repair is not None
    return list(relief.repair.changes[0].patch)


def risk_of(relief: Hypothesis) -> Risk:
    """The risk of the only change."""
    assert relief.repair is not None
    return relief.repair.changes[0].risk


def shows(ground: Ground, **more: Any) -> None:
    """Add to what the picture holds beside objects."""
    ground.extra.update(more)


# ---- healthy first


def nothing(_: Ground) -> None:
    """Change nothing."""


def busy_and_content(ground: Ground) -> None:
    """Every pod uses its whole CPU, and nobody waits."""
    hot(ground)
    shows(ground, rates=())


def cordoned(ground: Ground) -> None:
    """A node is cordoned, and everything still runs."""
    ground.get("Node", "node-2")["spec"]["unschedulable"] = True


def blind(ground: Ground) -> None:
    """Nothing could be listed."""
    ground.objects.clear()


@pytest.mark.parametrize("change", [nothing, busy_and_content, cordoned, blind])
def test_a_platform_that_hurts_nobody_is_left_alone(change: Break) -> None:
    """An empty view is no reason to act either."""
    ground = pair(Ground())
    page(ground)
    change(ground)

    assert seen(ground) == ()


def test_the_label_of_an_alert_alone_eases_nothing() -> None:
    """A floor of P0 raises the severity, and routes nobody away."""
    ground = Ground()
    page(ground)
    picture = ground.snapshot()

    assert reliefs(diagnose(picture, platform(), floor=Severity.P0), picture, platform()) == ()


# ---- blue-green


def pair(ground: Ground, hung: bool = False) -> Ground:
    """Make auth the blue slot (hung or well) and stand a ready green one beside it."""
    if hung:
        ground.fail("auth")
    blue = {"deployment-slot": "blue"}
    ground.get("Deployment", "auth")["spec"]["template"]["metadata"]["labels"].update(blue)
    ground.get("ReplicaSet", "auth-aaa")["spec"]["template"]["metadata"]["labels"].update(blue)
    for one in ground.pods("auth"):
        one["metadata"]["labels"].update(blue)
    ground.get("Service", "auth")["spec"]["selector"] |= blue
    template = pod_template("auth", CALLS["auth"])
    template["metadata"]["labels"]["deployment-slot"] = "green"
    template["spec"]["containers"][0]["image"] = "shop/auth:0.9"
    green = ground.put("Deployment", deployment_of("green", template, 1))
    ground.put("ReplicaSet", replica_set(green, "aaa", 1, template))
    ground.put("Pod", pod(green, "aaa", 0, template))
    return ground


def test_users_are_led_to_the_slot_that_is_ready() -> None:
    """The runbook's own patch, and nothing else; the slot's smaller size is said."""
    found = offered(pair(Ground(), hung=True), Action.PATCH, "Service/auth")

    assert patch_of(found) == [{"op": "replace", "path": "/spec/selector/deployment-slot", "value": "green"}]
    assert found is not None
    assert (found.field, found.live, found.wanted) == ("spec.selector.deployment-slot", "blue", "green")
    assert risk_of(found) is Risk.MEDIUM
    assert found.onset == NOON - timedelta(minutes=2)
    assert "deployment/green in shop: all 1 pods are ready and none restarts" in found.evidence_for[-1]
    assert found.evidence_against == ("green has 1 pods, auth should have 2: it may be slow",)


def test_a_label_with_a_slash_is_escaped_in_the_pointer() -> None:
    """Kubernetes labels have prefixes, JSON pointers have slashes."""
    ground = pair(Ground(), hung=True)
    for one in ("auth-aaa-0", "auth-aaa-1", "green-aaa-0"):
        labels = ground.get("Pod", one)["metadata"]["labels"]
        labels["shop.test/slot"] = labels["deployment-slot"]
    ground.get("Service", "auth")["spec"]["selector"] = {"app": "auth", "shop.test/slot": "blue"}
    slots = platform().slots[0].model_copy(update={"label": "shop.test/slot"})
    of = platform().model_copy(update={"slots": (slots,)})

    found = offered(ground, Action.PATCH, "Service/auth", of)

    assert patch_of(found)[0]["path"] == "/spec/selector/shop.test~1slot"


def green_unready(ground: Ground) -> None:
    """The other slot is not ready."""
    unready(ground.get("Pod", "green-aaa-0"))
    ground.get("Deployment", "green")["status"].update(readyReplicas=0)


def green_parked(ground: Ground) -> None:
    """The other slot has no pods."""
    ground.get("Deployment", "green")["spec"]["replicas"] = 0


def green_gone(ground: Ground) -> None:
    """The other slot does not exist."""
    ground.drop("Deployment", "green")


def green_restarts(ground: Ground) -> None:
    """The other slot's pod restarted a moment ago."""
    status = ground.get("Pod", "green-aaa-0")["status"]["containerStatuses"][0]
    status["restartCount"] = 1
    status["lastState"] = {"terminated": {"exitCode": 1, "reason": "Error", "finishedAt": ago(minutes=1)}}


def green_elsewhere(ground: Ground) -> None:
    """The Service would not select the other slot's pods."""
    ground.get("Service", "auth")["spec"]["selector"]["tier"] = "gold"
    for one in ground.pods("auth"):
        one["metadata"]["labels"]["tier"] = "gold"


def green_other_port(ground: Ground) -> None:
    """The other slot does not have the port that the Service sends to."""
    ground.get("Pod", "green-aaa-0")["spec"]["containers"][0]["ports"][0]["name"] = "web"


def neither_slot(ground: Ground) -> None:
    """The Service selects no slot of the pair."""
    ground.get("Service", "auth")["spec"]["selector"].pop("deployment-slot")


def service_gone(ground: Ground) -> None:
    """The Service is not there."""
    ground.drop("Service", "auth")


def dependency_down(ground: Ground) -> None:
    """What both slots wait for does not answer."""
    ground.fail("postgres")


@pytest.mark.parametrize(
    "change",
    [
        *(green_unready, green_parked, green_gone, green_restarts, green_elsewhere, green_other_port),
        *(neither_slot, service_gone, dependency_down),
    ],
)
def test_nobody_is_led_to_a_slot_that_may_not_serve(change: Break) -> None:
    """A switch to pods that fail makes a complete outage of a partial one."""
    ground = pair(Ground(), hung=True)
    change(ground)

    assert offered(ground, Action.PATCH, "Service/auth") is None


# ---- restart


def hung(ground: Ground) -> None:
    """The pods of user run, and no longer become ready."""
    ground.fail("user")


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


# ---- scale


def hot(ground: Ground, cores: float = 0.099, limit: str | None = "100m") -> None:
    """The pods of auth use all of their CPU, and their users wait and fail."""
    templates = [ground.get("Deployment", "auth")["spec"]["template"]["spec"]]
    templates += [ground.get("ReplicaSet", "auth-aaa")["spec"]["template"]["spec"]]
    for spec in [*templates, *(one["spec"] for one in ground.pods("auth"))]:
        spec["containers"][0]["resources"]["requests"]["cpu"] = "100m"
        if limit:
            spec["containers"][0]["resources"]["limits"]["cpu"] = limit
    names = [one["metadata"]["name"] for one in ground.pods("auth")]
    usage = [Usage(kind="Pod", name=n, namespace=SHOP, cpu_cores=cores, memory_bytes=1) for n in names]
    rates = Rates(service="auth", error_ratio=0.1, latency_seconds=3.0, latency_seconds_before=0.1)
    view = DatabaseView(name="shop", latency_seconds=0.01, max_connections=100, connections=20)
    shows(ground, usage=tuple(usage), rates=(rates,), database=view)


def autoscaled(ground: Ground, most: int = 2, now: int = 2, active: str = "True") -> None:
    """An autoscaler owns auth."""
    target = {"kind": "Deployment", "name": "auth"}
    status = {
        "currentReplicas": now,
        "conditions": [
            condition("ScalingActive", active, 60, "ValidMetricFound"),
            condition("ScalingLimited", "True", 5, "TooManyReplicas"),
        ],
    }
    spec = {"scaleTargetRef": target, "minReplicas": 1, "maxReplicas": most}
    ground.put("HorizontalPodAutoscaler", {"metadata": meta("auth-hpa"), "spec": spec, "status": status})


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


# ---- drain


def lost(ground: Ground, minutes: float = 2) -> Ground:
    """The node node-2 fell silent; the pods on it are not ready any more."""
    state = condition(
        "Ready", "Unknown", minutes, "NodeStatusUnknown", "Kubelet stopped posting node status."
    )
    ground.get("Node", "node-2")["status"]["conditions"] = [state]
    for name in ("auth", "user", "scheduler", "content"):
        unready(ground.pods(name)[1], minutes)
        ground.get("Deployment", name)["status"].update(readyReplicas=1, availableReplicas=1)
    return ground


def test_a_dead_node_lets_its_pods_go_where_there_is_room() -> None:
    """It is named after a workload that it frees: cordoning the node is another plan of the same cause."""
    ground = lost(Ground())

    found = offered(ground, Action.DRAIN, "Node/node-2")

    assert found is not None
    assert (found.key, risk_of(found)) == ("node-not-ready:Deployment/shop/auth", Risk.HIGH)
    assert found.onset == NOON - timedelta(minutes=2)
    assert "4 pods without data are on it" in " ".join(found.evidence_for)


def owned_by(ground: Ground, kind: str | None) -> None:
    """One pod of the node has another owner."""
    lost(ground)
    owners = [{"kind": kind, "name": "x", "controller": True}] if kind else []
    ground.pods("auth")[1]["metadata"]["ownerReferences"] = owners


def stateful(ground: Ground) -> None:
    """One pod of the node belongs to a StatefulSet."""
    owned_by(ground, "StatefulSet")


def orphan(ground: Ground) -> None:
    """Nobody would make one pod of the node anew."""
    owned_by(ground, None)


def claimed(ground: Ground) -> None:
    """One pod of the node keeps data on a volume."""
    lost(ground)
    ground.pods("auth")[1]["spec"]["volumes"] = [{"name": "d", "persistentVolumeClaim": {"claimName": "d"}}]


def no_room(ground: Ground) -> None:
    """The other node is full."""
    lost(ground)
    ground.get("Node", "node-1")["status"]["allocatable"]["pods"] = "9"


def only_just(ground: Ground) -> None:
    """The node fell silent a moment ago."""
    lost(ground, minutes=0.5)


def both_nodes(ground: Ground) -> None:
    """All nodes at once: it is not the nodes."""
    lost(ground)
    ground.get("Node", "node-1")["status"]["conditions"] = [condition("Ready", "Unknown", 2)]


def leaving(ground: Ground) -> None:
    """Its pods are being let go already."""
    lost(ground)
    for name in ("auth", "user", "scheduler", "content"):
        ground.pods(name)[1]["metadata"]["deletionTimestamp"] = ago(minutes=1)


def chosen_node(ground: Ground) -> None:
    """One pod wants that very node."""
    lost(ground)
    ground.pods("auth")[1]["spec"]["nodeSelector"] = {"kubernetes.io/hostname": "node-2"}


@pytest.mark.parametrize(
    "change", [stateful, orphan, claimed, no_room, only_just, both_nodes, leaving, chosen_node]
)
def test_a_node_keeps_pods_that_would_be_lost_or_homeless(change: Break) -> None:
    """A drain takes every pod, so one that must stay forbids it."""
    ground = Ground()
    change(ground)

    assert offered(ground, Action.DRAIN, "Node/node-2") is None


# ---- maintenance page


def page(ground: Ground, ready: int = 1, port: str = "http") -> None:
    """Stand a maintenance page ready."""
    ground.put("Service", service("sorry", 8080))["spec"]["ports"][0]["name"] = port
    ground.endpoints("sorry", ready)


def probes(failing: tuple[str, ...], status: int | None = 503) -> tuple[Probe, ...]:
    """What users get, by service."""
    return tuple(
        Probe(url=url, service=name, status=status if name in failing else 200, seconds=0.1)
        for name, url in URLS.items()
    )


def all_down(ground: Ground, status: int | None = 503) -> Ground:
    """No user is answered."""
    page(ground)
    shows(ground, probes=probes(tuple(URLS), status))
    return ground


def to_page(*paths: int) -> list[dict[str, Any]]:
    """The runbook's patch for these paths of the first rule."""
    stem = "/spec/rules/0/http/paths"
    return [{"op": "replace", "path": f"{stem}/{at}/backend/service/name", "value": "sorry"} for at in paths]


def test_at_p0_users_get_a_page() -> None:
    """The last way, and honest about what it is."""
    found = seen(all_down(Ground()))[-1]

    assert patch_of(found) == to_page(0, 1, 2, 3)
    assert risk_of(found) is Risk.HIGH
    assert found.repair is not None
    assert HEALS_NOTHING in found.repair.summary
    assert HEALS_NOTHING in found.evidence_against


def test_only_the_failing_paths_lead_to_the_page() -> None:
    """When the main path serves nobody, who is served elsewhere stays served."""
    ground = Ground()
    page(ground)
    ground.get("Ingress", "shop-ingress")["spec"]["rules"][0]["http"]["paths"][1]["path"] = "/"
    shows(ground, probes=probes(("user",)))

    assert patch_of(offered(ground, Action.PATCH, "Ingress/shop-ingress")) == to_page(1)


def test_the_port_follows_when_the_page_has_another_one() -> None:
    """A backend with a port that its Service lacks answers nobody."""
    ground = all_down(Ground())
    ground.get("Service", "sorry")["spec"]["ports"][0]["name"] = "web"

    patch = patch_of(offered(ground, Action.PATCH, "Ingress/shop-ingress"))

    assert patch[:2] == [
        *to_page(0),
        {
            "op": "replace",
            "path": "/spec/rules/0/http/paths/0/backend/service/port",
            "value": {"number": 8080},
        },
    ]


def some_fail(ground: Ground) -> None:
    """One path fails, and it is not the main one."""
    page(ground)
    shows(ground, probes=probes(("user",)))


def page_down(ground: Ground) -> None:
    """The page itself has no ready endpoint."""
    all_down(ground)
    ground.endpoints("sorry", 0)


def page_unseen(ground: Ground) -> None:
    """Nobody could look at endpoints."""
    all_down(ground)
    del ground.objects["EndpointSlice"]


def page_missing(ground: Ground) -> None:
    """The page's Service is not there."""
    all_down(ground)
    ground.drop("Service", "sorry")


def ingress_missing(ground: Ground) -> None:
    """The Ingress is not there."""
    all_down(ground)
    ground.drop("Ingress", "shop-ingress")


def way_in_down(ground: Ground) -> None:
    """The ingress gives no answer at all: it would show no page either."""
    all_down(ground, status=None)


def on_the_page(ground: Ground) -> None:
    """Users get the page already."""
    all_down(ground)
    for one in ground.get("Ingress", "shop-ingress")["spec"]["rules"][0]["http"]["paths"]:
        one["backend"]["service"]["name"] = "sorry"


@pytest.mark.parametrize(
    "change",
    [some_fail, page_down, page_unseen, page_missing, ingress_missing, way_in_down, on_the_page],
)
def test_nobody_is_routed_away_without_need(change: Break) -> None:
    """A page that fails, or hides what works, makes it worse."""
    ground = Ground()
    change(ground)

    assert offered(ground, Action.PATCH, "Ingress/shop-ingress") is None


# ---- all of them together


def everything(ground: Ground) -> Ground:
    """One slot hangs, a node is lost elsewhere, and no user is answered."""
    pair(ground, hung=True)
    return all_down(ground)


def test_the_least_harmful_way_comes_first_and_every_key_is_its_own() -> None:
    """The record knows a plan by the key of what it heals, so two must never share one."""
    picture = everything(Ground()).snapshot()
    diagnosis = diagnose(picture, platform())

    found = reliefs(diagnosis, picture, platform())

    assert [written(one) for one in found] == [
        (Action.PATCH, "Service/auth"),
        (Action.RESTART, "Deployment/auth"),
        (Action.PATCH, "Ingress/shop-ingress"),
    ]
    keys = [one.key for one in (*diagnosis.hypotheses, *found)]
    assert len(keys) == len(set(keys))
    assert {one.cause for one in found} <= set(Cause)
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
    assert all(is_relief(one) and one.score < 0.25 for one in found)
    assert not any(is_relief(one) for one in diagnosis.hypotheses)


def test_a_relief_goes_the_way_of_every_plan_and_is_not_tried_twice() -> None:
    """Also when the next investigation names another cause for it."""
    ground = everything(Ground())
    first, *rest = seen(ground)
    live: dict[ObjectRef, Any] = {}
    for target in targets(first):
        live[target] = copy.deepcopy(ground.get(target.kind, target.name))
    incident = Incident(id="inc-1", key="shop", title="shop", opened_at=NOON)
    plan = plan_for(first, incident, 1, live, NOON)
    renamed = first.model_copy(update={"cause": Cause.APPLICATION_ERROR.value})

    assert plan.steps[0].key == "1-patch-service-auth"
    assert untried([renamed, *rest], [plan]) == tuple(rest)
