"""A new pod that waits for the volume which the old one holds on another node."""

import pytest

from outage.diagnosis.hypothesis import Diagnosis
from tests.outage.diagnosis.worlds.diagnosed import diagnose
from tests.outage.diagnosis.worlds.shop_objects import condition
from tests.outage.diagnosis.worlds.town import NODES, Town

SAID = [
    'Multi-Attach error for volume "pvc-9b1" Volume is already used by pod(s) wiki-6c9d7f5b4d-x7k2p',
    'Multi-Attach error for volume "pvc-9b1" Volume is already exclusively attached to one node and can\'t be '
    "attached to another",
    "AttachVolume.Attach failed for volume pvc-9b1: disk is already attached to another node",
]


def found(said: str, node: str, ready: bool = True) -> Diagnosis:
    """A rollout of one pod with a volume: the new pod is on this node."""
    one = Town()
    claim = {"volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "wiki-data"}}]}
    one.put("PersistentVolumeClaim", "wiki-data", spec={"volumeName": "pvc-9b1"}, status={"phase": "Bound"})
    one.app("wiki", "acme/wiki:2", pod=claim)
    old = one.pods("wiki")
    one.container("wiki")["image"] = "acme/wiki:3"
    (new,) = one.roll("wiki", 14)
    new["spec"]["nodeName"] = node
    new["status"] = {"phase": "Pending", "conditions": [condition("Ready", "False", 14)]}
    one.objects["Pod"] += old
    for each in old:
        each["status"]["conditions"] = [condition("Ready", "True" if ready else "False", 20 * 1440)]
    for each in one.objects["ReplicaSet"]:
        each["spec"]["replicas"] = 1
    one.event(new, "FailedAttachVolume", said, 14)
    one.event(
        new, "FailedMount", "Unable to attach or mount volumes: timed out waiting for the condition", 12
    )
    one.count("wiki", 14)
    return diagnose(one.snapshot(), one.platform())


@pytest.mark.parametrize("said", SAID)
def test_the_strategy_is_named_and_nobody_ends_the_pod_that_serves(said: str) -> None:
    """To delete it, or to detach the disk by force, could lose what it is writing."""
    first = found(said, NODES[1]).hypotheses[0]

    assert (first.cause, first.about.name, first.repair) == ("rollout-strategy", "wiki", None)
    assert (first.live, first.wanted) == ("RollingUpdate", "Recreate")


@pytest.mark.parametrize(
    ("said", "node", "ready"),
    [
        (SAID[0], NODES[0], True),
        (SAID[0], NODES[1], False),
        ("MountVolume.SetUp failed: exit 32", NODES[1], True),
    ],
    ids=["on the same node", "the old pod is not ready", "another trouble of the volume"],
)
def test_another_reason_is_not_the_strategys(said: str, node: str, ready: bool) -> None:
    """Then the node, the disk or the pod itself is to be looked at."""
    assert "rollout-strategy" not in [one.cause for one in found(said, node, ready).hypotheses]
