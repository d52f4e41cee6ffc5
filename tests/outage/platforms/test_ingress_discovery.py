"""A first platform file's way in: the ingress, its controller, and the namespaces that are critical for it."""

import pytest

from outage.platforms.discovery import discover_platform, draft_platform_file
from outage.value import Manifest
from tests.outage.platforms.namespace_objects import (
    balancer,
    elsewhere,
    ingress,
    ingress_class,
    picture,
    service,
    workload,
)


@pytest.mark.parametrize(
    ("around", "found", "why"),
    [
        pytest.param([], None, None, id="nobody answers for it"),
        pytest.param(
            [
                elsewhere(workload("edge"), "dmz"),
                balancer("edge", "dmz", "192.0.2.1"),
                elsewhere(workload("ingress-nginx-controller"), "ingress-nginx"),
            ],
            ("deployment/edge", "dmz"),
            "behind Service edge, whose address front reports",
            id="the address weighs more than a usual name",
        ),
        pytest.param(
            [elsewhere(workload("edge", args=["--controller-class=k8s.io/own"]), "dmz")],
            ("deployment/edge", "dmz"),
            "it is started with --controller-class=k8s.io/own",
            id="its arguments name the class's controller",
        ),
        pytest.param(
            [elsewhere(workload("own-ingress", "DaemonSet"), "edge")],
            ("daemonset/own-ingress", "edge"),
            "it is called as IngressClass own is",
            id="its name fits the class",
        ),
    ],
)
def test_the_controller_is_derived_and_says_from_what(
    around: list[Manifest], found: tuple[str, str] | None, why: str | None
) -> None:
    """No fixed name decides; where nothing tells, nothing is written."""
    front = ingress("front", "own", "web", address="192.0.2.1")
    seen = picture(
        workload("web"), service("web"), front, ingress_class("own", "k8s.io/own"), *map(dict, around)
    )
    made = draft_platform_file(seen, "shop")
    way = made.platform.ingress

    assert way
    assert ((way.controller, way.controller_namespace) if way.controller else None) == found
    assert made.reasons.get(("ingress", "controller")) == why
    assert made.platform.critical_namespaces == ((found[1],) if found else ())


def test_a_class_that_nobody_names_is_the_default_one() -> None:
    """As the API server has it."""
    front = ingress("front", "", "web")
    controller = elsewhere(workload("traefik"), "edge")
    seen = picture(front, controller, ingress_class("traefik", "traefik.io/ingress-controller", default=True))

    found = discover_platform(seen, "shop").ingress

    assert found
    assert found.controller == "deployment/traefik"


def test_the_ingress_with_most_routes_is_the_way_in_and_the_others_are_told() -> None:
    """The file names one; the endpoints are those of all."""
    made = draft_platform_file(
        picture(ingress("admin", "own", "a"), ingress("shop", "own", "b", "c")), "shop"
    )

    assert made.platform.ingress
    assert made.platform.ingress.name == "shop"
    assert made.reasons[("ingress",)] == (
        "it has the most routes (2); also there, with their endpoints above: admin"
    )
    assert [one.url for one in made.platform.endpoints] == [
        "http://admin.shop.test/a",
        "http://shop.shop.test/b",
        "http://shop.shop.test/c",
    ]


def test_usual_names_are_critical_only_while_nothing_wider_was_seen() -> None:
    """A namespace that happens to be called monitoring concerns nobody; one that runs our Prometheus does."""
    named = {"kind": "Namespace", "metadata": {"name": "monitoring"}}
    prometheus = elsewhere(service("prometheus", port=9090), "watch")

    narrow = draft_platform_file(picture(named), "shop")
    wide = draft_platform_file(picture(named, prometheus, ingress_class("own", "own")), "shop")

    assert narrow.platform.critical_namespaces == ("monitoring",)
    assert narrow.reasons["critical_namespaces", 0].startswith("a usual name; nothing wider")
    assert wide.platform.critical_namespaces == ("watch",)
    assert wide.reasons["critical_namespaces", 0] == "the monitoring lives there: watch/prometheus:9090"


def test_the_mesh_that_the_namespace_is_marked_for_is_critical() -> None:
    """Its sidecars carry every request."""
    home = {"kind": "Namespace", "metadata": {"name": "shop", "labels": {"istio-injection": "enabled"}}}
    mesh = elsewhere(workload("istiod"), "mesh")

    assert discover_platform(picture(home, mesh), "shop").critical_namespaces == ("mesh",)
