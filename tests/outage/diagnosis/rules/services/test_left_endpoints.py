"""Endpoints that nobody keeps: the selector is gone, and they name pods that are gone."""

from typing import Any

import pytest

from outage.diagnosis.hypothesis import Diagnosis
from tests.outage.diagnosis.worlds.diagnosed import diagnose
from tests.outage.diagnosis.worlds.town import NAME, Town


def found(address: str, target: dict[str, Any] | None, known: bool = False) -> Diagnosis:
    """A Service without a selector that leads to this address; its caller gets nowhere."""
    one = Town()
    one.app("gate", "acme/gate:4", replicas=2)
    one.app("porch", "acme/porch:4", env={"GATE_URL": "http://gate:8080"})
    baseline = one.baseline() if known else None
    one.touch("Service", "gate", 40)["spec"].pop("selector")
    end = {"addresses": [address], "conditions": {"ready": True}, **({"targetRef": target} if target else {})}
    one.get("EndpointSlice", "gate-d9k4x")["endpoints"] = [end]
    one.log("porch", f"error: connect EHOSTUNREACH {address}:8080")
    return diagnose(one.snapshot(), one.platform(), baseline)


GONE = {"kind": "Pod", "name": "gate-6c9d7f5b4d-zzzzz", "namespace": "harbour"}


def test_the_service_is_named_and_gets_no_selector_that_nobody_recorded() -> None:
    """Its endpoints were made for pods, and none of them is there."""
    first = found("10.244.9.9", GONE).hypotheses[0]

    assert (first.cause, first.about.name, first.repair) == ("service-selector", "gate", None)


def test_the_selector_of_the_baseline_is_put_back() -> None:
    """The controller of endpoints does the rest."""
    first = found("10.244.9.9", GONE, known=True).hypotheses[0]

    assert first.cause == "service-selector"
    assert first.repair is not None
    assert first.repair.changes[0].patch[0]["value"] == {NAME: "gate"}


@pytest.mark.parametrize(
    ("address", "target"),
    [("10.244.1.9", GONE), ("10.0.40.7", None), ("192.0.2.10", {"kind": "VirtualMachine", "name": "vm-1"})],
    ids=["a pod has it", "kept by hand", "of no pod"],
)
def test_endpoints_that_somebody_keeps_are_left_alone(address: str, target: dict[str, Any] | None) -> None:
    """Services without a selector lead out of the cluster, or to what an operator chose."""
    assert "service-selector" not in [one.cause for one in found(address, target).hypotheses]
