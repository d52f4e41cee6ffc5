"""What a platform leans on outside its namespace: ingress controller, monitoring, mesh; each with the reason.

Derived from addresses, classes and labels. Where no other namespace could be read, a usual name is all there
is, and the reason says so.
"""

import re
from collections.abc import Iterator

from outage.kubernetes.objects import ObjectRef, annotations_of, dig, labels_of, object_ref, selects_labels
from outage.kubernetes.workloads import WORKLOADS
from outage.platforms.discovered_calls import template_labels, workload_name
from outage.snapshots.snapshot import Snapshot
from outage.value import Manifest, Value

USUAL = ("monitoring", "ingress-nginx", "istio-system", "linkerd", "cert-manager", "traefik")
"""Names of namespaces whose trouble becomes everybody's; asked only when their objects were not seen."""
MESH = re.compile(r"istio\.io/|istio-injection|linkerd\.io/inject")
"""Labels and annotations by which a mesh takes hold of a namespace or a pod."""
CONTROL_PLANE = re.compile(r"^(istiod|linkerd-destination|linkerd-control-plane)$")
COMMON = frozenset({"", "ingress-controller", "controller", "k8s", "ingress"})
"""Words of a class that tell no controller from another."""
DEFAULT_CLASS = "ingressclass.kubernetes.io/is-default-class"
NAMES = ("app", "app.kubernetes.io/name", "k8s-app", "name")
"""Labels that say what program an object belongs to."""


class IngressController(Value):
    """The workload that answers for an Ingress."""

    about: ObjectRef
    why: str


def controller_of(snapshot: Snapshot, ingress: Manifest, home: str) -> IngressController | None:
    """The controller: by the address that the Ingress reports, else by its class, else by what it is called."""
    named = dig(ingress, "spec.ingressClassName") or annotations_of(ingress).get(
        "kubernetes.io/ingress.class"
    )
    class_name = str(named or "")
    classes = snapshot.kind("IngressClass")
    chosen = next((one for one in classes if workload_name(one) == class_name), None)
    if not class_name:
        chosen = next((one for one in classes if annotations_of(one).get(DEFAULT_CLASS) == "true"), None)
        class_name = workload_name(chosen) if chosen else ""
    controller = str(dig(chosen, "spec.controller", ""))
    for service in snapshot.kind("Service"):
        if addresses_of(service) & _reported(ingress) and dig(service, "metadata.namespace") != home:
            for about, _ in _behind(snapshot, service):
                why = (
                    f"behind Service {workload_name(service)}, whose address {workload_name(ingress)} reports"
                )
                return IngressController(about=about, why=why)
    for about, workload in _foreign(snapshot, home):
        called = _serves(workload, class_name, controller, labels_of(chosen) if chosen else {})
        if called is not None:
            return IngressController(about=about, why=called)
    return None


def addresses_of(service: Manifest) -> set[str]:
    """Every address under which a Service is reached from outside."""
    balancers = dig(service, "status.loadBalancer.ingress", [])
    found = {str(one.get(key)) for one in balancers for key in ("ip", "hostname") if one.get(key)}
    own = {str(dig(service, "spec.clusterIP", "None")), *dig(service, "spec.externalIPs", [])}
    return found | own - {"None", ""}


def _reported(ingress: Manifest) -> set[str]:
    balancers = dig(ingress, "status.loadBalancer.ingress", [])
    return {str(one.get(key)) for one in balancers for key in ("ip", "hostname") if one.get(key)}


def _serves(workload: Manifest, class_name: str, controller: str, of_class: dict[str, str]) -> str | None:
    """Why a workload is the controller of a class, or None."""
    words = [
        str(word)
        for one in dig(workload, "spec.template.spec.containers", [])
        for word in [*(one.get("command") or []), *(one.get("args") or [])]
    ]
    for word in words:
        flag, _, value = word.partition("=")
        if value and value in (controller, class_name) and "class" in flag:
            return f"it is started with {word}"
    instance = of_class.get("app.kubernetes.io/instance")
    if instance and labels_of(workload).get("app.kubernetes.io/instance") == instance:
        return f"IngressClass {class_name} was installed with it ({instance})"
    for called in {controller.rpartition("/")[2], controller.partition(".")[0], class_name} - COMMON:
        own = _called(workload)
        if called in own or any(called in name and "ingress" in name for name in own):
            return f"it is called as IngressClass {class_name} is"
    return None


def _called(workload: Manifest) -> list[str]:
    return [workload_name(workload), *(labels_of(workload).get(key, "") for key in NAMES)]


def monitoring_of(snapshot: Snapshot, program: str, port: int) -> tuple[str, str] | None:
    """`NAMESPACE/SERVICE:PORT` of the program's Service and the reason."""
    for service in snapshot.kind("Service"):
        ports = [one.get("port") for one in dig(service, "spec.ports", [])]
        known = [workload_name(service), *(labels_of(service).get(key, "") for key in NAMES)]
        if port in ports and any(program in one for one in known) and "operat" not in workload_name(service):
            place = f"{dig(service, 'metadata.namespace', '')}/{workload_name(service)}:{port}"
            return place, f"Service {workload_name(service)} is called so and has port {port}"
    return None


def critical_namespaces_of(snapshot: Snapshot, home: str, known: dict[str, str]) -> dict[str, str]:
    """Namespaces whose trouble becomes the platform's, each with the reason.

    Args:
        snapshot: What was seen.
        home: The platform's own namespace.
        known: Those that are known already, by what lives there.
    """
    found = dict(known)
    found |= {place: why for place, why in _mesh(snapshot, home) if place not in found}
    if not snapshot.saw("IngressClass"):  # nobody looked wider than the platform: a name is all there is
        there = {workload_name(one) for one in snapshot.kind("Namespace")}
        why = "a usual name; nothing wider than the platform was seen: keep it if it is needed"
        found |= {one: why for one in USUAL if one in there and one not in found}
    return {place: why for place, why in found.items() if place and place != home}


def _mesh(snapshot: Snapshot, home: str) -> Iterator[tuple[str, str]]:
    namespace = next((one for one in snapshot.kind("Namespace") if workload_name(one) == home), {})
    marks = {**labels_of(namespace), **annotations_of(namespace)}
    if not any(MESH.search(key) for key in marks):
        return
    for about, workload in _foreign(snapshot, home):
        if any(CONTROL_PLANE.match(one) for one in _called(workload)):
            yield about.namespace, f"{about} runs the mesh that {home} is marked for"


def _foreign(snapshot: Snapshot, home: str) -> Iterator[tuple[ObjectRef, Manifest]]:
    """The workloads outside the platform's namespace and the system's."""
    for kind in WORKLOADS:
        for one in snapshot.kind(kind):
            if dig(one, "metadata.namespace", "") not in (home, "kube-system", ""):
                yield object_ref(one, kind), one


def _behind(snapshot: Snapshot, service: Manifest) -> Iterator[tuple[ObjectRef, Manifest]]:
    home, selector = dig(service, "metadata.namespace", ""), dig(service, "spec.selector", {})
    for kind in WORKLOADS:
        for one in snapshot.kind(kind, home):
            if selects_labels(selector, template_labels(one)):
                yield object_ref(one, kind), one
