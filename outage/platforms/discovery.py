"""From a picture of a namespace to a first platform file, each line saying why it is there.

Nothing is known here but what stands in the objects: workloads, Services, ingresses, addresses in the
environment, ConfigMaps, NetworkPolicies. Names mean nothing, except for telling a database from a web server.
"""

from collections.abc import Iterator

from outage.kubernetes.objects import dig, selects_labels
from outage.kubernetes.workloads import WORKLOADS
from outage.platforms.cluster_addons import IngressController, critical_namespaces_of, monitoring_of
from outage.platforms.datastore_discovery import cache_of, database_of
from outage.platforms.discovered_calls import (
    NamespaceCalls,
    Workload,
    graph_of_namespace,
    namespace_calls,
    services_in_front,
    template_labels,
    workload_name,
)
from outage.platforms.ingress_discovery import Reasons, ingress_endpoints, ingress_of, resolved_hosts
from outage.platforms.platform import Monitoring, Platform, Service, Slots
from outage.snapshots.snapshot import Snapshot
from outage.value import Manifest, Value

SLOT_LABELS = ("deployment-slot", "slot", "color", "colour", "blue-green")


class PlatformDraft(Value):
    """A first platform file, and why each of its lines is there."""

    platform: Platform
    reasons: Reasons = {}
    calls: dict[str, dict[str, str]] = {}
    """Caller → callee → where it is configured, in words."""


def discover_platform(snapshot: Snapshot, namespace: str) -> Platform:
    """Describe the platform that lives in a namespace, as far as its objects tell."""
    return draft_platform_file(snapshot, namespace).platform


def draft_platform_file(snapshot: Snapshot, namespace: str) -> PlatformDraft:
    """The platform that lives in a namespace, with the reason for each line that carries none itself."""
    workloads = [
        (kind, one) for kind in WORKLOADS for one in snapshot.kind(kind, namespace) if not _owned(one)
    ]
    graph = graph_of_namespace(snapshot, namespace)
    calls = namespace_calls(graph, namespace, workloads)
    fronts = services_in_front(snapshot, namespace, workloads)
    services = tuple(_service(snapshot, namespace, kind, one, calls, fronts) for kind, one in workloads)
    why: Reasons = {}
    ingress, controller = ingress_of(snapshot, namespace, why)
    monitoring = _monitoring(snapshot, why)
    platform = Platform(
        name=namespace,
        namespace=namespace,
        critical_namespaces=_critical(snapshot, namespace, controller, monitoring, why),
        services=services,
        endpoints=tuple(ingress_endpoints(snapshot, namespace, services, why)),
        database=database_of(graph, namespace, workloads, services, why),
        cache=cache_of(workloads, services, why),
        ingress=ingress,
        slots=tuple(_slots(snapshot, namespace, workloads, calls, services, why)),
        monitoring=monitoring,
        resolve=dict(resolved_hosts(snapshot, namespace, controller, why)),
    )
    return PlatformDraft(platform=platform, reasons=why, calls=calls.made)


def _service(
    snapshot: Snapshot,
    namespace: str,
    kind: str,
    workload: Manifest,
    calls: NamespaceCalls,
    fronts: dict[str, list[Manifest]],
) -> Service:
    name = workload_name(workload)
    found = [one for one in snapshot.kind("Service", namespace) if workload in fronts[workload_name(one)]]
    front = _front(workload, found, calls)
    reasons = calls.made.get(name, {})
    health = _health(workload)
    because = [
        f"{kind} {name}",
        f"behind Service {workload_name(front)}" if front else "no Service selects it",
    ]
    because += [f"health from its {health[1]}"] if health else []
    because += [f"{callee}: {why}" for callee, why in sorted(reasons.items())]
    return Service(
        name=name,
        workload=f"{kind.lower()}/{name}",
        service=workload_name(front) if front else None,
        port=_port(front) if front else None,
        selector=dict(dig(workload, "spec.selector.matchLabels", {})),
        health=health[0] if health else None,
        depends_on=tuple(sorted(reasons)),
        replicas_floor=0 if dig(workload, "spec.replicas", 1) == 0 else 1,
        why="; ".join(because),
    )


def _owned(manifest: Manifest) -> bool:
    return bool(dig(manifest, "metadata.ownerReferences", []))


def _front(workload: Manifest, found: list[Manifest], calls: NamespaceCalls) -> Manifest | None:
    """The Service in front of a workload: one that is used, then the one of its own name, plain before headless."""
    own = workload_name(workload)
    by_name = sorted(found, key=workload_name)
    plain_first = sorted(by_name, key=lambda one: dig(one, "spec.clusterIP") == "None")
    own_first = sorted(plain_first, key=lambda one: workload_name(one) != own)
    return min(own_first, key=lambda one: workload_name(one) not in calls.used, default=None)


def _port(service: Manifest) -> int | None:
    ports = dig(service, "spec.ports", [])
    named = [one for one in ports if str(one.get("name", "")).startswith("http")]
    chosen = (named or ports or [{}])[0]
    port = chosen.get("port")
    return int(port) if port is not None else None


def _health(workload: Manifest) -> tuple[str, str] | None:
    for container in dig(workload, "spec.template.spec.containers", []):
        for probe in ("readinessProbe", "livenessProbe"):
            path = dig(container, f"{probe}.httpGet.path")
            if path:
                return str(path), probe
    return None


def _critical(
    snapshot: Snapshot,
    namespace: str,
    controller: IngressController | None,
    monitoring: Monitoring,
    why: Reasons,
) -> tuple[str, ...]:
    known: dict[str, str] = {}
    for place in (monitoring.prometheus, monitoring.alertmanager):
        if place:
            known.setdefault(place.partition("/")[0], f"the monitoring lives there: {place}")
    if controller:
        known.setdefault(
            controller.about.namespace, f"the ingress controller lives there: {controller.about}"
        )
    found = critical_namespaces_of(snapshot, namespace, known)
    why.update({("critical_namespaces", at): reason for at, reason in enumerate(found.values())})
    return tuple(found)


def _slots(
    snapshot: Snapshot,
    namespace: str,
    workloads: list[Workload],
    calls: NamespaceCalls,
    services: tuple[Service, ...],
    why: Reasons,
) -> Iterator[Slots]:
    """Services in use that choose between workloads which differ in one slot label, behind a service of the file."""
    found = 0
    for service in snapshot.kind("Service", namespace):
        users = [one.workload for one in services if one.service == workload_name(service)]
        if workload_name(service) not in calls.used:
            continue
        selector = dict(dig(service, "spec.selector", {}))
        for label in SLOT_LABELS:
            if label not in selector:
                continue
            rest = {key: value for key, value in selector.items() if key != label}
            slots = {
                template_labels(one)[label]: f"{kind.lower()}/{workload_name(one)}"
                for kind, one in workloads
                if label in template_labels(one) and selects_labels(rest, template_labels(one))
            }
            if len(slots) > 1 and set(users) & set(slots.values()):
                why["slots", found] = f"its selector chooses {label}={selector[label]} of {', '.join(slots)}"
                found += 1
                yield Slots(service=workload_name(service), label=label, slots=slots)


def _monitoring(snapshot: Snapshot, why: Reasons) -> Monitoring:
    places: dict[str, str] = {}
    for program, port in (("prometheus", 9090), ("alertmanager", 9093)):
        if found := monitoring_of(snapshot, program, port):
            places[program], why["monitoring", program] = found
    return Monitoring.model_validate(places)
