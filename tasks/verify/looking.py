"""The looks that prove recovery: endpoints, users' requests, traffic inside the cluster, the monitoring's numbers."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from blocks.cluster import Cluster
from blocks.prometheus import Monitoring
from blocks.web import probe
from outage.errors import ClusterError, MonitoringError, OutageError
from outage.objects import labels, selects
from outage.platform import Platform, Service
from outage.snapshot import Rates, Snapshot
from outage.value import Manifest
from outage.verification import Check, endpoints, probes, traffic
from tasks.probe.reach import targets_of, try_from

PROBES_AT_ONCE = 6
PROBE_SECONDS = 5.0
EXEC_SECONDS = 8.0


def picture(cluster: Cluster, platform: Platform, now: datetime) -> Snapshot:
    """Pods and EndpointSlices of the platform's namespace, read past every cache."""
    objects: dict[str, tuple[Manifest, ...]] = {}
    for kind in ("Pod", "EndpointSlice"):
        try:
            objects[kind] = tuple(cluster.list(kind, platform.namespace))
        except ClusterError:
            continue  # unseen; the checks say so
    return Snapshot(taken_at=now, namespaces=(platform.namespace,), objects=objects)


def look_at_endpoints(seen: Snapshot, platform: Platform) -> tuple[Check, ...]:
    """Every Service of the platform file that should have endpoints has the right ones."""
    checks = [endpoints(one, seen, platform.namespace) for one in platform.services if one.service]
    return worst_first(checks, "endpoints", "Services have ready endpoints of their own workload")


def look_as_user(platform: Platform) -> Check:
    """Ask every endpoint of the platform file as a user would.

    Source: runbook "Health Check Verification".
    """
    with ThreadPoolExecutor(PROBES_AT_ONCE) as pool:
        seen = pool.map(
            lambda one: probe(
                one.url,
                service=one.service,
                resolve=platform.resolve,
                ca_file=platform.ca_file,
                within_seconds=PROBE_SECONDS,
            ),
            platform.endpoints,
        )
        return probes(tuple(seen), platform)


def look_from_inside(cluster: Cluster, platform: Platform, seen: Snapshot) -> tuple[Check, ...]:
    """From a pod of each service, its dependencies by Service name: DNS and the connection.

    Source: runbook "Network Issues".
    """
    checks = [
        _reaches(cluster, platform, one, seen) for one in platform.services if targets_of(platform, one)
    ]
    return worst_first(checks, "inside", "services reach all their dependencies by name")


def _reaches(cluster: Cluster, platform: Platform, service: Service, seen: Snapshot) -> Check:
    pods = [one for one in seen.kind("Pod", platform.namespace) if selects(service.selector, labels(one))]
    running = [one for one in pods if (one.get("status") or {}).get("phase") == "Running"]
    if not running:
        return Check(name="inside", ok=None, says=f"no pod of {service.name} runs to look from")
    targets = targets_of(platform, service)
    try:
        name = running[0]["metadata"]["name"]
        answers = try_from(cluster, platform.namespace, name, targets, EXEC_SECONDS)
    except ClusterError as error:
        return Check(name="inside", ok=None, says=str(error))
    lost = [one for one in answers if not one.reached]
    if lost:
        where = f"{lost[0].host}:{lost[0].port}" if lost[0].port else lost[0].host
        return Check(name="inside", ok=False, says=f"{service.name} does not reach {where}: {lost[0].says}")
    return Check(name="inside", ok=True, says=f"{service.name} reaches {len(targets)} dependencies")


def look_at_traffic(monitoring: Monitoring | None, platform: Platform, now: datetime) -> tuple[Check, ...]:
    """Errors and latency now against an hour ago.

    Source: runbook "Monitor Recovery".
    """
    rates: tuple[Rates, ...] = ()
    try:
        if monitoring is not None:
            rates = tuple(monitoring.rates(platform, now))
    except MonitoringError as error:
        return (Check(name="errors", ok=None, says=str(error)),)
    return traffic(rates)


def worst_first(checks: list[Check], name: str, well: str) -> tuple[Check, ...]:
    """The failing and unseen checks as they are, the good ones as one sentence."""
    good = [one for one in checks if one.ok]
    summary = [Check(name=name, ok=True, says=f"{len(good)} of {len(checks)} {well}")] if good else []
    return (*(one for one in checks if one.ok is False), *summary, *(one for one in checks if one.ok is None))


def unseen(name: str, look: Callable[[], Check]) -> Check:
    """A look whose errors become a check that could not be made."""
    try:
        return look()
    except OutageError as error:
        return Check(name=name, ok=None, says=str(error))
