"""Routine changes on a platform on which all is well: nobody is accused of having changed what serves as before.

Each innocent stands beside a change of the same object that must still be found.
"""

import copy
from collections.abc import Callable

import pytest

from outage.diagnosis.calls.mentions import address_mentions
from outage.diagnosis.hypothesis import Diagnosis
from outage.snapshots.case import Case
from tests.outage.diagnosis.rules.test_regressions import rolled
from tests.outage.diagnosis.worlds.diagnosed import diagnose
from tests.outage.diagnosis.worlds.otel_demo import Bazaar, stranger
from tests.outage.diagnosis.worlds.otel_demo_faults import Change, told
from tests.outage.diagnosis.worlds.otel_demo_objects import DAYS, NAME, named, pod_of, replica_set_of
from tests.outage.diagnosis.worlds.shop_objects import Manifest

METRICS = {"name": "metrics", "port": 9100, "protocol": "TCP", "targetPort": 9100}


def since_the_baseline(change: Change, before: Change | None = None) -> Diagnosis:
    """What is said of a change to what a baseline knows."""
    bazaar = Bazaar()
    if before:
        before(bazaar)
    known = bazaar.baseline()
    change(bazaar)
    return diagnose(bazaar.snapshot(), stranger(), known)


def service(name: str, how: Callable[[Manifest], None]) -> Change:
    """Somebody edited a Service four minutes ago."""
    return lambda bazaar: how(bazaar.touch("Service", name)["spec"])


def moved(bazaar: Bazaar) -> None:
    """Cart listens at another port, and its Service leads there."""
    bazaar.container("cart")["ports"][0]["containerPort"] = 9000
    bazaar.touch("Service", "cart")["spec"]["ports"][0]["targetPort"] = 9000
    rolled(bazaar, "cart")


def aside(bazaar: Bazaar) -> None:
    """Cart always declared the port of its metrics too."""
    declared = bazaar.container("cart")["ports"]
    declared.append({"name": "metrics", "containerPort": 9100})
    bazaar.pods("cart")[0]["spec"]["containers"][0]["ports"] = copy.deepcopy(declared)


def slots(bazaar: Bazaar) -> None:
    """Cart has a second slot, which runs beside the first; its Service leads to the first."""
    green = copy.deepcopy(bazaar.workload("cart"))
    green["metadata"].update(name="cart-green", uid="uid-cart-green")
    for one, slot in ((bazaar.workload("cart"), "blue"), (green, "green")):
        one["spec"]["template"]["metadata"]["labels"]["slot"] = slot
    bazaar.pods("cart")[0]["metadata"]["labels"]["slot"] = "blue"
    bazaar.put("Deployment", green)
    bazaar.put("ReplicaSet", replica_set_of(green, "6b7c8d", 1, DAYS))
    bazaar.put("Pod", pod_of(green, "6b7c8d", "k2", DAYS))
    bazaar.get("Service", "cart")["spec"]["selector"]["slot"] = "blue"


def labelled(bazaar: Bazaar) -> None:
    """Pods of cart and its Service have one more label."""
    bazaar.workload("cart")["spec"]["template"]["metadata"]["labels"]["release"] = "r2"
    rolled(bazaar, "cart")
    bazaar.touch("Service", "cart")["spec"]["selector"]["release"] = "r2"


def outside(bazaar: Bazaar) -> None:
    """A load balancer leads to the proxy."""
    bazaar.get("Service", "frontend-proxy")["spec"].update(
        type="LoadBalancer", externalTrafficPolicy="Cluster"
    )


ADDED = service("cart", lambda spec: spec["ports"].append(dict(METRICS)))
RENAMED = service("cart", lambda spec: spec["ports"][0].update(name="web"))
BY_NAME = service("cart", lambda spec: spec["ports"][0].update(targetPort="service"))
RENUMBERED = service("cart", lambda spec: spec["ports"][0].update(port=81))
TO_METRICS = service("cart", lambda spec: spec["ports"][0].update(targetPort=9100))
GREEN = service("cart", lambda spec: spec["selector"].update(slot="green"))
OTHERS = service("cart", lambda spec: spec.update(selector={NAME: "payment"}))
PROXY_LOCAL = service("frontend-proxy", lambda spec: spec.update(externalTrafficPolicy="Local"))
CART_LOCAL = service("cart", lambda spec: spec.update(internalTrafficPolicy="Local"))


@pytest.mark.parametrize(
    ("before", "change", "causes"),
    [
        pytest.param(None, ADDED, [], id="a port was added"),
        pytest.param(None, RENAMED, [], id="a port got another name, which nobody asks for"),
        pytest.param(None, BY_NAME, [], id="the same port is meant by its name"),
        pytest.param(None, moved, [], id="pods and Service moved to another port together"),
        pytest.param(slots, GREEN, [], id="the other slot was switched to"),
        pytest.param(None, labelled, [], id="pods and selector got one more label"),
        pytest.param(outside, PROXY_LOCAL, [], id="a load balancer keeps its clients' addresses"),
        pytest.param(None, RENUMBERED, ["service-target-port"], id="callers ask for the number it had"),
        pytest.param(aside, TO_METRICS, ["service-target-port"], id="it leads to another port of its pods"),
        pytest.param(None, OTHERS, ["service-selects-foreign"], id="it selects the pods of somebody else"),
        pytest.param(
            None, CART_LOCAL, ["traffic-policy-local"], id="callers on other nodes are not answered"
        ),
    ],
)
def test_a_service_is_accused_only_of_a_change_that_misleads(
    before: Change | None, change: Change, causes: list[str]
) -> None:
    """The baseline has it otherwise, all pods are ready, and nobody complains."""
    said = [one.cause for one in since_the_baseline(change, before).hypotheses]

    assert said[:1] == causes


def test_an_added_port_is_no_fault_to_a_stranger_either() -> None:
    """What a container declares is documentation; the port that callers use is served."""
    assert told(ADDED).hypotheses == ()


def deny(bazaar: Bazaar) -> None:
    """A policy as old as the platform shuts payment in, whom the addresses name."""
    spec = {"podSelector": {"matchLabels": {NAME: "payment"}}, "policyTypes": ["Ingress"]}
    bazaar.put("NetworkPolicy", {"metadata": named("deny"), "spec": spec})


def stamped(bazaar: Bazaar) -> None:
    """A release of the chart wrote another label into it."""
    bazaar.touch("NetworkPolicy", "deny")["metadata"]["generation"] = 1


def rewritten(bazaar: Bazaar) -> None:
    """Its rules were written, as its generation says."""
    bazaar.touch("NetworkPolicy", "deny")


@pytest.mark.parametrize(
    ("change", "known", "causes"),
    [
        pytest.param(stamped, False, [], id="only its marks were touched"),
        pytest.param(rewritten, True, [], id="its rules are those of the baseline"),
        pytest.param(rewritten, False, ["network-policy"], id="its rules may be new"),
    ],
)
def test_a_policy_that_cuts_what_it_always_cut_is_not_accused(
    change: Change, known: bool, causes: list[str]
) -> None:
    """A chart touches all of its objects with every release."""

    def both(bazaar: Bazaar) -> None:
        deny(bazaar)
        change(bazaar)

    said = since_the_baseline(change, deny) if known else told(both)

    assert [one.cause for one in said.hypotheses] == causes


def web(bazaar: Bazaar, name: str = "web") -> None:
    """An Ingress leads to the proxy."""
    backend = {"service": {"name": "frontend-proxy", "port": {"number": 8080}}}
    rules = [{"http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": backend}]}}]
    bazaar.put("Ingress", {"metadata": named(name), "spec": {"rules": rules}})


@pytest.mark.parametrize(
    ("renamed", "causes"),
    [
        pytest.param(True, [], id="it has another name now"),
        pytest.param(False, ["wrong-backend"], id="nothing leads in"),
    ],
)
def test_an_ingress_is_missed_only_when_nothing_leads_where_it_led(renamed: bool, causes: list[str]) -> None:
    """The baseline has it, and it is gone."""

    def change(bazaar: Bazaar) -> None:
        bazaar.drop("Ingress", "web")
        if renamed:
            web(bazaar, "web-2")

    assert [one.cause for one in since_the_baseline(change, web).hypotheses] == causes


@pytest.mark.parametrize(
    ("text", "sure"),
    [
        pytest.param("-Dserver.port=8080 -Dlog=info:10", False, id="a setting that has a name of its own"),
        pytest.param("-Dlog=x -Dserver=info:10", True, id="its own name speaks of a server"),
        pytest.param("server: info:10", True, id="the word before is its name"),
    ],
)
def test_an_address_is_told_by_the_name_right_before_it(text: str, sure: bool) -> None:
    """`info:10` may be anything, and so are most words with a number."""
    bazaar = Bazaar()
    bazaar.container("cart")["env"].append({"name": "OPTS", "value": text})
    index = Case(snapshot=bazaar.snapshot(), platform=stranger()).index

    found = [one for one in address_mentions(index, bazaar.workload("cart")) if one.host == "info"]

    assert [one.sure for one in found] == [sure]
