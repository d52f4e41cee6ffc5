"""Who finds no names asks the cluster DNS, though nothing in its configuration says so."""

import pytest

from tests.outage.diagnosis.worlds.diagnosed import diagnose
from tests.outage.diagnosis.worlds.shop_objects import ago
from tests.outage.diagnosis.worlds.town import Town

LOST = "dial tcp: lookup api.bank.example on 10.96.0.10:53: read udp 10.1.1.1:4->10.96.0.10:53: i/o timeout"


@pytest.mark.parametrize(
    ("line", "minutes", "named"),
    [(LOST, 14, True), (LOST, 300, False), ("OSError: [Errno 24] Too many open files: '/tmp/x'", 14, False)],
    ids=["right before", "long before", "no name is missed"],
)
def test_a_corefile_that_was_changed_right_before_names_were_lost_is_told(
    line: str, minutes: float, named: bool
) -> None:
    """Names outside the cluster are forwarded: what is written there is nowhere else."""
    one = Town()
    one.app("charge", "acme/charge:7", replicas=2)
    config = one.get("ConfigMap", "coredns", "kube-system")
    entry = {"manager": "kubectl-edit", "operation": "Update", "time": ago(minutes=minutes)}
    config["metadata"]["managedFields"].append(entry)
    one.log("charge", line, minutes=12)

    found = [(each.cause, each.about.name) for each in diagnose(one.snapshot(), one.platform()).hypotheses]

    assert (("recent-change", "coredns") in found) is named
