"""The looks that prove recovery from outside: endpoints, users' requests, the monitoring's numbers."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from blocks.cluster import Cluster
from blocks.prometheus import Monitoring
from blocks.traffic import rates as traffic_rates
from blocks.web import probe
from outage.errors import ClusterError, MonitoringError
from outage.platform import Platform
from outage.rollouts import endpoints
from outage.service_level import probes, traffic
from outage.snapshot import Rates, Snapshot
from outage.value import Manifest
from outage.verification import Check

PROBES_AT_ONCE = 6
PROBE_SECONDS = 5.0


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
    checks = [
        endpoints(one, seen, platform.namespace, platform.slots, platform.services)
        for one in platform.services
        if one.service
    ]
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


def look_at_traffic(monitoring: Monitoring | None, platform: Platform, now: datetime) -> tuple[Check, ...]:
    """Errors and latency now against an hour ago, or as long ago as there are numbers.

    Source: runbook "Monitor Recovery".
    """
    rates: tuple[Rates, ...] = ()
    try:
        if monitoring is not None:
            rates = traffic_rates(monitoring, platform, now)
    except MonitoringError as error:
        return (Check(name="errors", ok=None, says=str(error)),)
    return traffic(rates)


def worst_first(checks: list[Check], name: str, well: str) -> tuple[Check, ...]:
    """The failing and unseen checks as they are, the good ones as one sentence."""
    good = [one for one in checks if one.ok]
    summary = [Check(name=name, ok=True, says=f"{len(good)} of {len(checks)} {well}")] if good else []
    return (*(one for one in checks if one.ok is False), *summary, *(one for one in checks if one.ok is None))
