"""Whose alert it is: one platform's, by a rule that can be said, or nobody's."""

from datetime import UTC, datetime
from typing import Any

import pytest

from outage.incidents.alert import Alert
from outage.incidents.alert_subject import alert_subject, dependencies
from outage.incidents.routing import RouteRule, route_alert
from outage.platforms.access import ClusterReference
from outage.platforms.platform import Platform, Service
from outage.platforms.platform_registry import PlatformRegistry, registry_conflicts

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


def alert(**labels: str) -> Alert:
    """An alert with these labels."""
    return Alert(name="Down", labels=labels, starts_at=NOON)


def platform(name: str, namespace: str, cluster: str = "eu", **more: Any) -> Platform:
    """A platform of one cluster."""
    return Platform(name=name, namespace=namespace, cluster=ClusterReference(name=cluster), **more)


SHOP = platform(
    "shop",
    "shop",
    namespaces=("shop-jobs",),
    critical_namespaces=("ingress", "monitoring"),
    services=(Service(name="checkout", workload="deployment/checkout"),),
)
BANK = platform("bank", "bank", critical_namespaces=("monitoring",), matchers=({"team": "money"},))
SHOP_US = platform("shop-us", "shop", "us")
ALL = PlatformRegistry(platforms=(SHOP, BANK, SHOP_US))
ONE = PlatformRegistry(platforms=(SHOP,))
UNNAMED = PlatformRegistry(platforms=(platform("shop", "shop", ""),))


@pytest.mark.parametrize(
    ("registry", "labels", "token", "rule", "to"),
    [
        pytest.param(ONE, {"namespace": "shop"}, "", RouteRule.NAMESPACE, "shop", id="its namespace"),
        pytest.param(ONE, {"namespace": "shop-jobs"}, "", RouteRule.NAMESPACE, "shop", id="its second one"),
        pytest.param(
            ONE, {"node": "a"}, "", RouteRule.ONLY_PLATFORM, "shop", id="a node of the only platform"
        ),
        pytest.param(ONE, {"namespace": "ingress"}, "", RouteRule.SURROUNDINGS, "shop", id="its ingress"),
        pytest.param(
            ONE, {"namespace": "else"}, "", RouteRule.NO_PLATFORM, "", id="a namespace that no file names"
        ),
        pytest.param(
            ONE, {"namespace": "shop", "cluster": "ap"}, "", RouteRule.OTHER_CLUSTER, "", id="another cluster"
        ),
        pytest.param(
            UNNAMED,
            {"namespace": "shop", "cluster": "ap"},
            "",
            RouteRule.OTHER_CLUSTER,
            "",
            id="unnamed is not ap",
        ),
        pytest.param(
            ALL, {"namespace": "shop", "cluster": "us"}, "", RouteRule.NAMESPACE, "shop-us", id="by the label"
        ),
        pytest.param(
            ALL, {"namespace": "shop"}, "us", RouteRule.NAMESPACE, "shop-us", id="by the token's cluster"
        ),
        pytest.param(
            ALL,
            {"namespace": "shop", "cluster": "eu"},
            "us",
            RouteRule.NAMESPACE,
            "shop",
            id="the label first",
        ),
        pytest.param(
            ALL, {"namespace": "shop"}, "", RouteRule.NO_PLATFORM, "", id="of which cluster nobody said"
        ),
        pytest.param(
            ALL, {"namespace": "x", "team": "money"}, "eu", RouteRule.MATCHER, "bank", id="by its labels"
        ),
        pytest.param(ALL, {"namespace": "monitoring"}, "eu", RouteRule.NO_PLATFORM, "", id="two lean on it"),
        pytest.param(
            ALL, {"deployment": "checkout"}, "eu", RouteRule.SERVICE, "shop", id="a service of one alone"
        ),
        pytest.param(ALL, {"node": "a"}, "eu", RouteRule.NO_PLATFORM, "", id="a node of two platforms"),
        pytest.param(
            PlatformRegistry(platforms=(SHOP, platform("twin", "shop"))),
            {"namespace": "shop"},
            "",
            RouteRule.NO_PLATFORM,
            "",
            id="two claim one namespace",
        ),
        pytest.param(
            PlatformRegistry(platforms=(SHOP,), problems=("b.yaml line 1",)),
            {"namespace": "x", "cluster": "ap"},
            "",
            RouteRule.NO_PLATFORM,
            "",
            id="a file that cannot be read may name it",
        ),
        pytest.param(
            PlatformRegistry(), {"namespace": "x"}, "", RouteRule.NO_PLATFORM, "", id="no file at all"
        ),
    ],
)
def test_an_alert_goes_to_the_one_platform_that_it_belongs_to(
    registry: PlatformRegistry, labels: dict[str, str], token: str, rule: RouteRule, to: str
) -> None:
    """Never to another's: in doubt to nobody's, with the sentence that says so."""
    route = route_alert(alert(**labels), registry, token)

    assert (route.rule, route.platform) == (rule, to)
    assert route.because


def test_a_heartbeat_is_nobodys() -> None:
    """It fires while all is well."""
    assert route_alert(Alert(name="Watchdog", labels={}, starts_at=NOON), ONE).rule is RouteRule.HEARTBEAT


@pytest.mark.parametrize(
    ("platforms", "says"),
    [
        pytest.param((SHOP, BANK, SHOP_US), "", id="two clusters may share a namespace's name"),
        pytest.param(
            (SHOP, platform("twin", "shop")), "both claim namespace shop of cluster eu", id="one namespace"
        ),
        pytest.param((SHOP, platform("shop", "other")), "are called shop", id="one name"),
        pytest.param(
            (BANK, platform("mint", "mint", matchers=({"team": "money"},))),
            "both match team=money",
            id="one matcher",
        ),
    ],
)
def test_what_two_platform_files_both_claim_is_said(platforms: tuple[Platform, ...], says: str) -> None:
    """One sentence, before an alert finds out."""
    said = registry_conflicts(PlatformRegistry(platforms=platforms))

    assert says in " ".join(said)
    assert bool(said) is bool(says)


SERVICES = (
    Service(name="auth", workload="deployment/auth-service", service="auth-http", depends_on=("db",)),
    Service(name="db", workload="statefulset/postgres"),
    Service(name="web", workload="deployment/web", depends_on=("auth",)),
)


@pytest.mark.parametrize(
    ("labels", "subject"),
    [
        ({"service": "auth"}, "auth"),
        ({"deployment": "auth-service"}, "auth"),
        ({"service": "auth-http"}, "auth"),
        ({"pod": "auth-service-7d9f8b6c5d-x2x7k"}, "auth"),
        ({"statefulset": "postgres"}, "db"),
        ({"pod": "postgres-0"}, "db"),
        ({"job": "kube-state-metrics", "service": "kube-state-metrics", "deployment": "web"}, "web"),
        ({"job": "kube-state-metrics", "service": "kube-state-metrics"}, ""),
        ({"node": "a"}, ""),
    ],
)
def test_an_alert_is_about_the_service_that_its_labels_name(labels: dict[str, str], subject: str) -> None:
    """However the rule spells it; who scraped it is not what it is about."""
    assert alert_subject(alert(**labels), SERVICES) == subject


def test_a_service_leans_on_what_it_reaches() -> None:
    """Directly or through others."""
    assert dependencies(Platform(name="p", namespace="p", services=SERVICES)) == {
        "auth": {"db"},
        "db": set(),
        "web": {"auth", "db"},
    }
