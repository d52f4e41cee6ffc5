"""What counts as recovered: the spec as the plan wants it, the right pods behind the Services, users content, steady.

"Ready once" is not recovered. Pure: the looks and the moments are arguments. A check that could not be made says
so and stands against nobody, but a recovery that nothing could prove is not one.
"""

from collections.abc import Iterable, Mapping, Sequence

from outage.objects import dig, labels, selects
from outage.platform import Endpoint, Platform, Service
from outage.snapshot import Probe, Rates, Snapshot
from outage.value import Manifest, Value

ERRORS_ALLOWED = 0.02
"""Share of failing requests that is noise, when nothing is known of before."""
ERRORS_MORE = 0.02
"""How much above an hour ago still counts as before."""
SLOWER_TIMES = 2.0
"""How many times the latency of an hour ago still counts as before."""
SLOW_FROM_SECONDS = 0.5
"""Below this a doubled latency troubles nobody."""


class Check(Value):
    """One thing that was looked at to prove recovery."""

    name: str
    """Stable: `rollout`, `endpoints`, `probes`, `traffic`, `errors`, `latency`, `restarts`, `smoke`, `soak`, …"""
    ok: bool | None
    """None when it could not be seen."""
    says: str


class Verified(Value):
    """Whether the platform recovered, and how that is known."""

    recovered: bool
    says: str
    checks: tuple[Check, ...] = ()
    gave_up_early: bool = False
    """Whether it was lost before the time was over."""

    @property
    def failed(self) -> tuple[Check, ...]:
        """What speaks against recovery."""
        return tuple(check for check in self.checks if check.ok is False)


def concluded(checks: Sequence[Check], early: bool = False) -> Verified:
    """Recovered when nothing failed and at least one thing was seen to be well."""
    failed = [check for check in checks if check.ok is False]
    well = [check for check in checks if check.ok]
    unseen = [check.name for check in checks if check.ok is None]
    beside = f" (not seen: {', '.join(unseen)})" if unseen else ""
    if failed:
        says = f"not recovered: {failed[0].says}"
    elif not well:
        says = "not recovered: nothing could be looked at, and an empty view is not a healthy one"
    else:
        says = f"recovered: {len(well)} checks are well{beside}"
    return Verified(recovered=not failed and bool(well), says=says, checks=tuple(checks), gave_up_early=early)


def rollout(workload: Manifest | None, name: str) -> Check:
    """What `kubectl rollout status` waits for.

    Source: runbook "Service Restart".
    """
    if workload is None:
        return Check(name="rollout", ok=False, says=f"{name} is not there")
    wanted = dig(workload, "spec.replicas", 1)
    if workload.get("kind") == "DaemonSet":
        wanted = dig(workload, "status.desiredNumberScheduled", 0)
    seen = dig(workload, "status.observedGeneration", 0) >= dig(workload, "metadata.generation", 0)
    updated = dig(workload, "status.updatedReplicas", dig(workload, "status.updatedNumberScheduled", 0))
    ready = dig(workload, "status.availableReplicas", dig(workload, "status.numberAvailable", 0))
    total = dig(workload, "status.replicas", dig(workload, "status.currentNumberScheduled", 0))
    done = seen and updated >= wanted and ready >= wanted and total <= max(updated, wanted)
    return Check(
        name="rollout", ok=done, says=f"{name}: {min(updated, wanted)} of {wanted} updated, {ready} available"
    )


def stuck(workload: Manifest | None) -> str | None:
    """Why a rollout will never complete, by its controller's own word, or None while it may."""
    for condition in dig(workload or {}, "status.conditions", []):
        if condition.get("type") == "Progressing" and condition.get("reason") == "ProgressDeadlineExceeded":
            return str(condition.get("message") or "its progress deadline is over")
    return None


def endpoints(service: Service, snapshot: Snapshot, namespace: str) -> Check:
    """The addresses behind a Service must be ready, and belong to the pods that it should reach."""
    if service.service is None:
        return Check(name="endpoints", ok=None, says=f"{service.name} has no Service")
    if not (snapshot.saw("EndpointSlice") and snapshot.saw("Pod")):
        return Check(name="endpoints", ok=None, says=f"the endpoints of {service.name} could not be seen")
    pods = {pod["metadata"]["name"]: pod for pod in snapshot.kind("Pod", namespace)}
    behind = list(_addresses(snapshot.kind("EndpointSlice", namespace), service.service))
    ready = [one for one in behind if dig(one, "conditions.ready", True)]
    strangers = [name for one in ready if (name := _stranger(one, service, pods))]
    if not ready:
        return Check(name="endpoints", ok=False, says=f"service/{service.service} has no ready endpoint")
    if strangers:
        says = f"service/{service.service} reaches pods that are not of {service.workload}: {strangers[0]}"
        return Check(name="endpoints", ok=False, says=says)
    return Check(
        name="endpoints", ok=True, says=f"service/{service.service} has {len(ready)} ready endpoints"
    )


def _addresses(slices: Iterable[Manifest], service: str) -> Iterable[Manifest]:
    for one in slices:
        if labels(one).get("kubernetes.io/service-name") == service:
            yield from one.get("endpoints") or []


def _stranger(endpoint: Manifest, service: Service, pods: dict[str, Manifest]) -> str | None:
    """The name of the pod behind an endpoint when it is not one of the service's own."""
    name = dig(endpoint, "targetRef.name", "")
    pod = pods.get(name)
    if not service.selector or pod is None:
        return None  # not known to us (yet): nothing can be said
    return None if selects(service.selector, labels(pod)) else str(name)


def probes(seen: Sequence[Probe], platform: Platform) -> Check:
    """Users must be content with every endpoint of the platform file.

    Source: runbook "Health Check Verification".
    """
    if not seen:
        return Check(name="probes", ok=None, says="no endpoint was asked")
    wanted = {endpoint.url: endpoint for endpoint in platform.endpoints}
    bad = [one for one in seen if not _content(one, wanted)]
    if bad:
        first = bad[0]
        came = first.problem or f"status {first.status} in {first.seconds or 0:.2f} s"
        return Check(
            name="probes", ok=False, says=f"{len(bad)} of {len(seen)} endpoints fail: {first.url}: {came}"
        )
    slowest = max(one.seconds or 0 for one in seen)
    return Check(name="probes", ok=True, says=f"{len(seen)} endpoints answer, the slowest in {slowest:.2f} s")


def _content(probe: Probe, wanted: Mapping[str, Endpoint]) -> bool:
    endpoint = wanted.get(probe.url)
    if endpoint is None:
        return probe.ok
    return probe.status == endpoint.expect_status and (probe.seconds or 0) <= endpoint.slow_after_seconds


def traffic(rates: Sequence[Rates]) -> tuple[Check, ...]:
    """Errors and latency of every service against an hour ago, as the monitoring counts them."""
    if not rates:
        return (Check(name="errors", ok=None, says="the monitoring gave no numbers"),)
    return (_errors(rates), _latency(rates))


def _errors(rates: Sequence[Rates]) -> Check:
    known = [one for one in rates if one.error_ratio is not None]
    if not known:
        return Check(name="errors", ok=None, says="the monitoring gave no error ratio")
    allowed = {
        one.service: max(ERRORS_ALLOWED, min(one.error_ratio_before or 0.0, 0.2) + ERRORS_MORE)
        for one in known
    }
    worst = max(known, key=lambda one: (one.error_ratio or 0) - allowed[one.service])
    ratio, limit = worst.error_ratio or 0.0, allowed[worst.service]
    says = f"{worst.service}: {ratio:.1%} of requests fail, allowed are {limit:.1%}"
    return Check(name="errors", ok=ratio <= limit, says=says)


def _latency(rates: Sequence[Rates]) -> Check:
    known = [
        one for one in rates if one.latency_seconds is not None and one.latency_seconds_before is not None
    ]
    if not known:
        return Check(name="latency", ok=None, says="the monitoring gave no latency to compare")
    limits = {
        one.service: max(SLOW_FROM_SECONDS, (one.latency_seconds_before or 0) * SLOWER_TIMES) for one in known
    }
    worst = max(known, key=lambda one: (one.latency_seconds or 0) / limits[one.service])
    now, limit = worst.latency_seconds or 0.0, limits[worst.service]
    return Check(
        name="latency",
        ok=now <= limit,
        says=f"{worst.service}: 95 % within {now:.2f} s, allowed are {limit:.2f} s",
    )


def restarts(before: dict[str, int], now: dict[str, int]) -> Check:
    """No container may have restarted since the verification began."""
    more = {
        name: count - before[name] for name, count in now.items() if name in before and count > before[name]
    }
    if more:
        name, count = max(more.items(), key=lambda one: one[1])
        return Check(name="restarts", ok=False, says=f"{name} restarted {count} times while it was watched")
    return Check(name="restarts", ok=True, says=f"none of {len(now)} containers restarted")


def restart_counts(pods: Iterable[Manifest]) -> dict[str, int]:
    """Restarts by `pod uid/container`, named so that a pod of the same name is another one."""
    return {
        f"{pod['metadata']['name']}/{one['name']}": int(one.get("restartCount", 0))
        for pod in pods
        for one in dig(pod, "status.containerStatuses", [])
    }
