"""Images that cannot be had."""

from outage.diagnosis.hypothesis import Action
from outage.incidents.severity import Severity
from tests.outage.diagnosis.worlds.diagnosed import diagnose
from tests.outage.diagnosis.worlds.shop_snapshot import Ground, platform, stranger

NO_HOST = 'failed to pull image "shop/auth:9-broken": dial tcp: lookup registry-1.docker.io: no such host'


def broken(**more: bool) -> Ground:
    """The shop with an image of auth that does not exist."""
    ground = Ground()
    ground.container("auth")["image"] = "shop/auth:9-broken"
    for one in ground.roll("auth", waiting=("ImagePullBackOff", NO_HOST), **more):
        ground.event("Pod", one["metadata"]["name"], "Failed", NO_HOST)
    return ground


def test_a_bad_image_stands_alone_and_is_undone() -> None:
    """Dependents, endpoints and the stuck rollout are its effects, not causes."""
    said = diagnose(broken().snapshot(), platform())

    assert [one.cause for one in said.hypotheses] == ["bad-image"]
    first = said.hypotheses[0]
    assert first.about.name == "auth"
    assert first.field == "spec.template.spec.containers.0.image"
    assert (first.live, first.wanted) == ("shop/auth:9-broken", "shop/auth:1.0")
    assert first.repair is not None
    assert first.repair.changes[0].action is Action.UNDO
    assert said.assessment.severity is Severity.P2


def test_without_history_the_baseline_tells_the_image() -> None:
    """A quarter of realistic faults delete and re-apply."""
    good = Ground().baseline()

    said = diagnose(broken(history=False).snapshot(), platform(), good)

    assert said.hypotheses[0].cause == "bad-image"
    assert said.hypotheses[0].wanted == "shop/auth:1.0"
    assert said.hypotheses[0].repair is not None
    assert said.hypotheses[0].repair.changes[0].action is Action.PATCH


def test_a_stranger_is_diagnosed_from_objects_alone() -> None:
    """No platform file, no baseline, no metrics."""
    said = diagnose(broken().snapshot(), stranger())

    assert [one.cause for one in said.hypotheses] == ["bad-image"]
