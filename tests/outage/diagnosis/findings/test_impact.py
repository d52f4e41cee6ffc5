"""How much is hurt, measured from a picture: routes that lead into nothing count like what is down."""

from collections.abc import Callable

import pytest

from bench.specimen_files import read_specimen
from outage.incidents.severity import Severity
from outage.value import Manifest
from tests.outage.diagnosis.test_bundles import BUNDLES
from tests.outage.diagnosis.test_bundles import platform as real_platform
from tests.outage.diagnosis.worlds.diagnosed import diagnose
from tests.outage.diagnosis.worlds.shop_snapshot import Ground, platform

Change = Callable[[Manifest], None]


def backend(ingress: Manifest, at: int) -> Manifest:
    """The Service that one of the shop's four routes leads to."""
    found: Manifest = ingress["spec"]["rules"][0]["http"]["paths"][at]["backend"]["service"]
    return found


def well(_: Manifest) -> None:
    """Change nothing."""


def one_wrong_name(ingress: Manifest) -> None:
    """A slip of the pen."""
    backend(ingress, 0)["name"] = "auht"


def one_wrong_port(ingress: Manifest) -> None:
    """A port that its Service does not have."""
    backend(ingress, 0)["port"] = {"number": 9999}


def two_wrong(ingress: Manifest) -> None:
    """A wrong name and a wrong port."""
    backend(ingress, 0)["name"] = "auht"
    backend(ingress, 1)["port"] = {"name": "grpc"}


def all_wrong(ingress: Manifest) -> None:
    """Every route leads into nothing."""
    for at in range(4):
        backend(ingress, at)["name"] += "-old"


@pytest.mark.parametrize(
    ("change", "dead", "severity"),
    [
        pytest.param(well, 0, Severity.NONE, id="every route leads to a Service"),
        pytest.param(one_wrong_name, 1, Severity.P2, id="one leads to a Service that is not there"),
        pytest.param(one_wrong_port, 1, Severity.P2, id="one leads to a port that is not there"),
        pytest.param(two_wrong, 2, Severity.P1, id="two lead into nothing"),
        pytest.param(all_wrong, 4, Severity.P0, id="no user gets in and every pod is well"),
    ],
)
def test_a_route_into_nothing_is_an_outage(change: Change, dead: int, severity: Severity) -> None:
    """`none: nothing is failing` above the hypothesis wrong-backend contradicts itself."""
    ground = Ground()
    change(ground.get("Ingress", "shop-ingress"))
    found = diagnose(ground.snapshot(), platform()).assessment

    assert len(found.impact.routes_dead) == dead
    assert found.severity is severity


def test_a_route_to_what_could_not_be_seen_is_not_dead() -> None:
    """An absence that nobody saw means nothing."""
    ground = Ground()
    del ground.objects["Service"]

    assert diagnose(ground.snapshot(), platform()).assessment.impact.routes_dead == ()


def test_services_whose_pods_are_well_and_whose_requests_fail_are_named() -> None:
    """Else the first message would say that no service is known to be affected, while every login fails."""
    said = diagnose(read_specimen(BUNDLES / "wedged-process.json.gz"), real_platform())

    affected = ("auth-service", "content-service", "scheduler-service", "user-service")
    assert said.assessment.impact.services_degraded == affected
    assert said.assessment.severity is Severity.P1
