"""Objects that bound or move others, as one line each: quotas, limits, policies, scalers, claims, schedules."""

from collections.abc import Callable
from typing import Any

from outage.objects import dig
from outage.value import Manifest


def name(manifest: Manifest) -> str:
    """The bare name."""
    return str(manifest["metadata"]["name"])


def quota(manifest: Manifest) -> str:
    """Used of hard, resource by resource."""
    hard, used = dig(manifest, "status.hard", {}), dig(manifest, "status.used", {})
    return f"{name(manifest)}  " + ", ".join(
        f"{key} {used.get(key, '?')} of {hard[key]}" for key in sorted(hard)
    )


def policy(manifest: Manifest) -> str:
    """What a NetworkPolicy selects and in which direction it speaks."""
    selector = dig(manifest, "spec.podSelector.matchLabels", {})
    chosen = ",".join(f"{key}={value}" for key, value in selector.items()) or "every pod"
    kinds = "+".join(dig(manifest, "spec.policyTypes", []))
    rules = len(dig(manifest, "spec.ingress", [])) + len(dig(manifest, "spec.egress", []))
    return f"{name(manifest)}  {kinds} of {chosen}, {rules} rules"


def autoscaler(manifest: Manifest) -> str:
    """`web  of deployment/web  2 now, 4 wanted, 2 to 10  ScalingActive=False (FailedGetResourceMetric)`."""
    target = dig(manifest, "spec.scaleTargetRef", {})
    least, most = dig(manifest, "spec.minReplicas", 1), dig(manifest, "spec.maxReplicas", "?")
    status = manifest.get("status") or {}
    bad = [
        f"{one['type']}={one['status']} ({one.get('reason', '')})"
        for one in dig(manifest, "status.conditions", [])
        if (one["status"] == "True") is (one["type"] == "ScalingLimited")
    ]
    return "  ".join(
        [
            f"{name(manifest)}  of {str(target.get('kind', '?')).lower()}/{target.get('name', '?')}",
            f"{status.get('currentReplicas', '?')} now, {status.get('desiredReplicas', '?')} wanted, {least} to {most}",
            *bad,
        ]
    )


def claim(manifest: Manifest) -> str:
    """`data-db-0  Pending  1Gi  class fast  volume none`."""
    size = dig(manifest, "status.capacity.storage", dig(manifest, "spec.resources.requests.storage", "?"))
    return (
        f"{name(manifest)}  {dig(manifest, 'status.phase', '?')}  {size}  "
        f"class {dig(manifest, 'spec.storageClassName', 'default')}  volume {dig(manifest, 'spec.volumeName', 'none')}"
    )


def limits(manifest: Manifest) -> str:
    """`defaults  Container: default cpu=1,memory=1Gi; max memory=2Gi`."""
    parts = [
        f"{one.get('type', '?')}: {'; '.join(f'{kind} {_pairs(one[kind])}' for kind in BOUNDS if one.get(kind))}"
        for one in dig(manifest, "spec.limits", [])
    ]
    return f"{name(manifest)}  {', '.join(parts) or 'no limits'}"


BOUNDS = ("default", "defaultRequest", "min", "max", "maxLimitRequestRatio")


def _pairs(amounts: dict[str, Any]) -> str:
    return ",".join(f"{key}={amounts[key]}" for key in sorted(amounts))


def priority(manifest: Manifest) -> str:
    """`urgent  1000000  global default  preempts`."""
    default = "  global default" if manifest.get("globalDefault") else ""
    never = "never preempts" if manifest.get("preemptionPolicy") == "Never" else "preempts"
    return f"{name(manifest)}  {manifest.get('value', 0)}{default}  {never}"


def schedule(manifest: Manifest) -> str:
    """`backup  0 3 * * *  suspended  last 2030-01-01T03:00:00Z`."""
    resting = "  suspended" if dig(manifest, "spec.suspend") else ""
    running = len(dig(manifest, "status.active", []))
    active = f"  {running} running" if running else ""
    last = dig(manifest, "status.lastScheduleTime", "never")
    return f"{name(manifest)}  {dig(manifest, 'spec.schedule', '?')}{resting}{active}  last {last}"


def job(manifest: Manifest) -> str:
    """`migrate  0 of 1 succeeded, 1 running, 3 failed`."""
    counts = [
        f"{dig(manifest, f'status.{kind}', 0)} {word}"
        for kind, word in (("active", "running"), ("failed", "failed"))
    ]
    wanted = dig(manifest, "spec.completions", 1)
    return (
        f"{name(manifest)}  {dig(manifest, 'status.succeeded', 0)} of {wanted} succeeded, {', '.join(counts)}"
    )


def disruption(manifest: Manifest) -> str:
    """`web  at least 1 available  0 disruptions allowed (1 of 1 healthy)`."""
    least, most = dig(manifest, "spec.minAvailable"), dig(manifest, "spec.maxUnavailable")
    rule = f"at least {least} available" if least is not None else f"at most {most} unavailable"
    status = manifest.get("status") or {}
    healthy = f"{status.get('currentHealthy', '?')} of {status.get('expectedPods', '?')} healthy"
    return (
        f"{name(manifest)}  {rule}  {status.get('disruptionsAllowed', '?')} disruptions allowed ({healthy})"
    )


BOUNDING: dict[str, Callable[[Manifest], str]] = {
    "ResourceQuota": quota,
    "NetworkPolicy": policy,
    "HorizontalPodAutoscaler": autoscaler,
    "PersistentVolumeClaim": claim,
    "LimitRange": limits,
    "PriorityClass": priority,
    "CronJob": schedule,
    "Job": job,
    "PodDisruptionBudget": disruption,
}
