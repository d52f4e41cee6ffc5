"""Whether a platform file and what was seen of the cluster speak of the same platform."""

from collections.abc import Iterator

from outage.discovery import discover
from outage.objects import dig
from outage.platform import Platform, Service
from outage.snapshot import Snapshot
from outage.value import Value


class Difference(Value):
    """One place where file and cluster do not agree."""

    what: str
    """Dotted place in the file, or the object that the file lacks."""
    says: str


def differences(platform: Platform, snapshot: Snapshot) -> tuple[Difference, ...]:
    """Everything in the file that the cluster contradicts, then what the file does not know."""
    found = discover(snapshot, platform.namespace)
    return (
        *(one for service in platform.services for one in _service(service, platform, snapshot, found)),
        *_places(platform, snapshot),
        *_unknown(platform, found),
    )


def _service(
    service: Service, platform: Platform, snapshot: Snapshot, found: Platform
) -> Iterator[Difference]:
    at = f"services.{service.name}"
    kind, _, name = service.workload.partition("/")
    spelled = {"deployment": "Deployment", "statefulset": "StatefulSet", "daemonset": "DaemonSet"}.get(
        kind, ""
    )
    if not spelled:
        yield Difference(
            what=f"{at}.workload", says=f"{service.workload!r} is no deployment/, statefulset/ or daemonset/"
        )
        return
    if not snapshot.saw(spelled):
        return
    workload = snapshot.get(spelled, platform.namespace, name)
    if workload is None:
        yield Difference(
            what=f"{at}.workload", says=f"there is no {service.workload} in {platform.namespace}"
        )
        return
    live = dict(dig(workload, "spec.selector.matchLabels", {}))
    if service.selector and service.selector != live:
        yield Difference(what=f"{at}.selector", says=f"the file says {service.selector}, the workload {live}")
    if dig(workload, "spec.replicas", 1) < service.replicas_floor:
        yield Difference(
            what=f"{at}.replicas_floor",
            says=f"the floor is {service.replicas_floor}, the workload has {dig(workload, 'spec.replicas')} replicas",
        )
    yield from _front(service, platform, snapshot)
    seen = found.by_workload(spelled, name)
    if seen and snapshot.saw("ConfigMap"):
        for callee in seen.depends_on:
            if callee not in service.depends_on and platform.service(callee):
                why = next((one for one in seen.why.split("; ") if one.startswith(f"{callee}:")), "")
                yield Difference(what=f"{at}.depends_on", says=f"it seems to call {why or callee}")


def _front(service: Service, platform: Platform, snapshot: Snapshot) -> Iterator[Difference]:
    if not service.service or not snapshot.saw("Service"):
        return
    front = snapshot.get("Service", platform.namespace, service.service)
    at = f"services.{service.name}"
    if front is None:
        yield Difference(
            what=f"{at}.service", says=f"there is no service/{service.service} in {platform.namespace}"
        )
    elif service.port and service.port not in [one.get("port") for one in dig(front, "spec.ports", [])]:
        ports = ", ".join(str(one.get("port")) for one in dig(front, "spec.ports", [])) or "none"
        yield Difference(
            what=f"{at}.port", says=f"service/{service.service} has no port {service.port}; it has {ports}"
        )


def _places(platform: Platform, snapshot: Snapshot) -> Iterator[Difference]:
    namespaces = {one["metadata"]["name"] for one in snapshot.kind("Namespace")}
    for critical in platform.critical_namespaces:
        if snapshot.saw("Namespace") and critical not in namespaces:
            yield Difference(what="critical_namespaces", says=f"there is no namespace {critical}")
    checks: list[tuple[str, str, str | None]] = []
    if platform.ingress:
        checks.append(("ingress.name", "Ingress", platform.ingress.name))
        checks.append(("ingress.maintenance_service", "Service", platform.ingress.maintenance_service))
    if platform.database:
        checks.append(("database.credentials_secret", "Secret", platform.database.credentials_secret))
    checks += [(f"slots.{one.service}", "Service", one.service) for one in platform.slots]
    for what, kind, name in checks:
        if name and snapshot.saw(kind) and snapshot.get(kind, platform.namespace, name) is None:
            yield Difference(what=what, says=f"there is no {kind.lower()}/{name} in {platform.namespace}")


def _unknown(platform: Platform, found: Platform) -> Iterator[Difference]:
    named = {one.workload for one in platform.services}
    named |= {workload for one in platform.slots for workload in one.slots.values()}
    resting = platform.ingress.maintenance_service if platform.ingress else None
    for one in found.services:
        if one.workload not in named and (one.service is None or one.service != resting):
            yield Difference(what=one.workload, says="it runs in the namespace and is not in the file")
