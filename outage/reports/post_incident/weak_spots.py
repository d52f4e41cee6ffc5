"""Where a platform would fall at the next fault: services without probe, second replica, limit or budget.

Runbook: "Prevention Checklist".
"""

from collections.abc import Iterator
from datetime import datetime

from outage.kubernetes.objects import dig
from outage.kubernetes.workloads import workload_ref
from outage.platforms.platform import Service
from outage.snapshots.case import Case
from outage.value import Manifest, Value


class WeakSpots(Value):
    """What one picture shows; names are those of the platform file."""

    seen_at: datetime
    services: int = 0
    """Services whose workload was in the picture."""
    unseen: tuple[str, ...] = ()
    """Services of the platform whose workload was not."""
    without_probe: tuple[str, ...] = ()
    """No container of theirs has a readiness probe."""
    one_replica: tuple[str, ...] = ()
    without_limit: tuple[str, ...] = ()
    """A container of theirs has no memory limit."""
    without_budget: tuple[str, ...] | None = None
    """No PodDisruptionBudget covers them; None when the budgets could not be listed."""


def weak_spots(case: Case) -> WeakSpots:
    """Read the weak spots from a picture."""
    found = {one.name: _workload(case, one) for one in case.platform.services}
    seen = {name: workload for name, workload in found.items() if workload is not None}
    budgets = case.snapshot.kind("PodDisruptionBudget", case.platform.namespace)
    uncovered = tuple(name for name, one in seen.items() if not _is_covered(one, budgets))
    return WeakSpots(
        seen_at=case.snapshot.taken_at,
        services=len(seen),
        unseen=tuple(name for name in found if name not in seen),
        without_probe=tuple(name for name, one in seen.items() if not _has_probe(one)),
        one_replica=tuple(name for name, one in seen.items() if _replicas(one) == 1),
        without_limit=tuple(name for name, one in seen.items() if not _is_limited(one)),
        without_budget=uncovered if case.snapshot.saw("PodDisruptionBudget") else None,
    )


def _workload(case: Case, service: Service) -> Manifest | None:
    about = workload_ref(service.workload, case.platform.namespace)
    return case.snapshot.get(about.kind, about.namespace, about.name)


def _containers(workload: Manifest) -> Iterator[Manifest]:
    yield from dig(workload, "spec.template.spec.containers", [])


def _has_probe(workload: Manifest) -> bool:
    return any(one.get("readinessProbe") for one in _containers(workload))


def _is_limited(workload: Manifest) -> bool:
    return all(dig(one, "resources.limits.memory") for one in _containers(workload))


def _replicas(workload: Manifest) -> int | None:
    """As asked for; None of a DaemonSet, whose number the nodes decide."""
    return None if workload.get("kind") == "DaemonSet" else int(dig(workload, "spec.replicas", 1))


def _is_covered(workload: Manifest, budgets: tuple[Manifest, ...]) -> bool:
    labels = dig(workload, "spec.template.metadata.labels", {})
    return any(_selects(dig(one, "spec.selector", {}), labels) for one in budgets)


def _selects(selector: Manifest, labels: Manifest) -> bool:
    """Whether a budget's selector matches; one with expressions is taken to: it was written for something."""
    wanted = selector.get("matchLabels") or {}
    return bool(wanted or selector.get("matchExpressions")) and all(
        labels.get(key) == value for key, value in wanted.items()
    )
