"""Which service of a platform an alert is about, and which services' outages explain which others'."""

import re
from collections.abc import Mapping, Sequence

from outage.incidents.alert import Alert
from outage.platforms.platform import Platform, Service

NAMING = ("deployment", "statefulset", "daemonset", "service", "app", "app_kubernetes_io_name", "component")
"""Labels that name a workload or a Service, the surest first."""

SCRAPED_BY = ("job", "container")
"""Labels that often name the exporter: believed only when they name a service of the platform."""

POD = re.compile(r"-([a-z0-9]{6,10}-[a-z0-9]{5}|\d+|[a-z0-9]{5})$")
"""What a ReplicaSet's, a StatefulSet's or a DaemonSet's pod has behind its workload's name."""


def alert_subject(alert: Alert, services: Sequence[Service] = ()) -> str:
    """The service that an alert is about, by its name in the platform file; empty when it names none.

    Args:
        alert: What the monitoring told us.
        services: The platform's. Without them a workload's label is taken as it stands.
    """
    named = [alert.labels[key] for key in NAMING if alert.labels.get(key)]
    if alert.labels.get("pod"):
        named.insert(0, POD.sub("", alert.labels["pod"]))
    believed = [alert.labels[key] for key in SCRAPED_BY if alert.labels.get(key)]
    for word in (*named, *believed):
        if found := next((one.name for one in services if _is_called(one, word)), ""):
            return found
    return "" if services or not named else named[0]


def _is_called(service: Service, word: str) -> bool:
    return word in (service.name, service.service, service.workload.partition("/")[2])


def dependencies(platform: Platform | None) -> dict[str, frozenset[str]]:
    """Service → every service that it leans on, directly or through others."""
    direct = {one.name: one.depends_on for one in platform.services} if platform else {}
    return {name: _reached(name, direct) for name in direct}


def _reached(name: str, direct: Mapping[str, tuple[str, ...]]) -> frozenset[str]:
    seen: set[str] = set()
    ahead = list(direct.get(name, ()))
    while ahead:
        if (one := ahead.pop()) not in seen:
            seen.add(one)
            ahead += direct.get(one, ())
    return frozenset(seen - {name})
