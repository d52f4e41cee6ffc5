"""The spec as the plan wants it, by its controller's word, and the right pods behind the Services. Pure."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from outage.kubernetes.object_times import condition_of, parsed_moment
from outage.kubernetes.objects import dig, labels_of, noticed_generation, selects_labels
from outage.platforms.platform import Service, Slots
from outage.snapshots.snapshot import Snapshot
from outage.value import Manifest
from outage.verification.recovery import RecoveryCheck


def rollout_state(workload: Manifest | None, name: str) -> RecoveryCheck:
    """What `kubectl rollout status` waits for; pods that are not to be updated by themselves are not waited for.

    Source: runbook "Service Restart".
    """
    if workload is None:
        return RecoveryCheck(name="rollout", ok=False, says=f"{name} is not there")
    wanted = dig(workload, "spec.replicas", 1)
    if workload.get("kind") == "DaemonSet":
        wanted = dig(workload, "status.desiredNumberScheduled", 0)
    renewed = _renewed(workload, wanted)
    updated = dig(workload, "status.updatedReplicas", dig(workload, "status.updatedNumberScheduled", 0))
    ready = dig(workload, "status.availableReplicas", dig(workload, "status.numberAvailable", 0))
    total = dig(workload, "status.replicas", dig(workload, "status.currentNumberScheduled", 0))
    done = (
        noticed_generation(workload)
        and updated >= renewed
        and ready >= wanted
        and total <= max(updated, wanted)
    )
    return RecoveryCheck(
        name="rollout",
        ok=done,
        says=f"{name}: {min(updated, renewed)} of {renewed} updated, {ready} available",
    )


def _renewed(workload: Manifest, wanted: int) -> int:
    """How many of its pods the controller brings to the newest template without a person."""
    if dig(workload, "spec.updateStrategy.type") == "OnDelete":
        return 0
    kept: int = dig(workload, "spec.updateStrategy.rollingUpdate.partition", 0)
    return max(0, wanted - kept)


def rollout_stuck(workload: Manifest | None, since: datetime) -> str | None:
    """Why a rollout will never complete, by its controller's own word, or None while it may.

    Args:
        workload: The live object.
        since: When the waiting began. An older word speaks of what the plan has replaced.
    """
    if workload is None or not noticed_generation(workload):
        return None
    progress = condition_of(workload, "Progressing")
    said_at = parsed_moment(progress.get("lastUpdateTime"))
    if progress.get("reason") != "ProgressDeadlineExceeded" or said_at is None or said_at <= since:
        return None
    return str(progress.get("message") or "its progress deadline is over")


def endpoints_state(
    service: Service,
    snapshot: Snapshot,
    namespace: str,
    slots: Sequence[Slots] = (),
    beside: Sequence[Service] = (),
) -> RecoveryCheck:
    """The addresses behind a Service must be ready, and belong to the pods that it should reach.

    Args:
        service: As the platform file has it.
        snapshot: Pods and EndpointSlices.
        namespace: Where they are.
        slots: Blue-green pairs: either side of a pair is right for its Service.
        beside: The platform's services: another one behind the same Service, as a canary, is no stranger to it.
    """
    if service.service is None:
        return RecoveryCheck(name="endpoints", ok=None, says=f"{service.name} has no Service")
    if not (snapshot.saw("EndpointSlice") and snapshot.saw("Pod")):
        return RecoveryCheck(
            name="endpoints", ok=None, says=f"the endpoints of {service.name} could not be seen"
        )
    pods = {pod["metadata"]["name"]: pod for pod in snapshot.kind("Pod", namespace)}
    behind = list(_addresses(snapshot.kind("EndpointSlice", namespace), service.service))
    ready = [one for one in behind if dig(one, "conditions.ready", True)]
    either = {one.label for one in slots if one.service == service.service}
    ours = {key: value for key, value in service.selector.items() if key not in either}
    shared = [
        one.selector for one in beside if one.selector and one.service == service.service and one != service
    ]
    strangers = [name for one in ready if (name := _stranger(one, (ours, *shared), pods))]
    if not behind and _parked(service, pods.values()):
        says = f"service/{service.service} has no endpoint and needs none: nothing runs, and its floor is 0"
        return RecoveryCheck(name="endpoints", ok=True, says=says)
    if not ready:
        return RecoveryCheck(
            name="endpoints", ok=False, says=f"service/{service.service} has no ready endpoint"
        )
    if strangers:
        says = f"service/{service.service} reaches pods that are not of {service.workload}: {strangers[0]}"
        return RecoveryCheck(name="endpoints", ok=False, says=says)
    return RecoveryCheck(
        name="endpoints", ok=True, says=f"service/{service.service} has {len(ready)} ready endpoints"
    )


def _addresses(slices: Iterable[Manifest], service: str) -> Iterable[Manifest]:
    for one in slices:
        if labels_of(one).get("kubernetes.io/service-name") == service:
            yield from one.get("endpoints") or []


def _parked(service: Service, pods: Iterable[Manifest]) -> bool:
    """Whether it may be without pods, and is."""
    return service.replicas_floor == 0 and not any(
        selects_labels(service.selector, labels_of(pod)) for pod in pods
    )


def _stranger(
    endpoint: Manifest, selectors: Iterable[dict[str, str]], pods: dict[str, Manifest]
) -> str | None:
    """The name of the pod behind an endpoint when it is not one of the service's own."""
    name = dig(endpoint, "targetRef.name", "")
    pod = pods.get(name)
    if pod is None:
        return None  # not known to us (yet): nothing can be said
    return None if any(not one or selects_labels(one, labels_of(pod)) for one in selectors) else str(name)
