"""The platform file held against the cluster: what differs, and what could not be compared."""

from datetime import timedelta
from typing import Any

import pytest

from outage.platforms.discovery import discover_platform
from outage.platforms.platform import Ingress, Monitoring, Platform, Service, Slots
from outage.platforms.platform_drift import platform_differences, uncompared_kinds
from outage.snapshots.evidence import Evidence
from outage.snapshots.snapshot import Lists
from tests.outage.platforms.namespace_objects import NOON, picture, service, workload

WRITTEN = Platform(
    name="shop",
    namespace="shop",
    critical_namespaces=("watch",),
    services=(
        Service(name="web", workload="deployment/web", service="web"),
        Service(name="db", workload="statefulset/db"),
    ),
    ingress=Ingress(name="front", controller="deployment/edge", controller_namespace="dmz"),
    slots=(Slots(service="web", slots={"blue": "deployment/web", "green": "deployment/web-green"}),),
    monitoring=Monitoring(prometheus="watch/prometheus:9090", alertmanager="https://alerts.shop.test"),
    cache="db",
)


def test_everything_that_the_file_names_is_looked_for() -> None:
    """A slot that is gone is found on the night when traffic shall be switched to it, or now."""
    seen = picture(workload("web"), service("web"), {"kind": "Namespace", "metadata": {"name": "watch"}})

    assert [(one.what, one.says) for one in platform_differences(WRITTEN, seen)] == [
        ("services.db.workload", "there is no statefulset/db in shop"),
        ("slots.web.green", "there is no deployment/web-green in shop"),
        ("ingress.name", "there is no ingress/front in shop"),
        ("ingress.controller", "there is no deployment/edge in dmz"),
        ("monitoring.prometheus", "there is no service/prometheus in watch"),
    ]
    assert uncompared_kinds(WRITTEN, seen) == ()


def test_what_could_not_be_seen_is_neither_right_nor_wrong() -> None:
    """A file that was held against nothing does not agree."""
    refused = Evidence(
        id="deployments/shop",
        words="kubectl get deployments -n shop -o json",
        observed_at=NOON,
        duration=timedelta(seconds=1),
        unseen="403",
    )
    lists = Lists(home=("shop",), listed={"Service": ("shop",), "StatefulSet": ("shop",)})
    seen = picture(service("web")).model_copy(update={"lists": lists, "evidence": (refused,)})

    assert [one.what for one in platform_differences(WRITTEN, seen)] == ["services.db.workload"]
    assert [one.says for one in uncompared_kinds(WRITTEN, seen)] == [
        "could not compare: deployments in shop: 403",
        "could not compare: ingresses in shop: nobody looked there",
        "could not compare: deployments in dmz: nobody looked there",
        "could not compare: services in watch: nobody looked there",
        "could not compare: namespaces: nobody looked there",
    ]


@pytest.mark.parametrize(
    ("more", "told"),
    [
        pytest.param([], ["nothing that configures it names db any more"], id="its address is gone"),
        pytest.param(
            [{"name": "DSN", "valueFrom": {"secretKeyRef": {"name": "dsn", "key": "url"}}}],
            [],
            id="a Secret may hold the address, and nobody reads one",
        ),
    ],
)
def test_a_dependency_that_is_gone_is_a_difference(more: list[dict[str, Any]], told: list[str]) -> None:
    """Scope and blame follow dependencies: an old one leads astray."""
    seen = picture(workload("web", env=more), workload("db"), service("db"))
    written = Platform(
        name="shop",
        namespace="shop",
        services=(
            Service(name="web", workload="deployment/web", depends_on=("db",)),
            Service(name="db", workload="deployment/db"),
        ),
    )

    assert [one.says for one in platform_differences(written, seen)] == told


def test_a_file_that_agrees_has_no_differences() -> None:
    """What was discovered agrees with what it was discovered from."""
    seen = picture(workload("web"), service("web"))

    assert platform_differences(discover_platform(seen, "shop"), seen) == ()


def test_each_disagreement_is_one_sentence() -> None:
    """A file rots one line at a time."""
    seen = picture(workload("web"), service("web"), workload("new"))
    written = Platform(
        name="shop",
        namespace="shop",
        services=(
            Service(name="web", workload="deployment/web", service="web", port=8080, selector={"app": "web"}),
            Service(name="gone", workload="deployment/gone"),
        ),
    )

    assert [one.what for one in platform_differences(written, seen)] == [
        "services.web.selector",
        "services.web.port",
        "services.gone.workload",
        "deployment/new",
    ]
