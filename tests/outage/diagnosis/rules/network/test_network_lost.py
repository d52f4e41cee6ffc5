"""Connections that no object forbids, and names that no longer lead here."""

from outage.snapshots.snapshot import Probe, Reach
from tests.outage.diagnosis.worlds.breaking import probes_fail
from tests.outage.diagnosis.worlds.diagnosed import diagnose
from tests.outage.diagnosis.worlds.shop_snapshot import SHOP, Ground, platform


def test_one_lost_node_network_is_named() -> None:
    """Nothing forbids the connections, and all of them start on one node."""
    ground = Ground()
    reach = [
        Reach(namespace=SHOP, source=f"deployment/{caller}", target=f"{target}:1", reached=False)
        for caller, target in (("auth", "redis"), ("user", "postgres"))
    ]
    probes_fail(ground, "auth", "user")

    said = diagnose(ground.snapshot(reach=tuple(reach)), platform())

    assert said.hypotheses[0].cause == "network-lossy"


def test_public_names_that_do_not_resolve_are_said_to_be_so() -> None:
    """The platform is well; its names are not."""
    url = "https://api.shop.test/auth/health"
    probe = Probe(
        url=url, service="auth", problem="api.shop.test does not resolve (Name or service not known)"
    )

    said = diagnose(Ground().snapshot(probes=(probe,)), platform())

    assert [one.cause for one in said.hypotheses] == ["public-name-lost"]
