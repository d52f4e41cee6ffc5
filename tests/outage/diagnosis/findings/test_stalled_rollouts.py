"""A rollout that stands still while the old pods serve: limited impact, with its repair, long before its deadline."""

import copy
from collections.abc import Callable

import pytest

from outage.diagnosis.hypothesis import Diagnosis
from outage.incidents.severity import Severity
from tests.outage.diagnosis.worlds.diagnosed import diagnose
from tests.outage.diagnosis.worlds.shop_objects import Manifest, ago, condition, pod, replica_set, unready
from tests.outage.diagnosis.worlds.shop_snapshot import Ground, platform

Pen = Callable[[Manifest], None]


def rollout(pen: Pen, minutes: float) -> Diagnosis:
    """The shop, whose service user rolls out a new image for so long; its first new pod is as the pen leaves it."""
    ground = Ground()
    ground.container("user")["image"] = "shop/user:2.0"
    deployment = ground.touch("Deployment", "user", minutes)
    template = copy.deepcopy(deployment["spec"]["template"])
    ground.put("ReplicaSet", replica_set(deployment, "bbb", 2, template, minutes))
    made = ground.put("Pod", unready(pod(deployment, "bbb", 7, template, minutes), minutes))
    pen(made)
    for one in (deployment, ground.get("ReplicaSet", "user-bbb")):
        one["spec"]["template"]["spec"]["initContainers"] = made["spec"].get("initContainers", [])
    counts = {"replicas": 3, "readyReplicas": 2, "availableReplicas": 2, "updatedReplicas": 1}
    turned = [
        condition("Available", "True", 120),
        condition("Progressing", "True", minutes, "ReplicaSetUpdated"),
    ]
    deployment["status"] = {**counts, "conditions": turned}
    return diagnose(ground.snapshot(), platform())


def cannot_pull(made: Manifest) -> None:
    """No such image."""
    unready(made, waiting=("ImagePullBackOff", 'Back-off pulling image "shop/user:2.0": not found'))


def waits(made: Manifest) -> None:
    """An init container waits for what is not there."""
    made["spec"]["initContainers"] = [{"name": "wait", "image": "busybox"}]
    made["status"]["phase"] = "Pending"
    running = {"running": {"startedAt": ago(minutes=3)}}
    made["status"]["initContainerStatuses"] = [
        {"name": "wait", "ready": False, "restartCount": 0, "state": running}
    ]
    for one in made["status"]["containerStatuses"]:
        one["state"] = {"waiting": {"reason": "PodInitializing"}}


def never_ready(made: Manifest) -> None:
    """It runs and its probe fails."""


def ready(made: Manifest) -> None:
    """All is well with it."""
    made["status"]["conditions"] = [condition("Ready", "True", 1)]
    made["status"]["containerStatuses"][0].update(ready=True)


@pytest.mark.parametrize("pen", [cannot_pull, waits, never_ready], ids=lambda pen: pen.__name__)
def test_a_rollout_that_stands_still_is_limited_impact_with_a_repair(pen: Pen) -> None:
    """Nobody is hurt, and nobody may say that every look was healthy."""
    found = rollout(pen, minutes=3)

    assert found.assessment.severity is Severity.P2
    assert "1 rollout stands still while the old pods serve" in found.assessment.reason
    assert found.hypotheses[0].repair is not None
    assert str(found.hypotheses[0].about) == "deployment/user in shop"


def test_a_rollout_whose_new_pod_is_ready_is_no_impact() -> None:
    """The next one follows."""
    assert rollout(ready, minutes=3).assessment.severity is Severity.NONE


def test_a_pod_that_only_starts_does_not_make_a_rollout_stand_still() -> None:
    """Every pod is unready at first."""
    assert rollout(never_ready, minutes=0.3).assessment.severity is Severity.NONE


def probed_otherwise(before: str) -> Diagnosis:
    """A rollout of another image that is never ready; a revision that has that readiness path lies in the history."""
    ground = Ground()
    deployment = ground.get("Deployment", "user")
    older = copy.deepcopy(deployment["spec"]["template"])
    older["spec"]["containers"][0]["readinessProbe"] = {"httpGet": {"path": before, "port": 3002}}
    ground.put("ReplicaSet", replica_set(deployment, "old", 0, older, 300))["status"] = {"replicas": 0}
    ground.container("user")["image"] = "shop/user:2.0"
    template = copy.deepcopy(deployment["spec"]["template"])
    ground.touch("Deployment", "user", 3)
    ground.put("ReplicaSet", replica_set(deployment, "bbb", 2, template, 3))
    made = ground.put("Pod", unready(pod(deployment, "bbb", 7, template, 3), 3))
    ground.event(
        "Pod",
        made["metadata"]["name"],
        "Unhealthy",
        "Readiness probe failed: HTTP probe failed with statuscode: 503",
    )
    return diagnose(ground.snapshot(), platform())


def test_a_probe_that_the_serving_revision_has_too_is_not_accused_by_an_older_one() -> None:
    """What serves with it proves that it does no harm."""
    assert "bad-probe" not in {one.cause for one in probed_otherwise("/older").hypotheses}


def test_nothing_rolls_out_in_the_healthy_shop() -> None:
    """And nothing stands still."""
    assert diagnose(Ground().snapshot(), platform()).assessment.severity is Severity.NONE
