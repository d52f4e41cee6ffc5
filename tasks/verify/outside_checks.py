"""The looks that prove recovery from outside: endpoints, users' requests, the monitoring's numbers."""

from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import TypeVar

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

Seen = TypeVar("Seen")


def outside_picture(cluster: Cluster, platform: Platform, now: datetime) -> Snapshot:
    """Pods and EndpointSlices of the platform's namespace, read past every cache.

    Args:
        cluster: The reading door.
        platform: Whose namespace is read.
        now: When it is read, aware UTC.
    """
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
        endpoints_state(one, seen, platform.namespace, platform.slots, platform.services).model_copy(
            update={"about": (one.name,)}
        )
        for one in platform.services
        if one.service
    ]
    return worst_first(checks, "endpoints", "Services have ready endpoints of their own workload")


def check_as_user(platform: Platform, own: Collection[str] = ()) -> tuple[RecoveryCheck, ...]:
    """Ask every endpoint of the platform file as a user would.

    Source: runbook "Health Check Verification".

    Args:
        platform: Whose endpoints.
        own: Names of services that are judged by themselves, so that another one's failure does not hide theirs.
    """
    with ThreadPoolExecutor(PROBES_AT_ONCE) as pool:
        seen = tuple(
            pool.map(
                lambda one: probe_url(
                    one.url,
                    service=one.service,
                    resolve=platform.resolve,
                    ca_file=platform.ca_file,
                    within_seconds=PROBE_SECONDS,
                ),
                platform.endpoints,
            )
        )
    parts = apart([(one.service, one) for one in seen], own)
    return tuple(probes_content(part, platform) for part in parts)


def check_traffic(
    monitoring: PrometheusReader | None,
    platform: Platform,
    now: datetime,
    own: Collection[str] = (),
    keep: Callable[[tuple[Rates, ...]], None] = lambda rates: None,
) -> tuple[RecoveryCheck, ...]:
    """Errors and latency now against an hour ago, or as long ago as there are numbers.

    Source: runbook "Monitor Recovery".

    Args:
        monitoring: Which Prometheus, or None.
        platform: Whose file holds the queries.
        now: The clock of what is asked for.
        own: As `check_as_user` takes it.
        keep: Takes what was measured.
    """
    rates: tuple[Rates, ...] = ()
    try:
        if monitoring is not None:
            rates = traffic_rates(monitoring, platform, now)
    except MonitoringError as error:
        return (RecoveryCheck(name="errors", ok=None, says=str(error)),)
    keep(rates)
    names = {one.service: one.name for one in platform.services if one.service}
    named = [(names.get(one.service, one.service), one) for one in rates]
    parts = apart([(name, one.model_copy(update={"service": name})) for name, one in named], own)
    return tuple(check for part in parts for check in traffic_content(part))


def apart(seen: Sequence[tuple[str, Seen]], own: Collection[str]) -> tuple[tuple[Seen, ...], ...]:
    """What was seen of these services, and what was seen of all others; one part when one of them is empty.

    Args:
        seen: Name of the service and what was seen of it.
        own: Names of services.
    """
    parts = (
        tuple(one for name, one in seen if name in own),
        tuple(one for name, one in seen if name not in own),
    )
    return tuple(part for part in parts if part) or ((),)


def worst_first(checks: list[RecoveryCheck], name: str, well: str) -> tuple[RecoveryCheck, ...]:
    """The failing and unseen checks as they are, the good ones as one sentence.

    Args:
        checks: Of one kind.
        name: What the joined good ones are called.
        well: What is said of them after `N of M`.

    Returns:
        Failing ones, the joined good ones, unseen ones.
    """
    good = [one for one in checks if one.ok]
    about = tuple(dict.fromkeys(name for one in good for name in one.about))
    says = f"{len(good)} of {len(checks)} {well}"
    summary = [RecoveryCheck(name=name, ok=True, says=says, about=about)] if good else []
    return (*(one for one in checks if one.ok is False), *summary, *(one for one in checks if one.ok is None))
