"""Another platform, without a platform file: what a Service sends where is taken for wrong only when it is."""

import copy

import pytest

from tests.outage.diagnosis.worlds.otel_demo import Bazaar
from tests.outage.diagnosis.worlds.otel_demo_faults import Change, crash, first, told
from tests.outage.diagnosis.worlds.otel_demo_objects import DAYS, named, pod_of, replica_set_of
from tests.outage.diagnosis.worlds.shop_objects import Manifest


def ports_of(bazaar: Bazaar, name: str, *ports: Manifest) -> None:
    """The only container of a component declares these ports, and always did."""
    bazaar.both(name)(lambda spec: spec["containers"][0].update(ports=list(ports)))
    for pod in bazaar.pods(name):
        pod["spec"]["containers"][0]["ports"] = list(ports)


def undeclared(bazaar: Bazaar) -> None:
    """A container declares only its metrics, and its Service has led to another port for days."""
    ports_of(bazaar, "cart", {"name": "metrics", "containerPort": 9090})


def native_sidecar(bazaar: Bazaar) -> None:
    """The named port belongs to a sidecar among the containers that start first."""
    undeclared(bazaar)
    proxy = {"name": "proxy", "restartPolicy": "Always", "ports": [{"name": "proxy", "containerPort": 15000}]}
    bazaar.pods("cart")[0]["spec"]["initContainers"] = [proxy]
    bazaar.touch("Service", "cart")["spec"]["ports"] = [{"port": 8080, "targetPort": "proxy"}]


def name_that_nobody_has(bazaar: Bazaar) -> None:
    """A Service has led to a name that no container has since the platform was made, and nobody misses it."""
    bazaar.get("Service", "cart")["spec"]["ports"].append({"port": 9090, "targetPort": "metrics"})


def both_protocols(bazaar: Bazaar) -> None:
    """One number is served in both protocols, and the container declares only one."""
    ports_of(bazaar, "kafka", {"name": "d", "containerPort": 9092, "protocol": "UDP"})
    both = [{"port": 9092, "targetPort": 9092, "protocol": one} for one in ("UDP", "TCP")]
    bazaar.touch("Service", "kafka")["spec"]["ports"] = both


def another_protocol_of_old(bazaar: Bazaar) -> None:
    """A container has declared the other protocol for days."""
    ports_of(bazaar, "kafka", {"name": "d", "containerPort": 9092, "protocol": "UDP"})


def second_workload(bazaar: Bazaar, name: str, **marks: str) -> None:
    """Another workload runs the program of cart; the Service of cart selects both, and was edited."""
    other = copy.deepcopy(bazaar.workload("cart"))
    other["metadata"].update(name=name, uid=f"uid-{name}")
    other["spec"]["template"]["metadata"]["labels"].update(marks)
    bazaar.put("Deployment", other)
    bazaar.put("ReplicaSet", replica_set_of(other, "6b7c8d", 1, DAYS))
    bazaar.put("Pod", pod_of(other, "6b7c8d", "k2", DAYS))
    bazaar.endpoints("cart")


def canary(bazaar: Bazaar) -> None:
    """A Service stands before the stable edition and its canary, and was edited four minutes ago."""
    for one in (bazaar.workload("cart"), *bazaar.pods("cart")):
        dict_of_labels = one["spec"]["template"]["metadata"] if "template" in one["spec"] else one["metadata"]
        dict_of_labels["labels"]["track"] = "stable"
    second_workload(bazaar, "cart-canary", track="canary")
    bazaar.touch("Service", "cart")


def foreign_of_yesterday(bazaar: Bazaar) -> None:
    """A Service has selected another workload too for ten hours, and nobody complains."""
    second_workload(bazaar, "cart-worker", **{"app.kubernetes.io/component": "worker"})
    bazaar.touch("Service", "cart", 600)


def action(bazaar: Bazaar) -> None:
    """A backend of an Ingress names an action of the load balancer."""
    jump = {"service": {"name": "ssl-redirect", "port": {"name": "use-annotation"}}}
    app = {"service": {"name": "frontend-proxy", "port": {"number": 8080}}}
    paths = [{"path": "/*", "backend": jump}, {"path": "/", "backend": app}]
    bazaar.put("Ingress", {"metadata": named("web"), "spec": {"rules": [{"http": {"paths": paths}}]}})


def name_outside(bazaar: Bazaar) -> None:
    """An Ingress leads to a name outside, which lists no ports."""
    outside = {"type": "ExternalName", "externalName": "docs.example.com"}
    bazaar.put("Service", {"metadata": named("docs"), "spec": outside})
    backend = {"service": {"name": "docs", "port": {"number": 443}}}
    rules = [{"http": {"paths": [{"path": "/docs", "backend": backend}]}}]
    bazaar.put("Ingress", {"metadata": named("web"), "spec": {"rules": rules}})


QUIET = [
    undeclared,
    native_sidecar,
    name_that_nobody_has,
    both_protocols,
    another_protocol_of_old,
    canary,
    foreign_of_yesterday,
    action,
    name_outside,
]


@pytest.mark.parametrize("change", [pytest.param(one, id=str(one.__doc__)) for one in QUIET])
def test_a_service_that_serves_is_not_accused(change: Change) -> None:
    """What a container declares is documentation, and editions of one program may share a Service."""
    said = told(change)

    assert [(one.cause, one.about.name, one.reasons) for one in said.hypotheses] == []
    assert said.assessment.impact.routes_dead == ()


@pytest.mark.parametrize("ill", ["payment", "checkout"])
@pytest.mark.parametrize(
    "quiet",
    [
        pytest.param(one, id=str(one.__doc__))
        for one in (undeclared, name_that_nobody_has, another_protocol_of_old, foreign_of_yesterday)
    ],
)
def test_a_service_as_it_always_was_is_not_accused_of_another_workloads_crash(
    quiet: Change, ill: str
) -> None:
    """Neither when what crashes has nothing to do with it, nor when a caller crashes for its own reason."""

    def change(bazaar: Bazaar) -> None:
        quiet(bazaar)
        crash(bazaar, ill, "fails")
        bazaar.log(ill, "Traceback: KeyError FOO", previous=True)

    assert {one.cause for one in told(change).hypotheses} == {"application-error"}


def complained_of(bazaar: Bazaar) -> None:
    """A caller complains of a Service that leads to a port which its pods do not declare."""
    bazaar.get("Service", "cart")["spec"]["ports"][0]["targetPort"] = 9999
    bazaar.log("frontend", "Error: 14 UNAVAILABLE: connect ECONNREFUSED 10.96.4.4:8080")


def rolled(bazaar: Bazaar) -> None:
    """The new pods serve under another name than their Service leads to."""
    bazaar.get("Service", "cart")["spec"]["ports"][0]["targetPort"] = "service"
    bazaar.container("cart")["ports"] = [{"name": "http", "containerPort": 8080}]
    bazaar.patched("cart", healthy=True)
    bazaar.status("cart", 1)
    bazaar.endpoints("cart", 0)


def other_protocol(bazaar: Bazaar) -> None:
    """A Service was edited to speak another protocol."""
    bazaar.touch("Service", "cart")["spec"]["ports"][0]["protocol"] = "UDP"


def foreign(bazaar: Bazaar) -> None:
    """A Service was edited to select another workload too."""
    second_workload(bazaar, "cart-worker", **{"app.kubernetes.io/component": "worker"})
    bazaar.touch("Service", "cart")


BROKEN = [
    (complained_of, "service-target-port", "8080"),
    (rolled, "service-target-port", "http"),
    (other_protocol, "service-protocol", "TCP"),
    (foreign, "service-selects-foreign", "cart"),
]


@pytest.mark.parametrize(
    ("change", "cause", "wanted"), [pytest.param(*one, id=str(one[0].__doc__)) for one in BROKEN]
)
def test_a_service_that_lost_its_pods_is_put_right(change: Change, cause: str, wanted: str) -> None:
    """Edited just now, complained of, or left behind by its pods."""
    one = first(change)

    assert (one.cause, one.about.name, one.wanted) == (cause, "cart", wanted), one.reasons
    assert one.repair is not None


def test_nobody_is_sent_to_the_port_of_the_metrics() -> None:
    """The only declared port is not the one that callers want."""

    def change(bazaar: Bazaar) -> None:
        undeclared(bazaar)
        bazaar.log("frontend", "Error: 14 UNAVAILABLE: connect ECONNREFUSED 10.96.4.4:8080")

    named_first = [one for one in told(change).hypotheses if one.cause == "service-target-port"]

    assert [one.repair for one in named_first] == [None]
