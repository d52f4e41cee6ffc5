"""From a picture of a namespace to a first platform file, each line saying why it is there.

Nothing is known here but what stands in the objects: workloads, Services, ingresses, addresses in the
environment, ConfigMaps, NetworkPolicies. Names mean nothing, except for telling a database from a web server.
"""

import re
from collections.abc import Iterator

from outage.addresses import texts
from outage.calls import WORKLOADS, Calls, Workload, calls_of, fronts_of, name_of, template_labels
from outage.objects import dig, selects
from outage.platform import Database, Endpoint, Ingress, Monitoring, Platform, Service, Slots
from outage.snapshot import Snapshot
from outage.value import Manifest

CRITICAL = ("monitoring", "ingress-nginx", "istio-system", "linkerd", "cert-manager", "traefik")
"""Namespaces whose trouble becomes everybody's, by their usual names."""
CONTROLLERS = ("ingress-nginx", "traefik")
DATABASES = re.compile(r"postgres|timescale|pgvector|postgis", re.IGNORECASE)
CACHES = re.compile(r"redis|valkey|memcache|keydb|dragonfly", re.IGNORECASE)
DATABASE_NAME = re.compile(
    r"^(POSTGRES_DB|PGDATABASE|(POSTGRES|PG|DB|DATABASE)_?(NAME|DATABASE|DB))$", re.IGNORECASE
)
SLOT_LABELS = ("deployment-slot", "slot", "color", "colour", "blue-green")


def discover(snapshot: Snapshot, namespace: str) -> Platform:
    """Describe the platform that lives in a namespace, as far as its objects tell."""
    workloads = [
        (kind, one) for kind in WORKLOADS for one in snapshot.kind(kind, namespace) if not _owned(one)
    ]
    calls = calls_of(snapshot, namespace, workloads)
    fronts = fronts_of(snapshot, namespace, workloads)
    services = tuple(_service(snapshot, namespace, kind, one, calls, fronts) for kind, one in workloads)
    return Platform(
        name=namespace,
        namespace=namespace,
        critical_namespaces=_critical(snapshot, namespace),
        services=services,
        endpoints=tuple(_endpoints(snapshot, namespace, services)),
        database=_database(snapshot, namespace, workloads, services),
        cache=_first_of(workloads, CACHES, services),
        ingress=_ingress(snapshot, namespace),
        slots=tuple(_slots(snapshot, namespace, workloads, calls)),
        monitoring=_monitoring(snapshot),
        resolve=dict(_resolve(snapshot, namespace)),
    )


def _service(
    snapshot: Snapshot,
    namespace: str,
    kind: str,
    workload: Manifest,
    calls: Calls,
    fronts: dict[str, list[Manifest]],
) -> Service:
    name = name_of(workload)
    found = [one for one in snapshot.kind("Service", namespace) if workload in fronts[name_of(one)]]
    front = _front(workload, found, calls)
    reasons = calls.made.get(name, {})
    health = _health(workload)
    because = [f"{kind} {name}", f"behind Service {name_of(front)}" if front else "no Service selects it"]
    because += [f"health from its {health[1]}"] if health else []
    because += [f"{callee}: {why}" for callee, why in sorted(reasons.items())]
    return Service(
        name=name,
        workload=f"{kind.lower()}/{name}",
        service=name_of(front) if front else None,
        port=_port(front) if front else None,
        selector=dict(dig(workload, "spec.selector.matchLabels", {})),
        health=health[0] if health else None,
        depends_on=tuple(sorted(reasons)),
        replicas_floor=0 if dig(workload, "spec.replicas", 1) == 0 else 1,
        why="; ".join(because),
    )


def _owned(manifest: Manifest) -> bool:
    return bool(dig(manifest, "metadata.ownerReferences", []))


def _front(workload: Manifest, found: list[Manifest], calls: Calls) -> Manifest | None:
    """The Service in front of a workload: one that is used, then the one of its own name, plain before headless."""

    def order(one: Manifest) -> tuple[bool, bool, bool, str]:
        name = name_of(one)
        return name not in calls.used, name != name_of(workload), dig(one, "spec.clusterIP") == "None", name

    return min(found, key=order, default=None)


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


def _critical(snapshot: Snapshot, namespace: str) -> tuple[str, ...]:
    there = {name_of(one) for one in snapshot.kind("Namespace")}
    return tuple(one for one in CRITICAL if one in there and one != namespace)


def _endpoints(snapshot: Snapshot, namespace: str, services: tuple[Service, ...]) -> Iterator[Endpoint]:
    """One URL per host and path of the ingresses."""
    seen: set[str] = set()
    for ingress in snapshot.kind("Ingress", namespace):
        secured = {host for one in dig(ingress, "spec.tls", []) for host in one.get("hosts") or []}
        for rule in dig(ingress, "spec.rules", []):
            host = str(rule.get("host") or "")
            if not host or "*" in host:
                continue
            for path in dig(rule, "http.paths", []):
                plain = re.split(r"[(\[*$^|\\]", str(path.get("path") or "/"))[0] or "/"
                url = f"{'https' if host in secured else 'http'}://{host}{plain}"
                if url not in seen:
                    seen.add(url)
                    backend = dig(path, "backend.service.name", "")
                    owner = next((one.name for one in services if one.service == backend), "")
                    yield Endpoint(url=url, service=owner)


def _resolve(snapshot: Snapshot, namespace: str) -> Iterator[tuple[str, str]]:
    """Public hosts with the address that their ingress says it has."""
    for ingress in snapshot.kind("Ingress", namespace):
        address = dig(ingress, "status.loadBalancer.ingress.0.ip") or _way_in(snapshot)
        for rule in dig(ingress, "spec.rules", []):
            if address and rule.get("host") and "*" not in rule["host"]:
                yield str(rule["host"]), str(address)


def _way_in(snapshot: Snapshot) -> str | None:
    """The address of the ingress controller's load balancer."""
    for place in CONTROLLERS:
        for service in snapshot.kind("Service", place):
            address = dig(service, "status.loadBalancer.ingress.0.ip")
            if address:
                return str(address)
    return None


def _first_of(workloads: list[Workload], kind: re.Pattern[str], services: tuple[Service, ...]) -> str | None:
    """The first workload whose image or name is of that kind; one that is called by others wins."""
    called = {name for one in services for name in one.depends_on}
    found = [
        name_of(one)
        for _, one in workloads
        if any(
            kind.search(_image_name(container))
            for container in dig(one, "spec.template.spec.containers", [])[:1]
        )
        or kind.search(name_of(one))
    ]
    return min(found, key=lambda name: name not in called, default=None)


def _image_name(container: Manifest) -> str:
    return str(container.get("image", "")).rpartition("/")[2].partition(":")[0]


def _database(
    snapshot: Snapshot, namespace: str, workloads: list[Workload], services: tuple[Service, ...]
) -> Database | None:
    exporters = re.compile(r"exporter|operator|pooler|bouncer|backup|admin", re.IGNORECASE)
    candidates = [one for one in workloads if not exporters.search(name_of(one[1]))]
    name = _first_of(candidates, DATABASES, services)
    if name is None:
        return None
    secret = next(
        (
            name_of(one)
            for one in snapshot.kind("Secret", namespace)
            if {"reader-username", "reader-password"} <= set(one.get("data") or {})
        ),
        None,
    )
    named = next(
        (
            text
            for _, one in workloads
            for _, key, text, _ in texts(snapshot, namespace, one)
            if DATABASE_NAME.search(key) and text.isidentifier()
        ),
        "postgres",
    )
    return Database(service=name, name=named, credentials_secret=secret)


def _ingress(snapshot: Snapshot, namespace: str) -> Ingress | None:
    found = snapshot.kind("Ingress", namespace)
    if not found:
        return None
    places = [one for one in CONTROLLERS if snapshot.kind("Deployment", one)]
    controllers = snapshot.kind("Deployment", places[0]) if places else ()
    resting = [name_of(one) for one in snapshot.kind("Service", namespace) if "maintenance" in name_of(one)]
    return Ingress(
        name=name_of(found[0]),
        controller=f"deployment/{name_of(controllers[0])}" if controllers else None,
        controller_namespace=places[0] if places else "ingress-nginx",
        maintenance_service=resting[0] if resting else None,
    )


def _slots(snapshot: Snapshot, namespace: str, workloads: list[Workload], calls: Calls) -> Iterator[Slots]:
    """Services in use that choose between workloads which differ in one slot label."""
    for service in snapshot.kind("Service", namespace):
        if name_of(service) not in calls.used:
            continue
        selector = dict(dig(service, "spec.selector", {}))
        for label in SLOT_LABELS:
            if label not in selector:
                continue
            rest = {key: value for key, value in selector.items() if key != label}
            slots = {
                template_labels(one)[label]: f"{kind.lower()}/{name_of(one)}"
                for kind, one in workloads
                if label in template_labels(one) and selects(rest, template_labels(one))
            }
            if len(slots) > 1:
                yield Slots(service=name_of(service), label=label, slots=slots)


def _monitoring(snapshot: Snapshot) -> Monitoring:
    for service in snapshot.kind("Service"):
        ports = [one.get("port") for one in dig(service, "spec.ports", [])]
        if "prometheus" in name_of(service) and 9090 in ports and "operat" not in name_of(service):
            place = f"{service['metadata'].get('namespace', '')}/{name_of(service)}:9090"
            return Monitoring(prometheus=place)
    return Monitoring()
