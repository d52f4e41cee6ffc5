"""What is kept of each look for the time after the incident: the traffic as it was measured, and the weak spots."""

import itertools
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from outage.kubernetes.readiness import is_pod_ready
from outage.reports.post_incident.weak_spots import WeakSpots, weak_spots
from outage.snapshots.case import Case
from outage.snapshots.snapshot import Rates, Snapshot
from outage.value import Value

LOOK = "look/"
"""What the name of an archived look begins with."""


class KeptLook(Value):
    """One look."""

    phase: str
    """`triage`, `investigate`; `verify` of a round of the proof, which measures traffic alone."""
    at: datetime
    rates: tuple[Rates, ...] = ()
    weak: WeakSpots | None = None
    ready_pods: int | None = None
    """Pods of the platform that were ready; None when they could not be listed, or were not kept."""


class LostRequests(Value):
    """Requests of one service that failed between the first and the last look that measured them."""

    service: str
    count: int
    looks: int
    since: datetime
    until: datetime


def kept_look(phase: str, case: Case) -> KeptLook:
    """What to keep of a look."""
    return KeptLook(
        phase=phase,
        at=case.snapshot.taken_at,
        rates=case.snapshot.rates,
        weak=weak_spots(case),
        ready_pods=ready_pods(case.snapshot, case.platform.namespace),
    )


def ready_pods(seen: Snapshot, namespace: str) -> int | None:
    """How many pods of a namespace were ready; None when the picture does not show them."""
    if not seen.saw("Pod"):
        return None
    return sum(is_pod_ready(one) for one in seen.kind("Pod", namespace))


def lost_requests(looks: Sequence[KeptLook]) -> tuple[LostRequests, ...]:
    """How many requests of each service failed, as far as two looks measured both numbers.

    Between two looks the failing rate is taken to go in a straight line; before the first and after the last nobody
    measured, and nothing is added.
    """
    services = sorted({one.service for look in looks for one in look.rates})
    found = ((service, list(_failing(service, looks))) for service in services)
    return tuple(
        LostRequests(
            service=service,
            count=round(_area(points)),
            looks=len(points),
            since=points[0][0],
            until=points[-1][0],
        )
        for service, points in found
        if len(points) > 1 and _area(points) >= 1
    )


def _failing(service: str, looks: Sequence[KeptLook]) -> Iterator[tuple[datetime, float]]:
    """When, and how many requests a second failed."""
    for look in sorted(looks, key=lambda one: one.at):
        for one in look.rates:
            if one.service == service and one.error_ratio is not None and one.requests_per_second is not None:
                yield look.at, one.error_ratio * one.requests_per_second


def _area(points: Sequence[tuple[datetime, float]]) -> float:
    pairs = itertools.pairwise(points)
    return sum((then[1] + now[1]) / 2 * ((now[0] - then[0]) / timedelta(seconds=1)) for then, now in pairs)
