"""What Services and volume claims look like: nobody behind a name, a claim without a volume."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

from outage.diagnosis.graph import Calls
from outage.diagnosis.moments import changed, condition, created, earliest, since_condition
from outage.diagnosis.signs.complaints import lost_calls
from outage.diagnosis.signs.workloads import desired, progressing
from outage.diagnosis.world import World
from outage.finding import Finding
from outage.objects import ObjectRef, dig, ref
from outage.value import Manifest


def read(world: World) -> Iterator[Finding]:
    """Services without ready endpoints, Services that others name and nobody has, claims that wait."""
    for service in world.services:
        if (empty := _without_endpoints(world, service)) is not None:
            yield empty
    yield from _missing(world)
    for claim in world.all("PersistentVolumeClaim"):
        if dig(claim, "status.phase") in ("Pending", "Lost"):
            about = ref(claim, "PersistentVolumeClaim")
            says = f"{about}: is {dig(claim, 'status.phase')}"
            yield Finding(sign="claim-pending", about=about, says=says, since=created(claim))


def _without_endpoints(world: World, service: Manifest) -> Finding | None:
    if not dig(service, "spec.selector") or dig(service, "spec.type") == "ExternalName":
        return None
    addresses = world.ready_addresses(service)
    if addresses is None and not world.snapshot.saw("Pod", dig(service, "metadata.namespace", "")):
        return None
    if addresses is None:
        addresses = sum(condition(pod, "Ready").get("status") == "True" for pod in world.selected(service))
    if addresses or _meant_to_be_empty(world, service):
        return None
    about = ref(service, "Service")
    pods = world.selected(service)
    says = f"{about}: has no ready endpoint; its selector matches {len(pods)} pods"
    since = _empty_since(world, service, pods)
    return Finding(
        sign="service-without-endpoints", about=about, says=says, since=since, evidence=("services",)
    )


def _empty_since(world: World, service: Manifest, pods: list[Manifest]) -> datetime | None:
    if pods:
        return earliest(since_condition(pod, "Ready") or created(pod) for pod in pods)
    behind = [
        changed(one) if desired(one) == 0 else since_condition(one, "Available")
        for one in world.behind(service)
        if desired(one) == 0 or condition(one, "Available").get("status") == "False"
    ]
    return earliest(behind) or changed(service)


def _meant_to_be_empty(world: World, service: Manifest) -> bool:
    """Whether everything behind it is parked, or is being rolled out just now."""
    behind = world.behind(service)
    if behind and all(desired(one) == 0 for one in behind):
        return not Calls.of(world).anyone_needs(ref(service, "Service"))
    jobs = [pod for pod in world.selected(service) if world.workload_of(pod).kind in ("Job", "CronJob")]
    if behind and any(progressing(world, one) for one in behind):
        return True
    return bool(jobs) or (not behind and not _ever_served(world, service))


def _ever_served(world: World, service: Manifest) -> bool:
    """Whether anybody would miss it: somebody names it, or it was changed lately, or the baseline served it."""
    about = ref(service, "Service")
    if Calls.of(world).anyone_needs(about):
        return True
    if world.baseline is not None:
        return world.baseline.get(about) is not None
    at = changed(service)
    return at is not None and world.now - at < timedelta(hours=2)


def _missed(world: World, service: ObjectRef, caller: ObjectRef) -> bool:
    """Whether an absent Service was ever there or is called: old addresses of what was never installed are not."""
    if any(ref(one).name == service.name for one in world.workloads):
        return True
    if world.baseline is not None and world.baseline.get(service) is not None:
        return True
    at = changed(world.get(caller) or {})
    if at is not None and world.now - at < timedelta(hours=2):
        return True
    if any(condition(pod, "Ready").get("status") != "True" for pod in world.pods_of(caller)):
        return True
    word = re.compile(rf"(?<![\w.-]){re.escape(service.name)}(?![\w-])")
    return any(word.search(line) for line, _ in lost_calls(world, caller))


def _missing(world: World) -> Iterator[Finding]:
    """Services that the baseline or callers' addresses name and that are not there."""
    if not world.snapshot.saw("Service"):
        return
    gone: dict[str, ObjectRef] = {}
    if world.baseline is not None:
        for was in world.baseline.objects.get("Service", ()):
            about = ref(was, "Service")
            there = about.namespace in world.namespaces
            if (
                there
                and world.snapshot.saw("Service", about.namespace, about.name)
                and world.get(about) is None
            ):
                gone[str(about)] = about
    for about, caller, text in Calls.of(world).dangling:
        if not _missed(world, about, caller):
            continue
        gone.setdefault(str(about), about)
        says = f"{caller}: names {text}, and there is no Service {about.name}"
        yield Finding(sign="address-of-nothing", about=about, says=says, evidence=("services",))
    for about in gone.values():
        if world.baseline is not None and world.baseline.get(about) is not None:
            says = f"{about}: was there when all was well and is gone"
            yield Finding(sign="service-missing", about=about, says=says, evidence=("services",))
