"""Who may have no pods: what an autoscaler or a tool takes to zero, and what somebody took by hand."""

from collections.abc import Callable

import pytest

from outage.diagnosis.findings.parked_workloads import parked_on_purpose
from outage.snapshots.case import Case
from tests.outage.diagnosis.worlds.otel_demo import Bazaar, stranger
from tests.outage.diagnosis.worlds.otel_demo_faults import told
from tests.outage.diagnosis.worlds.otel_demo_objects import named
from tests.outage.diagnosis.worlds.shop_objects import Manifest, condition


def scaler(bazaar: Bazaar, least: int = 1, **meta: object) -> Manifest:
    """An autoscaler of payment that sleeps, as every one does whose workload has no pods."""
    sleeps = condition("ScalingActive", "False", 4, "ScalingDisabled", "the replica count is zero")
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "payment"}
    spec = {"minReplicas": least, "maxReplicas": 5, "scaleTargetRef": target}
    manifest = {"metadata": named("keda-hpa-payment", **meta), "spec": spec}
    return bazaar.put("HorizontalPodAutoscaler", {**manifest, "status": {"conditions": [sleeps]}})


def without_pods(bazaar: Bazaar, by_hand: bool = False) -> None:
    """Payment, which checkout calls, has no pods."""
    workload = bazaar.workload("payment")
    workload["spec"]["replicas"], workload["status"] = 0, {}
    bazaar.empty("payment")
    bazaar.endpoints("payment", 0)
    if by_hand:
        text = "Scaled down replica set payment-5d8f7c9b64 from 1 to 0"
        bazaar.event(bazaar.touch("Deployment", "payment"), "ScalingReplicaSet", text, 4, "Normal")


def least_zero(bazaar: Bazaar) -> None:
    """The autoscaler may go down to nothing."""
    scaler(bazaar, least=0)


def keda_labels(bazaar: Bazaar) -> None:
    """KEDA made the autoscaler and says so in its labels."""
    scaler(bazaar, labels={"scaledobject.keda.sh/name": "payment"})


def keda_owns(bazaar: Bazaar) -> None:
    """KEDA's object owns the autoscaler."""
    owner = {"apiVersion": "keda.sh/v1alpha1", "kind": "ScaledObject", "name": "payment", "controller": True}
    scaler(bazaar, ownerReferences=[owner])


def knative(bazaar: Bazaar) -> None:
    """Knative made the Deployment."""
    bazaar.workload("payment")["metadata"]["labels"] = {"serving.knative.dev/revision": "payment-1"}


def sleeps(bazaar: Bazaar) -> None:
    """An autoscaler sleeps since somebody took its pods: that is no wish of its own."""
    scaler(bazaar)


def of_another(bazaar: Bazaar) -> None:
    """The autoscaler that may go down to nothing is another workload's."""
    scaler(bazaar, least=0)["spec"]["scaleTargetRef"]["name"] = "cart"


@pytest.mark.parametrize("by_hand", [False, True], ids=["silently", "with an event"])
@pytest.mark.parametrize("how", [least_zero, keda_labels, keda_owns, knative])
def test_what_a_tool_takes_to_zero_is_not_scaled_up(how: Callable[[Bazaar], None], by_hand: bool) -> None:
    """It brings the pods back itself as soon as there is work."""

    def change(bazaar: Bazaar) -> None:
        without_pods(bazaar, by_hand)
        how(bazaar)

    assert not [one for one in told(change).hypotheses if one.repair is not None]


@pytest.mark.parametrize("how", [sleeps, of_another])
def test_what_somebody_took_to_zero_is_scaled_up(how: Callable[[Bazaar], None]) -> None:
    """An autoscaler with one pod at least wants one pod."""

    def change(bazaar: Bazaar) -> None:
        without_pods(bazaar, by_hand=True)
        how(bazaar)

    first = told(change).hypotheses[0]

    assert (first.cause, first.about.name, first.wanted) == ("scaled-to-zero", "payment", "1")


@pytest.mark.parametrize(
    ("marks", "parked"),
    [
        pytest.param({}, False, id="no mark"),
        pytest.param({"parking.example.com/team": "lots"}, False, id="a domain that only sounds like it"),
        pytest.param({"example.com/parked": "false"}, False, id="a mark that says no"),
        pytest.param({"example.com/parked": "true"}, True, id="a mark that says yes"),
        pytest.param({"autoscaling.keda.sh/paused-replicas": "0"}, True, id="a tool's own mark"),
    ],
)
def test_marks_say_whether_a_workload_is_parked(marks: dict[str, str], parked: bool) -> None:
    """The last part of a mark's name counts, and the domain only when it is a tool's."""
    bazaar = Bazaar()
    bazaar.workload("payment")["metadata"]["annotations"] = marks

    assert (
        parked_on_purpose(
            Case(snapshot=bazaar.snapshot(), platform=stranger()).index, bazaar.workload("payment")
        )
        == parked
    )
