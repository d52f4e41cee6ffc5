"""What counts as recovered: the spec as the plan wants it, the right pods behind the Services, users content, steady.

"Ready once" is not recovered. Pure: the looks and the moments are arguments. A check that could not be made says
so and stands against nobody, but a recovery that nothing could prove is not one.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from outage.diagnosis.moments import condition, moment
from outage.objects import dig, labels, selects
from outage.platform import Endpoint, Platform, Service, Slots
from outage.readable import back
from outage.snapshot import HOUR, Probe, Rates, Snapshot
from outage.value import Manifest, Value

ERRORS_ALLOWED = 0.02
"""Share of failing requests that is noise, when nothing is known of before."""
ERRORS_MORE = 0.02
"""How much above an hour ago still counts as before."""
ERRORS_AT_MOST = 0.05
"""Never more than this, whatever an hour ago was: that hour may have been an outage, too."""
SLOWER_TIMES = 2.0
"""How many times the latency of an hour ago still counts as before."""
SLOW_FROM_SECONDS = 0.5
"""Below this a doubled latency troubles nobody."""
SLOW_AT_MOST_SECONDS = 5.0
"""Nobody is content above this, however slow an hour ago was."""


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


def concluded(checks: Sequence[Check], platform: Platform, early: bool = False) -> Verified:
    """Recovered when nothing failed and what recovery cannot be told without was seen to be well."""
    failed = [check for check in checks if check.ok is False]
    well = [check for check in checks if check.ok]
    unseen = list(dict.fromkeys(check.name for check in checks if check.ok is None))
    missing = short_of(checks, platform)
    if failed:
        says = f"not recovered: {failed[0].says}"
    elif not well:
        says = "not recovered: nothing could be looked at, and an empty view is not a healthy one"
    elif missing:
        says = f"not recovered: {missing}"
    else:
        says = f"recovered: {len(well)} checks are well"
        says += f" (not seen: {', '.join(unseen)})" if unseen else ""
    recovered = not failed and bool(well) and missing is None
    return Verified(recovered=recovered, says=says, checks=tuple(checks), gave_up_early=early)


def short_of(checks: Sequence[Check], platform: Platform) -> str | None:
    """What must be seen to be well and was not, or None.

    That is the endpoints, and users or traffic: as far as the platform file gives any of them to look at.
    """
    endpoints = {"endpoints": "the endpoints"} if any(one.service for one in platform.services) else {}
    users = {"probes": "users' requests"} if platform.endpoints else {}
    if platform.monitoring.prometheus and platform.monitoring.error_ratio:
        users["errors"] = "the traffic"
    for wanted in (endpoints, users):
        if wanted and not any(check.ok and check.name in wanted for check in checks):
            whys = [check.says for check in checks if check.ok is None and check.name in wanted]
            because = f" ({whys[0]})" if whys else ""
            return f"{' and '.join(wanted.values())} could not be seen to be well{because}"
    return None


def rollout(workload: Manifest | None, name: str) -> Check:
    """What `kubectl rollout status` waits for.

    Source: runbook "Service Restart".
    """
    if workload is None:
        return Check(name="rollout", ok=False, says=f"{name} is not there")
    wanted = dig(workload, "spec.replicas", 1)
    if workload.get("kind") == "DaemonSet":
        wanted = dig(workload, "status.desiredNumberScheduled", 0)
    updated = dig(workload, "status.updatedReplicas", dig(workload, "status.updatedNumberScheduled", 0))
    ready = dig(workload, "status.availableReplicas", dig(workload, "status.numberAvailable", 0))
    total = dig(workload, "status.replicas", dig(workload, "status.currentNumberScheduled", 0))
    done = _noticed(workload) and updated >= wanted and ready >= wanted and total <= max(updated, wanted)
    return Check(
        name="rollout", ok=done, says=f"{name}: {min(updated, wanted)} of {wanted} updated, {ready} available"
    )


def stuck(workload: Manifest | None, since: datetime) -> str | None:
    """Why a rollout will never complete, by its controller's own word, or None while it may.

    Args:
        workload: The live object.
        since: When the waiting began. An older word speaks of what the plan has replaced.
    """
    if workload is None or not _noticed(workload):
        return None
    progress = condition(workload, "Progressing")
    said_at = moment(progress.get("lastUpdateTime"))
    if progress.get("reason") != "ProgressDeadlineExceeded" or said_at is None or said_at <= since:
        return None
    return str(progress.get("message") or "its progress deadline is over")


def _noticed(workload: Manifest) -> bool:
    """Whether its controller has seen the spec as it stands; before that its status says nothing."""
    return bool(dig(workload, "status.observedGeneration", 0) >= dig(workload, "metadata.generation", 0))


def endpoints(service: Service, snapshot: Snapshot, namespace: str, slots: Sequence[Slots] = ()) -> Check:
    """The addresses behind a Service must be ready, and belong to the pods that it should reach.

    Args:
        service: As the platform file has it.
        snapshot: Pods and EndpointSlices.
        namespace: Where they are.
        slots: Blue-green pairs: either side of a pair is right for its Service.
    """
    if service.service is None:
        return Check(name="endpoints", ok=None, says=f"{service.name} has no Service")
    if not (snapshot.saw("EndpointSlice") and snapshot.saw("Pod")):
        return Check(name="endpoints", ok=None, says=f"the endpoints of {service.name} could not be seen")
    pods = {pod["metadata"]["name"]: pod for pod in snapshot.kind("Pod", namespace)}
    behind = list(_addresses(snapshot.kind("EndpointSlice", namespace), service.service))
    ready = [one for one in behind if dig(one, "conditions.ready", True)]
    either = {one.label for one in slots if one.service == service.service}
    ours = {key: value for key, value in service.selector.items() if key not in either}
    strangers = [name for one in ready if (name := _stranger(one, ours, pods))]
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


def _stranger(endpoint: Manifest, selector: dict[str, str], pods: dict[str, Manifest]) -> str | None:
    """The name of the pod behind an endpoint when it is not one of the service's own."""
    name = dig(endpoint, "targetRef.name", "")
    pod = pods.get(name)
    if not selector or pod is None:
        return None  # not known to us (yet): nothing can be said
    return None if selects(selector, labels(pod)) else str(name)


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
    """Errors and latency of every service against an hour ago (or the oldest since), as the monitoring counts them.

    A younger number may be one of the outage: it allows no more errors, and no latency that nobody bears.
    """
    if not rates:
        return (Check(name="errors", ok=None, says="the monitoring gave no numbers"),)
    return (_errors(rates), _latency(rates))


def _errors(rates: Sequence[Rates]) -> Check:
    known = [one for one in rates if one.error_ratio is not None]
    if not known:
        return Check(name="errors", ok=None, says="the monitoring gave no error ratio")
    allowed = {one.service: _errors_allowed(one) for one in known}
    worst = max(known, key=lambda one: (one.error_ratio or 0) - allowed[one.service])
    ratio, limit = worst.error_ratio or 0.0, allowed[worst.service]
    before = _against(worst.error_ratio_before, "{:.1%}", worst.error_ratio_age)
    says = f"{worst.service}: {ratio:.1%} of requests fail, allowed are {limit:.1%}{before}"
    return Check(name="errors", ok=ratio <= limit, says=says)


def _errors_allowed(one: Rates) -> float:
    before = one.error_ratio_before or 0.0 if one.error_ratio_age >= HOUR else 0.0
    return min(ERRORS_AT_MOST, max(ERRORS_ALLOWED, before + ERRORS_MORE))


def _latency(rates: Sequence[Rates]) -> Check:
    known = [
        one for one in rates if one.latency_seconds is not None and one.latency_seconds_before is not None
    ]
    if not known:
        return Check(name="latency", ok=None, says="the monitoring gave no latency to compare")
    limits = {one.service: _seconds_allowed(one.latency_seconds_before or 0.0) for one in known}
    worst = max(known, key=lambda one: (one.latency_seconds or 0) / limits[one.service])
    now, limit = worst.latency_seconds or 0.0, limits[worst.service]
    before = _against(worst.latency_seconds_before, "{:.2f} s", worst.latency_age)
    says = f"{worst.service}: 95 % within {now:.2f} s, allowed are {limit:.2f} s{before}"
    return Check(name="latency", ok=now <= limit, says=says)


def _against(before: float | None, spell: str, age: timedelta) -> str:
    return "" if before is None else f" against {spell.format(before)} {back(age)}"


def _seconds_allowed(before: float) -> float:
    return min(SLOW_AT_MOST_SECONDS, max(SLOW_FROM_SECONDS, before * SLOWER_TIMES))
