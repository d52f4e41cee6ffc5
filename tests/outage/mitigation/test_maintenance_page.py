"""The maintenance page: only at P0, only for the paths that fail."""

from typing import Any

import pytest

from outage.diagnosis.hypothesis import Action, Risk
from outage.mitigation.maintenance_page import HEALS_NOTHING
from tests.outage.diagnosis.worlds.shop_snapshot import Ground
from tests.outage.mitigation.overloaded_platform import (
    Break,
    all_down,
    offered,
    page,
    patch_of,
    probes,
    risk_of,
    seen,
    shows,
)


def to_page(*paths: int) -> list[dict[str, Any]]:
    """The runbook's patch for these paths of the first rule."""
    stem = "/spec/rules/0/http/paths"
    return [{"op": "replace", "path": f"{stem}/{at}/backend/service/name", "value": "sorry"} for at in paths]


def test_at_p0_users_get_a_page() -> None:
    """The last way, and honest about what it is."""
    found = seen(all_down(Ground()))[-1]

    assert patch_of(found) == to_page(0, 1, 2, 3)
    assert risk_of(found) is Risk.HIGH
    assert found.repair is not None
    assert HEALS_NOTHING in found.repair.summary
    assert HEALS_NOTHING in found.evidence_against


def test_only_the_failing_paths_lead_to_the_page() -> None:
    """When the main path serves nobody, who is served elsewhere stays served."""
    ground = Ground()
    page(ground)
    ground.get("Ingress", "shop-ingress")["spec"]["rules"][0]["http"]["paths"][1]["path"] = "/"
    shows(ground, probes=probes(("user",)))

    assert patch_of(offered(ground, Action.PATCH, "Ingress/shop-ingress")) == to_page(1)


def test_the_port_follows_when_the_page_has_another_one() -> None:
    """A backend with a port that its Service lacks answers nobody."""
    ground = all_down(Ground())
    ground.get("Service", "sorry")["spec"]["ports"][0]["name"] = "web"

    patch = patch_of(offered(ground, Action.PATCH, "Ingress/shop-ingress"))

    assert patch[:2] == [
        *to_page(0),
        {
            "op": "replace",
            "path": "/spec/rules/0/http/paths/0/backend/service/port",
            "value": {"number": 8080},
        },
    ]


def some_fail(ground: Ground) -> None:
    """One path fails, and it is not the main one."""
    page(ground)
    shows(ground, probes=probes(("user",)))


def page_down(ground: Ground) -> None:
    """The page itself has no ready endpoint."""
    all_down(ground)
    ground.endpoints("sorry", 0)


def page_unseen(ground: Ground) -> None:
    """Nobody could look at endpoints."""
    all_down(ground)
    del ground.objects["EndpointSlice"]


def page_missing(ground: Ground) -> None:
    """The page's Service is not there."""
    all_down(ground)
    ground.drop("Service", "sorry")


def ingress_missing(ground: Ground) -> None:
    """The Ingress is not there."""
    all_down(ground)
    ground.drop("Ingress", "shop-ingress")


def way_in_down(ground: Ground) -> None:
    """The ingress gives no answer at all: it would show no page either."""
    all_down(ground, status=None)


def on_the_page(ground: Ground) -> None:
    """Users get the page already."""
    all_down(ground)
    for one in ground.get("Ingress", "shop-ingress")["spec"]["rules"][0]["http"]["paths"]:
        one["backend"]["service"]["name"] = "sorry"


@pytest.mark.parametrize(
    "change",
    [some_fail, page_down, page_unseen, page_missing, ingress_missing, way_in_down, on_the_page],
)
def test_nobody_is_routed_away_without_need(change: Break) -> None:
    """A page that fails, or hides what works, makes it worse."""
    ground = Ground()
    change(ground)

    assert offered(ground, Action.PATCH, "Ingress/shop-ingress") is None
