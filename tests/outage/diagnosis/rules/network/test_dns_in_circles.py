"""A cluster DNS that forwards to itself: everything outside the cluster goes round, and CoreDNS ends itself."""

import pytest

from tests.outage.diagnosis.worlds.diagnosed import diagnose
from tests.outage.diagnosis.worlds.town import Town

UNNAMED = (
    "dial tcp: lookup ledger-db on 10.96.0.10:53: read udp 10.1.1.1:4->10.96.0.10:53: connection refused"
)
FATAL = '[FATAL] plugin/loop: Loop (10.244.1.9:60606 -> :53) detected for zone ".", see https://coredns.io'


def town(forward: str) -> Town:
    """A cluster whose DNS forwards there, and who loses names since."""
    one = Town()
    one.get("Service", "kube-dns", "kube-system")["spec"]["clusterIP"] = "10.96.0.10"
    one.app("ledger", "acme/ledger:3", env={"DB": "postgres://ledger-db:5432/l"})
    one.app("ledger-db", "postgres:16", "StatefulSet", port=5432)
    config = one.get("ConfigMap", "coredns", "kube-system")
    config["data"]["Corefile"] = (
        f".:53 {{\n    errors\n    kubernetes cluster.local\n    forward . {forward}\n    loop\n}}\n"
    )
    one.log("ledger", UNNAMED)
    return one


@pytest.mark.parametrize(
    "forward",
    [
        "10.96.0.10",
        "10.96.0.10:53",
        "8.8.8.8 10.96.0.10",
        "127.0.0.53",
        "tls://127.0.0.1 {",
        "::1",
        "localhost:53",
    ],
)
def test_a_corefile_that_asks_itself_is_named_and_left_to_a_person(forward: str) -> None:
    """Nothing recorded tells whom it asked before."""
    first = diagnose(town(forward).snapshot(), Town.platform()).hypotheses[0]

    assert (first.cause, first.about.name, first.repair) == ("dns-rewritten", "coredns", None)
    assert forward.split(" {")[0] in (first.live or "")


@pytest.mark.parametrize("forward", ["/etc/resolv.conf", "8.8.8.8 1.1.1.1", "10.0.0.2", "dns.acme.io"])
def test_one_that_asks_others_is_not_to_blame(forward: str) -> None:
    """Whoever is asked there may be out of order: that is another fault."""
    found = diagnose(town(forward).snapshot(), Town.platform()).hypotheses

    assert "dns-rewritten" not in [one.cause for one in found]
