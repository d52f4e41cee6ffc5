"""The way in, as the ingresses tell it: which one, its controller, its URLs and their addresses."""

import re
from collections.abc import Iterator

from outage.kubernetes.objects import dig
from outage.platforms.cluster_addons import IngressController, controller_of
from outage.platforms.discovered_calls import workload_name
from outage.platforms.platform import Endpoint, Ingress, Service
from outage.snapshots.snapshot import Snapshot
from outage.text.reviewed_yaml import Place
from outage.value import Manifest

Reasons = dict[Place, str]
"""Place in the file → why it stands there."""


def ingress_of(
    snapshot: Snapshot, namespace: str, why: Reasons
) -> tuple[Ingress | None, IngressController | None]:
    """The Ingress with the most routes: the file names one, the others stand in its reason and the endpoints."""
    found = sorted(snapshot.kind("Ingress", namespace), key=_routes, reverse=True)
    if not found:
        return None, None
    main = found[0]
    controller = controller_of(snapshot, main, namespace)
    resting = [
        workload_name(one)
        for one in snapshot.kind("Service", namespace)
        if "maintenance" in workload_name(one)
    ]
    others = ", ".join(workload_name(one) for one in found[1:])
    why[("ingress",)] = f"it has the most routes ({_routes(main)})" + (
        f"; also there, with their endpoints above: {others}" if others else ""
    )
    if controller:
        why["ingress", "controller"] = controller.why
    why["ingress", "maintenance_service"] = "it is called so"
    ingress = Ingress(
        name=workload_name(main),
        controller=f"{controller.about.kind.lower()}/{controller.about.name}" if controller else None,
        maintenance_service=resting[0] if resting else None,
    )
    place = {"controller_namespace": controller.about.namespace} if controller else {}
    return ingress.model_copy(update=place), controller


def _routes(ingress: Manifest) -> int:
    return sum(len(dig(rule, "http.paths", [])) for rule in dig(ingress, "spec.rules", []))


def ingress_endpoints(
    snapshot: Snapshot, namespace: str, services: tuple[Service, ...], why: Reasons
) -> Iterator[Endpoint]:
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
                    backend = dig(path, "backend.service.name", "")
                    owner = next((one.name for one in services if one.service == backend), "")
                    reason = f"Ingress {workload_name(ingress)} leads {path.get('path') or '/'} to Service {backend}"
                    why["endpoints", len(seen)] = reason
                    seen.add(url)
                    yield Endpoint(url=url, service=owner)


def resolved_hosts(
    snapshot: Snapshot, namespace: str, controller: IngressController | None, why: Reasons
) -> Iterator[tuple[str, str]]:
    """Public hosts with the address that their ingress says it has, else its controller's load balancer."""
    place = controller.about.namespace if controller else None
    balancers = [
        (str(address), f"Service {workload_name(one)} in {place} has it, as the way in")
        for one in (snapshot.kind("Service", place) if place else ())
        if (address := dig(one, "status.loadBalancer.ingress.0.ip"))
    ]
    for ingress in snapshot.kind("Ingress", namespace):
        own = dig(ingress, "status.loadBalancer.ingress.0.ip")
        reported = [(str(own), f"Ingress {workload_name(ingress)} reports it")] if own else balancers
        for rule in dig(ingress, "spec.rules", []):
            host = str(rule.get("host") or "")
            if reported and host and "*" not in host:
                address, why["resolve", host] = reported[0]
                yield host, address
