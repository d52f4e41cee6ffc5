"""The runbook's reliefs on the real cluster, each asked for by a person, seen to hold, and led back."""

from collections.abc import Callable
from typing import Any, NamedTuple

import pytest

from cli.drills.drill_preparation import raise_ground
from tests.end_to_end.conftest import in_json, kubectl, outage, until, writes_of

pytestmark = [pytest.mark.end_to_end, pytest.mark.endurance, pytest.mark.timeout(900)]

RESTARTED_AT = "{.spec.template.metadata.annotations.kubectl\\.kubernetes\\.io/restartedAt}"
BACKENDS = "{.spec.rules[*].http.paths[*].backend.service.name}"


def shown(path: str, *words: str) -> Callable[[], str]:
    """What stands at one place of one object."""
    return lambda: kubectl("get", *words, f"--output=jsonpath={path}")


class Relief(NamedTuple):
    """One action, what it changes, and the action that leads back."""

    words: tuple[str, ...]
    stands: Callable[[], str]
    """What it changes, as it stands now."""
    eased: Callable[[str, str], bool]
    """Whether it holds, from before and now."""
    back: tuple[str, ...]
    """`{incident}` stands for the incident of the first; empty for what needs no way back."""


RELIEFS = {
    "more replicas": Relief(
        ("scale", "content-service", "--replicas", "3"),
        shown("{.spec.replicas} {.status.readyReplicas}", "deployment/content-service"),
        lambda before, now: (before, now) == ("2 2", "3 3"),
        ("scale", "content-service", "--replicas", "2"),
    ),
    "other slot": Relief(
        ("switch", "auth-service"),
        shown("{.spec.selector.deployment-slot}", "service/auth-service-active"),
        lambda before, now: (before, now) == ("blue", "green"),
        ("take-back", "{incident}"),
    ),
    "restart": Relief(
        ("restart", "user-service"),
        shown(RESTARTED_AT, "deployment/user-service"),
        lambda before, now: now > before,
        (),
    ),
    "drain": Relief(
        ("drain", "node-2"),
        shown("{.spec.unschedulable}", "node/node-2"),
        lambda before, now: (before, now) == ("", "true") and not pods_on("node-2"),
        ("uncordon", "node-2"),
    ),
    "maintenance page": Relief(
        ("maintenance",),
        shown(BACKENDS, "ingress/adaptive-learning-ingress"),
        lambda before, now: set(now.split()) == {"maintenance-page"} != set(before.split()),
        ("take-back", "{incident}"),
    ),
}


def pods_on(node: str) -> list[str]:
    """Pods of the platform's Deployments that run on a node."""
    asked = f"--field-selector=spec.nodeName={node},status.phase=Running"
    return kubectl("get", "pods", asked, "--output=name").split()


def done_by_hand(words: tuple[str, ...]) -> dict[str, Any]:
    """One action, chosen, approved and waited for; the incident as it ended."""
    chosen = in_json("act", *words, "--by", "ana", "--because", "practice")
    incident = chosen["incident"]
    until("a plan that waits", lambda: in_json("show", incident)["phase"] == "awaiting-approval", 180)
    assert writes_of(incident) == []
    assert outage("approve", incident, "--by", "ana").returncode == 0
    until("its end", lambda: in_json("show", incident)["phase"] == "closed", 300)
    ended: dict[str, Any] = in_json("show", incident)
    return ended


@pytest.mark.parametrize("name", RELIEFS)
def test_a_relief_holds_and_is_led_back(ground: None, name: str) -> None:
    """Nothing is written before the yes; afterwards it stands as it stood."""
    raise_ground(print)
    relief, before = RELIEFS[name], RELIEFS[name].stands()

    ended = done_by_hand(relief.words)

    assert ended["ending"] == "Recovered", ended["says"]
    until("it holds", lambda: relief.eased(before, relief.stands()), 60)
    if relief.back:
        back = done_by_hand(tuple(one.format(incident=ended["id"]) for one in relief.back))
        assert back["ending"] == "Recovered", back["says"]
        until("it stands as before", lambda: relief.stands() == before, 60)
