"""What must stay silent on the second platform: old, meant or passing is no outage."""

from collections.abc import Callable

import pytest

from outage.snapshots.snapshot import LogTail, Reach
from tests.outage.diagnosis.worlds.otel_demo import Bazaar
from tests.outage.diagnosis.worlds.otel_demo_faults import told
from tests.outage.diagnosis.worlds.otel_demo_objects import HOME, NAME, named
from tests.outage.diagnosis.worlds.shop_objects import ago


def nothing(_: Bazaar) -> None:
    """Nine days old and well; a worker without a Service names itself in OTEL_SERVICE_NAME."""


def never_installed(bazaar: Bazaar) -> None:
    """An address of what was never installed, as old as the platform."""
    entry = {"name": "ZIPKIN_ADDR", "value": "zipkin:9411"}
    bazaar.both("cart")(lambda spec: spec["containers"][0]["env"].append(dict(entry)))


def given_twice_of_old(bazaar: Bazaar) -> None:
    """A variable is given twice since the platform was made."""
    twice = [{"name": "MODE", "value": value} for value in ("a", "b")]
    bazaar.both("cart")(lambda spec: spec["containers"][0]["env"].extend(map(dict, twice)))


def given_twice_alike(bazaar: Bazaar) -> None:
    """A chart of four minutes ago gives a variable twice with one value."""
    bazaar.container("cart")["env"] += [{"name": "MODE", "value": "a"}, {"name": "MODE", "value": "a"}]
    bazaar.touch("Deployment", "cart")


def new_policy_that_admits(bazaar: Bazaar) -> None:
    """A new policy that lets every known caller in."""
    callers = {"matchExpressions": [{"key": NAME, "operator": "In", "values": ["frontend", "checkout"]}]}
    rule = {"from": [{"podSelector": callers}], "ports": [{"port": 8080, "protocol": "TCP"}]}
    spec = {"podSelector": {"matchLabels": {NAME: "cart"}}, "policyTypes": ["Ingress"], "ingress": [rule]}
    bazaar.fresh("NetworkPolicy", {"metadata": named("cart-in"), "spec": spec})


def new_policy_that_nobody_enforces(bazaar: Bazaar) -> None:
    """A new policy that would cut a call, and the call goes through: the network does not enforce policies."""
    spec = {"podSelector": {"matchLabels": {NAME: "kafka"}}, "policyTypes": ["Ingress"]}
    bazaar.fresh("NetworkPolicy", {"metadata": named("deny-kafka"), "spec": spec})
    bazaar.extra["reach"] = tuple(
        Reach(namespace=HOME, source=f"deployment/{one}", target=f"kafka.{HOME}:9092", reached=True)
        for one in ("checkout", "accounting")
    )


def old_deny(bazaar: Bazaar) -> None:
    """A deny as old as the platform cuts a call that the addresses suggest."""
    spec = {"podSelector": {"matchLabels": {NAME: "payment"}}, "policyTypes": ["Ingress"]}
    bazaar.put("NetworkPolicy", {"metadata": named("deny-payment"), "spec": spec})


def old_refusal(bazaar: Bazaar) -> None:
    """A refusal of fifty minutes ago that is over."""
    text = 'Error creating: pods "x" is forbidden: exceeded quota: compute'
    bazaar.event(bazaar.get("ReplicaSet", "cart-5d8f7c9b64"), "FailedCreate", text, minutes=50)


def growing_set(bazaar: Bazaar) -> None:
    """A StatefulSet was scaled up ten seconds ago and makes its pods one after the other."""
    bazaar.touch("StatefulSet", "postgresql", 0.17)["spec"]["replicas"] = 3


def parked_worker(bazaar: Bazaar) -> None:
    """A worker that nobody calls was scaled to zero three minutes ago."""
    worker = bazaar.touch("Deployment", "accounting", 3)
    worker["spec"]["replicas"], worker["status"] = 0, {}
    bazaar.empty("accounting")
    text = "Scaled down replica set accounting-5d8f7c9b64 from 1 to 0"
    bazaar.event(worker, "ScalingReplicaSet", text, 3, "Normal")


def slow_start(bazaar: Bazaar) -> None:
    """A new pod that its startup probe still gives time."""
    probe = {"tcpSocket": {"port": 9092}, "periodSeconds": 10, "failureThreshold": 30}
    bazaar.container("kafka")["startupProbe"] = probe
    for pod in bazaar.patched("kafka", minutes=1, phase="Running"):
        pod["status"]["containerStatuses"][0].update(started=False)
        bazaar.event(pod, "Unhealthy", "Startup probe failed: connection refused", 1, times=4)
    bazaar.status("kafka", 0, 1)


def long_past(bazaar: Bazaar) -> None:
    """Containers remember a kill of five hours ago, and an evicted pod lies about for three days."""
    status = bazaar.pods("kafka")[0]["status"]["containerStatuses"][0]
    killed = {"exitCode": 137, "reason": "OOMKilled", "finishedAt": ago(hours=5)}
    status.update(restartCount=23, lastState={"terminated": killed})
    status["state"] = {"running": {"startedAt": ago(hours=5)}}
    meta = named("cart-gone", labels={NAME: "cart"}, creationTimestamp=ago(days=3))
    bazaar.put("Pod", {"metadata": meta, "spec": {}, "status": {"phase": "Failed", "reason": "Evicted"}})


def parked_service(bazaar: Bazaar) -> None:
    """Nobody is hurt by a Service whose workload was scaled to zero; a log named it an hour ago."""
    bazaar.silent()
    worker = bazaar.touch("Deployment", "payment", 3)
    worker["spec"]["replicas"], worker["status"] = 0, {}
    bazaar.empty("payment")
    bazaar.endpoints("payment", 0)
    pod = bazaar.pods("checkout")[0]["metadata"]["name"]
    text = f"{ago(hours=1)} connected to payment:8080"
    bazaar.extra["logs"] = (LogTail(namespace=HOME, pod=pod, container="checkout", text=text),)


QUIET = [
    parked_service,
    nothing,
    never_installed,
    given_twice_of_old,
    given_twice_alike,
    new_policy_that_admits,
    new_policy_that_nobody_enforces,
    old_deny,
    old_refusal,
    growing_set,
    parked_worker,
    slow_start,
    long_past,
]


@pytest.mark.parametrize("change", [pytest.param(one, id=str(one.__doc__)) for one in QUIET])
def test_these_give_no_hypothesis(change: Callable[[Bazaar], None]) -> None:
    """Old, meant or passing is no outage."""
    said = told(change)

    assert [(one.cause, one.about.name, one.reasons) for one in said.hypotheses] == []
