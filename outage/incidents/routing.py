"""Whose alert is it: by its cluster, its namespace and its labels, one platform's or nobody's.

Doubt is nobody's: an alert that two platforms could claim, or that names a cluster which no file names, never gets
a plan of either. It has an incident of its own all the same.
"""

from collections.abc import Sequence
from enum import StrEnum

from outage.incidents.alert import Alert
from outage.incidents.alert_subject import alert_subject
from outage.platforms.platform import Platform
from outage.platforms.platform_registry import PlatformRegistry
from outage.value import Value

HEARTBEATS = frozenset({"Watchdog", "InfoInhibitor", "DeadMansSwitch"})
"""Alerts that fire while all is well, to show that the monitoring lives: they open nothing."""


class RouteRule(StrEnum):
    """Which rule sent an alert where it went."""

    HEARTBEAT = "heartbeat"
    NAMESPACE = "namespace"
    MATCHER = "matcher"
    SURROUNDINGS = "surroundings"
    SERVICE = "service"
    ONLY_PLATFORM = "only-platform"
    NO_PLATFORM = "no-platform"
    OTHER_CLUSTER = "other-cluster"


class Route(Value):
    """Where one alert goes, and why."""

    rule: RouteRule
    because: str
    """One sentence for people."""
    platform: str = ""
    """Name of the platform that answers; empty when none does."""
    cluster: str = ""
    namespace: str = ""
    """Where is looked: the platform's main namespace, else the alert's own; empty when it names none."""

    @property
    def answered(self) -> bool:
        """Whether a platform's own plan may come of it."""
        return bool(self.platform)


def route_alert(alert: Alert, registry: PlatformRegistry, token_cluster: str = "") -> Route:
    """Find the platform that an alert belongs to.

    Args:
        alert: What the monitoring told us.
        registry: All platforms.
        token_cluster: The cluster whose token the sender showed; empty when the token is everybody's.
    """
    cluster = _cluster(alert, registry, token_cluster)
    if alert.name in HEARTBEATS:
        return Route(
            rule=RouteRule.HEARTBEAT, because=f"{alert.name} fires while all is well", cluster=cluster
        )
    here = registry.of_cluster(cluster)
    if not here and cluster and registry.platforms and not registry.problems:
        return _other_cluster(alert, registry, cluster)
    for find in (_by_namespace, _by_matcher, _by_surroundings, _by_service, _by_being_alone):
        if found := find(alert, here):
            return found.model_copy(update={"cluster": cluster})
    return _nobodys(alert, registry, cluster)


def _cluster(alert: Alert, registry: PlatformRegistry, token_cluster: str) -> str:
    """The label's, else the token's, else the only one there is."""
    said = alert.labels.get("cluster", "") or token_cluster
    if said or len(registry.clusters) != 1:
        return said
    return registry.clusters[0]


def _to(rule: RouteRule, platform: Platform, because: str) -> Route:
    return Route(rule=rule, because=because, platform=platform.name, namespace=platform.namespace)


def _by_namespace(alert: Alert, here: Sequence[Platform]) -> Route | None:
    owners = [one for one in here if alert.namespace in one.own_namespaces]
    if len(owners) != 1:
        return None
    says = f"namespace {alert.namespace} is platform {owners[0].name}'s"
    return _to(RouteRule.NAMESPACE, owners[0], says)


def _by_matcher(alert: Alert, here: Sequence[Platform]) -> Route | None:
    found = [(one, matcher) for one in here for matcher in one.matchers if _matches(alert, matcher)]
    if len({one.name for one, _ in found}) != 1:
        return None
    platform, matcher = found[0]
    said = ", ".join(f"{key}={value}" for key, value in sorted(matcher.items()))
    return _to(RouteRule.MATCHER, platform, f"platform {platform.name} matches {said}")


def _matches(alert: Alert, matcher: dict[str, str]) -> bool:
    return bool(matcher) and all(alert.labels.get(key) == value for key, value in matcher.items())


def _by_surroundings(alert: Alert, here: Sequence[Platform]) -> Route | None:
    leaning = [one for one in here if alert.namespace and alert.namespace in one.critical_namespaces]
    if len(leaning) != 1:
        return None
    says = f"of the cluster's platforms only {leaning[0].name} leans on namespace {alert.namespace}"
    return _to(RouteRule.SURROUNDINGS, leaning[0], says)


def _by_service(alert: Alert, here: Sequence[Platform]) -> Route | None:
    if alert.namespace:
        return None
    knowing = [one for one in here if one.services]
    named = [(one, service) for one in knowing if (service := alert_subject(alert, one.services))]
    if len(named) != 1:
        return None
    platform, service = named[0]
    says = f"it names no namespace, and {service} is a service of platform {platform.name} alone"
    return _to(RouteRule.SERVICE, platform, says)


def _by_being_alone(alert: Alert, here: Sequence[Platform]) -> Route | None:
    if alert.namespace or len(here) != 1:
        return None
    says = f"it names no namespace, and {here[0].name} is the only platform of its cluster"
    return _to(RouteRule.ONLY_PLATFORM, here[0], says)


def _other_cluster(alert: Alert, registry: PlatformRegistry, cluster: str) -> Route:
    known = ", ".join(one for one in registry.clusters if one)
    named = f"they name {known}" if known else "they name none: write `cluster: {name: …}` if it is this one"
    says = f"no platform file names cluster {cluster}; {named}"
    return Route(rule=RouteRule.OTHER_CLUSTER, because=says, cluster=cluster, namespace=alert.namespace)


def _nobodys(alert: Alert, registry: PlatformRegistry, cluster: str) -> Route:
    here = registry.of_cluster(cluster)
    owners = [one.name for one in here if alert.namespace and alert.namespace in one.own_namespaces]
    if owners:
        says = f"platforms {' and '.join(owners)} both claim namespace {alert.namespace}, so neither answers"
    elif alert.namespace:
        says = (
            f"no platform file names namespace {alert.namespace}{f' of cluster {cluster}' if cluster else ''}"
        )
    else:
        says = "it names no namespace, and no rule says whose it is"
    if registry.problems:
        says = f"{says}; not readable: {'; '.join(registry.problems)}"
    return Route(rule=RouteRule.NO_PLATFORM, because=says, cluster=cluster, namespace=alert.namespace)
