"""The other slot of a blue-green pair: only when it is ready and may serve."""

from datetime import timedelta

import pytest

from outage.diagnosis.hypothesis import Action, Risk
from tests.outage.diagnosis.worlds.shop_objects import NOON, ago, unready
from tests.outage.diagnosis.worlds.shop_snapshot import Ground
from tests.outage.mitigation.overloaded_platform import Break, offered, pair, patch_of, platform, risk_of


def test_users_are_led_to_the_slot_that_is_ready() -> None:
    """The runbook's own patch, and nothing else; the slot's smaller size is said."""
    found = offered(pair(Ground(), hung=True), Action.PATCH, "Service/auth")

    assert patch_of(found) == [{"op": "replace", "path": "/spec/selector/deployment-slot", "value": "green"}]
    assert found is not None
    assert (found.field, found.live, found.wanted) == ("spec.selector.deployment-slot", "blue", "green")
    assert risk_of(found) is Risk.MEDIUM
    assert found.onset == NOON - timedelta(minutes=2)
    assert "deployment/green in shop: all 1 pods are ready and none restarts" in found.evidence_for[-1]
    assert found.evidence_against == ("green has 1 pods, auth should have 2: it may be slow",)


def test_a_label_with_a_slash_is_escaped_in_the_pointer() -> None:
    """Kubernetes labels have prefixes, JSON pointers have slashes."""
    ground = pair(Ground(), hung=True)
    for one in ("auth-aaa-0", "auth-aaa-1", "green-aaa-0"):
        labels = ground.get("Pod", one)["metadata"]["labels"]
        labels["shop.test/slot"] = labels["deployment-slot"]
    ground.get("Service", "auth")["spec"]["selector"] = {"app": "auth", "shop.test/slot": "blue"}
    slots = platform().slots[0].model_copy(update={"label": "shop.test/slot"})
    of = platform().model_copy(update={"slots": (slots,)})

    found = offered(ground, Action.PATCH, "Service/auth", of)

    assert patch_of(found)[0]["path"] == "/spec/selector/shop.test~1slot"


def green_unready(ground: Ground) -> None:
    """The other slot is not ready."""
    unready(ground.get("Pod", "green-aaa-0"))
    ground.get("Deployment", "green")["status"].update(readyReplicas=0)


def green_parked(ground: Ground) -> None:
    """The other slot has no pods."""
    ground.get("Deployment", "green")["spec"]["replicas"] = 0


def green_gone(ground: Ground) -> None:
    """The other slot does not exist."""
    ground.drop("Deployment", "green")


def green_restarts(ground: Ground) -> None:
    """The other slot's pod restarted a moment ago."""
    status = ground.get("Pod", "green-aaa-0")["status"]["containerStatuses"][0]
    status["restartCount"] = 1
    status["lastState"] = {"terminated": {"exitCode": 1, "reason": "Error", "finishedAt": ago(minutes=1)}}


def green_elsewhere(ground: Ground) -> None:
    """The Service would not select the other slot's pods."""
    ground.get("Service", "auth")["spec"]["selector"]["tier"] = "gold"
    for one in ground.pods("auth"):
        one["metadata"]["labels"]["tier"] = "gold"


def green_other_port(ground: Ground) -> None:
    """The other slot does not have the port that the Service sends to."""
    ground.get("Pod", "green-aaa-0")["spec"]["containers"][0]["ports"][0]["name"] = "web"


def neither_slot(ground: Ground) -> None:
    """The Service selects no slot of the pair."""
    ground.get("Service", "auth")["spec"]["selector"].pop("deployment-slot")


def service_gone(ground: Ground) -> None:
    """The Service is not there."""
    ground.drop("Service", "auth")


def dependency_down(ground: Ground) -> None:
    """What both slots wait for does not answer."""
    ground.fail("postgres")


@pytest.mark.parametrize(
    "change",
    [
        *(green_unready, green_parked, green_gone, green_restarts, green_elsewhere, green_other_port),
        *(neither_slot, service_gone, dependency_down),
    ],
)
def test_nobody_is_led_to_a_slot_that_may_not_serve(change: Break) -> None:
    """A switch to pods that fail makes a complete outage of a partial one."""
    ground = pair(Ground(), hung=True)
    change(ground)

    assert offered(ground, Action.PATCH, "Service/auth") is None
