"""Pods without a node, where the scheduler names why and Nodes may not be read: innocent ones first."""

import copy
from collections.abc import Callable
from datetime import timedelta

import pytest

from outage.diagnosis.hypothesis import Diagnosis
from tests.outage.diagnosis.worlds.diagnosed import diagnose
from tests.outage.diagnosis.worlds.otel_demo import Bazaar, stranger
from tests.outage.diagnosis.worlds.otel_demo_faults import NO_PLACE
from tests.outage.diagnosis.worlds.otel_demo_objects import DAYS, NAME, named, revision_of
from tests.outage.diagnosis.worlds.shop_objects import Manifest

Change = Callable[[Bazaar], object]
SPREAD = {"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule"}
NEAR_A_CACHE = {"labelSelector": {"matchLabels": {"app": "cache"}}, "topologyKey": "kubernetes.io/hostname"}
TOGETHER = {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [NEAR_A_CACHE]}}


def said(change: Change, nodes: bool = False) -> Diagnosis:
    """What one who sees the namespace only, or the nodes too, is told."""
    bazaar = Bazaar()
    change(bazaar)
    seen = bazaar.snapshot()
    kept = {kind: some for kind, some in seen.objects.items() if nodes or kind != "Node"}
    return diagnose(seen.model_copy(update={"objects": kept}), stranger())


def _template(text: str, how: str = "patched", **fields: object) -> Change:
    def change(bazaar: Bazaar) -> None:
        bazaar.spec("cart").update(fields)
        getattr(bazaar, how)("cart", unschedulable=NO_PLACE + text)

    return change


def _container(text: str, how: str = "patched", **resources: object) -> Change:
    def change(bazaar: Bazaar) -> None:
        bazaar.container("cart")["resources"] = resources
        getattr(bazaar, how)("cart", unschedulable=NO_PLACE + text)

    return change


def _init(how: str) -> Change:
    large = {"name": "init", "image": "x", "resources": {"requests": {"memory": "64Gi"}}}
    return _template("2 Insufficient memory.", how, initContainers=[large])


def _said_only(text: str) -> Change:
    return lambda bazaar: bazaar.fails("cart", unschedulable=NO_PLACE + text)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(
            _template("2 node(s) didn't match pod topology spread constraints."), id="nothing was changed"
        ),
        pytest.param(
            _template("2 Insufficient memory.", topologySpreadConstraints=[SPREAD]),
            id="it complains of another thing than what was changed",
        ),
        pytest.param(_said_only("2 Insufficient memory."), id="the nodes are full"),
        pytest.param(_said_only("2 Insufficient nvidia.com/gpu."), id="the devices are taken by others"),
    ],
)
def test_no_template_is_accused_that_the_scheduler_does_not_speak_of(change: Change) -> None:
    """Nothing is put back, and the scheduler is quoted, not the number of pods that are missing."""
    one = said(change).hypotheses[0]

    assert (one.cause, one.repair) == ("unknown", None)
    assert "no node takes it" in one.says
    assert one.about.name == "cart"


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        pytest.param(
            _template(
                "2 node(s) didn't match pod topology spread constraints (missing required label).",
                topologySpreadConstraints=[SPREAD | {"labelSelector": {"matchLabels": {NAME: "cart"}}}],
            ),
            "bad-template",
            id="topology spread",
        ),
        pytest.param(
            _template("2 node(s) didn't match pod affinity rules.", affinity=TOGETHER),
            "bad-template",
            id="affinity to other pods",
        ),
        pytest.param(
            _container("2 Insufficient nvidia.com/gpu.", limits={"memory": "120Mi", "nvidia.com/gpu": "1"}),
            "request-too-large",
            id="a device",
        ),
        pytest.param(_init("patched"), "request-too-large", id="an init container that asks for more"),
    ],
)
@pytest.mark.parametrize("nodes", [True, False], ids=["nodes seen", "nodes unseen"])
def test_what_the_scheduler_complains_of_is_put_back_as_history_has_it(
    change: Change, cause: str, nodes: bool
) -> None:
    """The older template differs in just that."""
    one = said(change, nodes).hypotheses[0]

    assert (one.cause, one.about.name) == (cause, "cart"), one.reasons
    assert one.repair is not None
    assert [each.target.name for each in one.repair.changes] == ["cart"]


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        pytest.param(_said_only("2 node(s) were unschedulable."), "node-cordoned", id="cordoned"),
        pytest.param(
            _said_only("2 node(s) had untolerated taint {dedicated: gpu}."), "node-tainted", id="taint"
        ),
        pytest.param(
            _said_only("2 node(s) had untolerated taint {node.kubernetes.io/disk-pressure: }."),
            "node-tainted",
            id="disk pressure",
        ),
        pytest.param(
            _said_only("2 node(s) had untolerated taint {node.kubernetes.io/unreachable: }."),
            "node-not-ready",
            id="unreachable",
        ),
        pytest.param(
            _container("2 Insufficient memory.", "recreated", limits={"memory": "64Gi"}),
            "request-too-large",
            id="a limit without a request, far above its siblings",
        ),
        pytest.param(_init("recreated"), "request-too-large", id="an init container, far above its siblings"),
    ],
)
def test_the_scheduler_is_believed_about_nodes_that_may_not_be_seen(change: Change, cause: str) -> None:
    """It has seen them; nothing is offered, for nobody knows which they are."""
    one = said(change).hypotheses[0]

    assert (one.cause, one.about.name, one.repair) == (cause, "cart", None), one.reasons
    assert one.evidence_against


@pytest.mark.parametrize("how", ["limit", "init"])
def test_with_nodes_in_sight_limits_and_init_containers_count_as_asked(how: str) -> None:
    """But what they need is not for us to guess."""
    limited = _container("2 Insufficient memory.", "recreated", limits={"memory": "64Gi"})

    one = said(limited if how == "limit" else _init("recreated"), nodes=True).hypotheses[0]

    assert (one.cause, one.repair) == ("request-too-large", None)


def _gated(bazaar: Bazaar) -> Manifest:
    pod = bazaar.fails("payment", unschedulable="held")[0]
    pod["status"]["conditions"] = [{"type": "PodScheduled", "status": "False", "reason": "SchedulingGated"}]
    pod["spec"]["schedulingGates"] = [{"name": "shop.test/wait"}]
    return pod


def test_a_gate_is_no_fault_of_the_scheduler() -> None:
    """Somebody holds the pod back, and only the gate is named."""
    found = said(lambda bazaar: _gated(bazaar)).hypotheses

    assert [one.cause for one in found] == ["unknown"]
    assert "scheduling gate shop.test/wait" in found[0].says


def test_a_gate_in_a_jobs_pod_is_how_queues_work() -> None:
    """It waits for its turn."""

    def change(bazaar: Bazaar) -> None:
        pod = _gated(bazaar)
        pod["metadata"]["ownerReferences"] = [{"kind": "Job", "name": "report-1", "controller": True}]

    assert not [one for one in said(change).findings if one.sign in ("pod-gated", "pod-unscheduled")]


@pytest.mark.parametrize(
    "fields",
    [{"schedulerName": "nobody"}, {"schedulingGates": [{"name": "shop.test/wait"}]}],
    ids=["schedulerName", "schedulingGates"],
)
def test_a_changed_field_that_keeps_the_scheduler_away_is_put_back(fields: Manifest) -> None:
    """History tells who used to place the pods."""

    def change(bazaar: Bazaar) -> None:
        bazaar.spec("cart").update(fields)
        pod = bazaar.patched("cart", unschedulable="nobody looked")[0]
        pod["status"]["conditions"] = []

    one = said(change).hypotheses[0]

    assert (one.cause, one.about.name) == ("bad-template", "cart"), one.reasons
    assert one.repair is not None


def _daemon(bazaar: Bazaar, called: bool, wanted: int = 0) -> None:
    """A DaemonSet got a node selector four minutes ago, and its history has none."""
    lab = {NAME: "proxy"}
    template = {"metadata": {"labels": lab}, "spec": {"containers": [{"name": "p", "image": "x"}]}}
    spec: Manifest = {"selector": {"matchLabels": lab}, "template": template}
    status = {"desiredNumberScheduled": wanted, "numberReady": wanted, "observedGeneration": 2}
    old: Manifest = {"kind": "DaemonSet", "metadata": named("proxy"), "spec": spec, "status": status}
    live = copy.deepcopy(old)
    live["spec"]["template"]["spec"]["nodeSelector"] = {"disk": "nvme"}
    bazaar.put("DaemonSet", live)
    bazaar.put("ControllerRevision", revision_of(old, 1, DAYS))
    bazaar.put("ControllerRevision", revision_of(live, 2, timedelta(minutes=4)))
    bazaar.touch("DaemonSet", "proxy")
    port = {"port": 8080, "targetPort": 8080}
    bazaar.put("Service", {"metadata": named("proxy"), "spec": {"selector": lab, "ports": [port]}})
    if called:
        address = {"name": "PROXY_ADDR", "value": "proxy:8080"}
        bazaar.both("frontend")(lambda pod: pod["containers"][0]["env"].append(address))
        bazaar.log("frontend", "error: connect proxy:8080 connection refused")
    if wanted:
        bazaar.endpoints("proxy", wanted)


def test_a_daemon_set_that_serves_keeps_its_selector() -> None:
    """A selector is how it is told where to run."""
    found = said(lambda bazaar: _daemon(bazaar, called=True, wanted=2)).hypotheses

    assert not [one for one in found if one.repair]


def test_a_daemon_set_that_is_meant_for_no_node_any_more_is_put_back_when_it_is_missed() -> None:
    """It has no pod that could complain; its callers do."""
    one = said(lambda bazaar: _daemon(bazaar, called=True)).hypotheses[0]

    assert (one.cause, one.about.name) == ("node-selector-unmatched", "proxy"), one.reasons
    assert one.repair is not None
    assert one.repair.changes[0].target.kind == "DaemonSet"
