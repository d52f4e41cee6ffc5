"""Whether the pods come near their memory limits while they are watched: what fills up now fails later. Pure."""

from collections.abc import Iterable, Mapping

from outage.kubernetes.objects import dig
from outage.kubernetes.quantity import parsed_quantity
from outage.snapshots.snapshot import Usage
from outage.value import Manifest
from outage.verification.recovery import RecoveryCheck

NEAR_LIMIT = 0.95
"""Share of the memory limit from which a pod that grows is about to be killed."""
GREW = 0.1
"""Share of the limit by which it must have grown while it was watched: some live near their limit, and live well."""


def memory_shares(usage: Iterable[Usage], pods: Iterable[Manifest]) -> dict[str, float]:
    """Memory in use as a share of the limit, by pod; pods with a container without a limit are left out."""
    used = {one.name: one.memory_bytes for one in usage}
    limits = {one["metadata"]["name"]: _limit(one) for one in pods}
    return {name: used[name] / limit for name, limit in limits.items() if limit and name in used}


def _limit(pod: Manifest) -> float | None:
    limits = [parsed_quantity(dig(one, "resources.limits.memory")) for one in dig(pod, "spec.containers", [])]
    known = [one for one in limits if one]
    return sum(known) if known and len(known) == len(limits) else None


def resources_steady(first: Mapping[str, float], now: Mapping[str, float]) -> RecoveryCheck:
    """No pod may grow to its memory limit while it is watched.

    Source: runbook "Monitor Recovery" ("Monitor resource utilization").

    Args:
        first: Shares of the limit by pod, when each was first seen.
        now: The same now.
    """
    if not now:
        return RecoveryCheck(name="resources", ok=None, says="no pod's use could be compared with a limit")
    fullest = max(now, key=lambda one: now[one])
    says = f"{fullest} uses {now[fullest]:.0%} of its memory limit, the most of {len(now)} pods"
    filling = [
        name for name, share in now.items() if share >= NEAR_LIMIT and share - first.get(name, share) >= GREW
    ]
    if filling:
        grew = f"{filling[0]} grew from {first[filling[0]]:.0%} to {now[filling[0]]:.0%} of its memory limit"
        return RecoveryCheck(name="resources", ok=False, says=f"{grew} while it was watched")
    return RecoveryCheck(name="resources", ok=True, says=says)
