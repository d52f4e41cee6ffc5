"""Whether a platform file and what was seen of the cluster speak of the same platform."""

from collections.abc import Iterator

from outage.kubernetes.objects import containers_of, dig
from outage.kubernetes.workloads import workload_ref
from outage.platforms.discovery import PlatformDraft, draft_platform_file
from outage.platforms.platform import Platform, Service
from outage.snapshots.snapshot import Snapshot
from outage.value import Manifest, Value

NOT_LOOKED = "nobody looked there"


class PlatformDifference(Value):
    """One place where file and cluster do not agree."""

    what: str
    """Dotted place in the file, or the object that the file lacks."""
    says: str


class WantedObject(Value):
    """One object that the file names, with the place in the file that names it."""

    what: str
    kind: str
    name: str
    namespace: str


def platform_differences(platform: Platform, snapshot: Snapshot) -> tuple[PlatformDifference, ...]:
    """Everything in the file that the cluster contradicts, then what the file does not know.

    What could not be seen contradicts nothing; `uncompared` tells of it.
    """
    found = draft_platform_file(snapshot, platform.namespace)
    return (
        *(one for service in platform.services for one in _service(service, platform, snapshot, found)),
        *_places(platform, snapshot),
        *_unknown(platform, found.platform),
    )


def _service(
    service: Service, platform: Platform, snapshot: Snapshot, found: PlatformDraft
) -> Iterator[PlatformDifference]:
    at = f"services.{service.name}"
    about = workload_ref(service.workload, platform.namespace)
    workload = snapshot.get(about.kind, about.namespace, about.name)
    if workload is None:
        return  # unseen, or gone: then `_places` says so
    live = dict(dig(workload, "spec.selector.matchLabels", {}))
    if service.selector and service.selector != live:
        yield PlatformDifference(
            what=f"{at}.selector", says=f"the file says {service.selector}, the workload {live}"
        )
    if dig(workload, "spec.replicas", 1) < service.replicas_floor:
        yield PlatformDifference(
            what=f"{at}.replicas_floor",
            says=f"the floor is {service.replicas_floor}, the workload has {dig(workload, 'spec.replicas')} replicas",
        )
    yield from _front(service, platform, snapshot)
    seen = found.platform.by_workload(about.kind, about.name)
    if seen and snapshot.saw("ConfigMap"):
        gone = [one for one in service.depends_on if one not in seen.depends_on]
        for callee in [] if _takes_secrets(workload) else gone:  # what stands in a Secret cannot be read
            yield PlatformDifference(
                what=f"{at}.depends_on", says=f"nothing that configures it names {callee} any more"
            )
        for callee in seen.depends_on:
            if callee not in service.depends_on and platform.service(callee):
                where = found.calls.get(seen.name, {}).get(callee)
                says = f"it seems to call {callee}" + (f": {where}" if where else "")
                yield PlatformDifference(what=f"{at}.depends_on", says=says)


def _takes_secrets(workload: Manifest) -> bool:
    """Whether a part of its configuration is a Secret, by environment or by volume."""
    spec = dig(workload, "spec.template.spec", {})
    taken = [
        source
        for one in containers_of(spec)
        for source in [*(one.get("envFrom") or []), *(one.get("env") or [])]
        if dig(source, "secretRef") or dig(source, "valueFrom.secretKeyRef")
    ]
    return bool(taken) or any(dig(one, "secret") for one in spec.get("volumes") or [])


def _front(service: Service, platform: Platform, snapshot: Snapshot) -> Iterator[PlatformDifference]:
    if not service.service:
        return
    front = snapshot.get("Service", platform.namespace, service.service)
    at = f"services.{service.name}"
    if front is None:
        return
    if service.port and service.port not in [one.get("port") for one in dig(front, "spec.ports", [])]:
        ports = ", ".join(str(one.get("port")) for one in dig(front, "spec.ports", [])) or "none"
        yield PlatformDifference(
            what=f"{at}.port", says=f"service/{service.service} has no port {service.port}; it has {ports}"
        )


def _places(platform: Platform, snapshot: Snapshot) -> Iterator[PlatformDifference]:
    namespaces = {one["metadata"]["name"] for one in snapshot.kind("Namespace")}
    for critical in platform.critical_namespaces:
        if snapshot.saw("Namespace") and critical not in namespaces:
            yield PlatformDifference(what="critical_namespaces", says=f"there is no namespace {critical}")
    for one in _wanted(platform):
        if not _why_unseen(one, snapshot) and not snapshot.get(one.kind, one.namespace, one.name):
            says = f"there is no {one.kind.lower()}/{one.name} in {one.namespace}"
            yield PlatformDifference(what=one.what, says=says)


def _wanted(platform: Platform) -> Iterator[WantedObject]:
    """Every object that the file names."""
    home = platform.namespace
    for service in platform.services:
        yield _workload(f"services.{service.name}.workload", service.workload, home)
        if service.service:
            what = f"services.{service.name}.service"
            yield WantedObject(what=what, kind="Service", name=service.service, namespace=home)
    if platform.database and platform.database.credentials_secret:
        name = platform.database.credentials_secret
        yield WantedObject(what="database.credentials_secret", kind="Secret", name=name, namespace=home)
    for pair in platform.slots:
        yield WantedObject(what=f"slots.{pair.service}", kind="Service", name=pair.service, namespace=home)
        for slot, workload in pair.slots.items():
            yield _workload(f"slots.{pair.service}.{slot}", workload, home)
    yield from _way_in(platform)
    yield from _watchers(platform)


def _way_in(platform: Platform) -> Iterator[WantedObject]:
    way, home = platform.ingress, platform.namespace
    if way is None:
        return
    yield WantedObject(what="ingress.name", kind="Ingress", name=way.name, namespace=home)
    if way.maintenance_service:
        what = "ingress.maintenance_service"
        yield WantedObject(what=what, kind="Service", name=way.maintenance_service, namespace=home)
    if way.controller:
        yield _workload("ingress.controller", way.controller, way.controller_namespace)


def _watchers(platform: Platform) -> Iterator[WantedObject]:
    """The monitoring's Services, as far as they are reached through the cluster."""
    places = {"prometheus": platform.monitoring.prometheus, "alertmanager": platform.monitoring.alertmanager}
    for key, place in places.items():
        namespace, _, rest = (place or "").partition("/")
        if place and "://" not in place:
            name = rest.partition(":")[0]
            yield WantedObject(what=f"monitoring.{key}", kind="Service", name=name, namespace=namespace)


def _workload(what: str, workload: str, namespace: str) -> WantedObject:
    about = workload_ref(workload, namespace)
    return WantedObject(what=what, kind=about.kind, name=about.name, namespace=namespace)


def uncompared_kinds(platform: Platform, snapshot: Snapshot) -> tuple[PlatformDifference, ...]:
    """What of the file could not be held against the cluster, and why: once for each kind and namespace."""
    unseen: dict[tuple[str, str], PlatformDifference] = {}
    for one in _wanted(platform):
        if why := _why_unseen(one, snapshot):
            says = f"could not compare: {_plural(one.kind)} in {one.namespace}: {why}"
            unseen.setdefault((one.kind, one.namespace), PlatformDifference(what=one.what, says=says))
    if platform.critical_namespaces and not snapshot.saw("Namespace"):
        why = _reason(snapshot, "namespaces") or NOT_LOOKED
        unseen["Namespace", ""] = PlatformDifference(
            what="critical_namespaces", says=f"could not compare: namespaces: {why}"
        )
    return tuple(unseen.values())


def _why_unseen(one: WantedObject, snapshot: Snapshot) -> str | None:
    """Why objects of that kind in that namespace could not be seen; None when they were."""
    if snapshot.saw(one.kind, one.namespace, one.name):
        return None
    return _reason(snapshot, f"{_plural(one.kind)}/{one.namespace}") or NOT_LOOKED


def _reason(snapshot: Snapshot, look: str) -> str | None:
    return next((one.unseen for one in snapshot.evidence if one.id == look and one.unseen), None)


def _plural(kind: str) -> str:
    """The kind as kubectl and the evidence's id spell it."""
    return "ingresses" if kind == "Ingress" else f"{kind.lower()}s"


def _unknown(platform: Platform, found: Platform) -> Iterator[PlatformDifference]:
    named = {one.workload for one in platform.services}
    named |= {workload for one in platform.slots for workload in one.slots.values()}
    resting = platform.ingress.maintenance_service if platform.ingress else None
    for one in found.services:
        if one.workload not in named and (one.service is None or one.service != resting):
            yield PlatformDifference(
                what=one.workload, says="it runs in the namespace and is not in the file"
            )
