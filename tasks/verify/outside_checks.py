"""The looks that prove recovery from outside: endpoints, users' requests, the monitoring's numbers."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from blocks.kubernetes import Cluster
from blocks.monitoring.prometheus import PrometheusReader
from blocks.monitoring.traffic import traffic_rates as traffic_rates
from blocks.web import probe_url
from outage.errors import ClusterError, MonitoringError
from outage.platforms.platform import Platform
from outage.snapshots.snapshot import Rates, Snapshot
from outage.value import Manifest
from outage.verification.recovery import RecoveryCheck
from outage.verification.rollout_status import endpoints_state
from outage.verification.service_level import probes_content, traffic_content

PROBES_AT_ONCE = 6
PROBE_SECONDS = 5.0


def outside_picture(cluster: Cluster, platform: Platform, now: datetime) -> Snapshot:
    """Pods and EndpointSlices of the platform's namespace, read past every cache."""
    objects: dict[str, tuple[Manifest, ...]] = {}
    for kind in ("Pod", "EndpointSlice"):
        try:
            objects[kind] = tuple(cluster.list(kind, platform.namespace))
        except ClusterError:
            continue  # unseen; the checks say so
    return Snapshot(taken_at=now, namespaces=(platform.namespace,), objects=objects)


def check_endpoints(seen: Snapshot, platform: Platform) -> tuple[RecoveryCheck, ...]:
    """Every Service of the platform file that should have endpoints has the right ones."""
    checks = [
        endpoints_state(one, seen, platform.namespace, platform.slots, platform.services)
        for one in platform.services
        if one.service
    ]
    return worst_first(checks, "endpoints", "Services have ready endpoints of their own workload")


def check_as_user(platform: Platform) -> RecoveryCheck:
    """Ask every endpoint of the platform file as a user would.

    Source: runbook "Health Check Verification".
    """
    with ThreadPoolExecutor(PROBES_AT_ONCE) as pool:
        seen = pool.map(
            lambda one: probe_url(
                one.url,
                service=one.service,
                resolve=platform.resolve,
                ca_file=platform.ca_file,
                within_seconds=PROBE_SECONDS,
            ),
            platform.endpoints,
        )
        return probes_content(tuple(seen), platform)


def check_traffic(
    monitoring: PrometheusReader | None, platform: Platform, now: datetime
) -> tuple[RecoveryCheck, ...]:
    """Errors and latency now against an hour ago, or as long ago as there are numbers.

    Source: runbook "Monitor Recovery".
    """
    rates: tuple[Rates, ...] = ()
    try:
        if monitoring is not None:
            rates = traffic_rates(monitoring, platform, now)
    except MonitoringError as error:
        return (RecoveryCheck(name="errors", ok=None, says=str(error)),)
    return traffic_content(rates)


def worst_first(checks: list[RecoveryCheck], name: str, well: str) -> tuple[RecoveryCheck, ...]:
    """The failing and unseen checks as they are, the good ones as one sentence."""
    good = [one for one in checks if one.ok]
    summary = [RecoveryCheck(name=name, ok=True, says=f"{len(good)} of {len(checks)} {well}")] if good else []
    return (*(one for one in checks if one.ok is False), *summary, *(one for one in checks if one.ok is None))
