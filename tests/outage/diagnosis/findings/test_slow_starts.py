"""A rollout whose new pod only starts, while the older ones serve, is no outage and no bad image."""

import copy

import pytest

from tests.outage.diagnosis.worlds.diagnosed import diagnose
from tests.outage.diagnosis.worlds.shop_objects import ago, condition
from tests.outage.diagnosis.worlds.town import Town


def town(age: float, took: float, refusals: int = 2, serving: int = 2) -> Town:
    """A new pod of another image so many minutes old, beside older ones that took so many minutes to start."""
    found = Town()
    probe = {"readinessProbe": {"httpGet": {"path": "/ready", "port": 8080}}}
    found.app("atlas", "acme/atlas:1", replicas=2, container=probe)
    old = found.pods("atlas")
    for pod in old:
        for one in pod["status"]["conditions"]:
            one["lastTransitionTime"] = ago(minutes=20 * 1440 - took)
    found.container("atlas")["image"] = "acme/atlas:2"
    new = found.roll("atlas", age)[0]
    kept = [copy.deepcopy(one) for one in old[:serving]]
    found.objects["Pod"] = [one for one in found.objects["Pod"] if one not in found.pods("atlas")]
    found.objects["Pod"] += [*kept, new]
    for one in found.objects["ReplicaSet"]:
        one["spec"]["replicas"] = 1  # both revisions have pods
    new["status"]["conditions"] = [condition("Ready", "False", age, "ContainersNotReady")]
    new["status"]["containerStatuses"][0].update(ready=False, started=True)
    text = 'Readiness probe failed: Get "http://10.244.1.9:8080/ready": connect: connection refused'
    found.event(new, "Unhealthy", text, age)
    found.objects["Event"][-1]["count"] = refusals
    found.count("atlas", age)
    return found


@pytest.mark.parametrize(("age", "took"), [(0.6, 0.2), (0.9, 0.2), (2.5, 1.5), (5, 3)])
def test_a_new_pod_may_take_twice_what_its_siblings_took(age: float, took: float) -> None:
    """And a minute at least: nobody is hurt while the older pods serve."""
    one = town(age, took)

    assert diagnose(one.snapshot(), one.platform()).hypotheses == ()


@pytest.mark.parametrize(("age", "took", "refusals"), [(4, 0.2, 2), (9, 3, 2), (2.5, 1.5, 15)])
def test_one_that_takes_longer_or_is_refused_too_often_is_told(
    age: float, took: float, refusals: int
) -> None:
    """A rollout that stands still is a finding long before its deadline."""
    one = town(age, took, refusals)
    found = diagnose(one.snapshot(), one.platform()).hypotheses

    assert found
    assert found[0].cause == "bad-image"


def test_nobody_waits_where_too_few_serve() -> None:
    """Then every second counts."""
    one = town(0.9, 0.2, serving=1)

    assert diagnose(one.snapshot(), one.platform()).hypotheses
