"""A worker that nobody calls is missed by those who fill its queue."""

import pytest

from outage.diagnosis.hypothesis import Action, Diagnosis
from tests.outage.diagnosis.worlds.diagnosed import diagnose
from tests.outage.diagnosis.worlds.shop_objects import ago
from tests.outage.diagnosis.worlds.town import Town

UNREAD = [
    'WARN queue "label-print" has 4211 messages ready and 0 consumers, oldest 1434s',
    "warning: no consumers for queue label-print",
    "ERROR queue=label-print messages=912 consumers=0",
]


def found(line: str, broker: str = "amqp://bus:5672", event: bool = True) -> Diagnosis:
    """Somebody fills a queue; the worker, which has no Service, was scaled to nothing."""
    one = Town()
    one.app("bus", "rabbitmq:3.13", "StatefulSet", port=5672)
    one.app("parcels", "acme/parcels:4", env={"AMQP_URL": "amqp://bus:5672"})
    one.app("labeller", "acme/labeller:4", replicas=3, env={"AMQP_URL": broker})
    one.drop("Service", "labeller")
    one.drop("EndpointSlice", "labeller-d9k4x")
    worker = one.touch("Deployment", "labeller", 25)
    worker["spec"]["replicas"] = 0
    one.objects["Pod"] = [pod for pod in one.objects["Pod"] if pod not in one.pods("labeller")]
    if event:
        one.event(worker, "ScalingReplicaSet", "Scaled down replica set labeller-6c9d7f5b4d from 3 to 0", 25)
        one.objects["Event"][-1]["lastTimestamp"] = ago(minutes=25)
    one.log("parcels", line, minutes=20)
    return diagnose(one.snapshot(), one.platform())


@pytest.mark.parametrize("line", UNREAD)
def test_the_worker_that_was_scaled_to_nothing_is_scaled_back(line: str) -> None:
    """Its event tells to how many."""
    first = found(line).hypotheses[0]

    assert (first.cause, first.about.name) == ("scaled-to-zero", "labeller")
    assert first.repair is not None
    assert [(each.action, each.patch[-1]["value"]) for each in first.repair.changes] == [(Action.SCALE, 3)]


@pytest.mark.parametrize(
    ("line", "broker", "event"),
    [
        (UNREAD[0], "", True),
        (UNREAD[0], "amqp://bus:5672", False),
        ("INFO 3 consumers", "amqp://bus:5672", True),
    ],
    ids=["another queue", "long parked", "somebody consumes"],
)
def test_a_parked_worker_that_nobody_misses_stays_parked(line: str, broker: str, event: bool) -> None:
    """Not every Deployment without pods is an outage."""
    assert "scaled-to-zero" not in [one.cause for one in found(line, broker, event).hypotheses]
