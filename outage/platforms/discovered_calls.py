"""Whom each workload of a namespace calls, as a platform file tells it: by workloads, with the line that says so."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from outage.diagnosis.calls.call_graph import CallGraph, ingress_backends
from outage.diagnosis.calls.mentions import configs_read
from outage.diagnosis.calls.service_uses import Call, Witness
from outage.kubernetes.objects import containers_of, dig, object_ref, selects_labels
from outage.platforms.platform import Platform
from outage.snapshots.case import Case
from outage.snapshots.snapshot import Snapshot
from outage.value import Manifest

LASTING = (Witness.CONFIGURATION, Witness.POLICY)
"""Whose word goes into a file: what a log says is true of an hour."""
Workload = tuple[str, Manifest]
"""Kind and manifest."""


@dataclass(frozen=True)
class NamespaceCalls:
    """The calls within a namespace."""

    made: dict[str, dict[str, str]] = field(default_factory=dict)
    """Caller → callee → the line that says so."""
    used: frozenset[str] = frozenset()
    """Services that somebody names: in an address or as an ingress backend."""


def workload_name(manifest: Manifest) -> str:
    """The bare name."""
    return str(manifest["metadata"]["name"])


def template_labels(workload: Manifest) -> dict[str, str]:
    """The labels of a workload's pods."""
    return dict(dig(workload, "spec.template.metadata.labels", {}))


def graph_of_namespace(snapshot: Snapshot, namespace: str) -> CallGraph:
    """The call graph of what was seen, with nothing known beside it."""
    return CallGraph.of(Case(snapshot=snapshot, platform=Platform(name=namespace, namespace=namespace)).index)


def namespace_calls(graph: CallGraph, namespace: str, workloads: list[Workload]) -> NamespaceCalls:
    """The calls of the graph within a namespace, from workload to workload."""
    fronts = services_in_front(graph.index.snapshot, namespace, workloads)
    made: dict[str, dict[str, str]] = {workload_name(one): {} for _, one in workloads}
    for call in sorted(graph.calls, key=lambda one: (one.witness is not Witness.CONFIGURATION, one.shared)):
        if call.witness not in LASTING or call.service.namespace != namespace:
            continue
        for callee in fronts.get(call.service.name, []):
            if workload_name(callee) != call.caller.name and call.caller.namespace == namespace:
                made.get(call.caller.name, {}).setdefault(workload_name(callee), _because(call))
    named = {one.name for mention in graph.mentions if (one := graph.service_of(mention))}
    backends = {
        str(backend.get("name", ""))
        for ingress in graph.index.snapshot.kind("Ingress", namespace)
        for _, backend in ingress_backends(ingress)
    }
    return NamespaceCalls(made, frozenset((named & set(fronts)) | backends))


def _because(call: Call) -> str:
    if call.witness is Witness.POLICY:
        return f"{call.where} admits it"
    return f"{call.where} says {call.service.name}" + (f":{call.port}" if call.port else "")


def services_in_front(
    snapshot: Snapshot, namespace: str, workloads: list[Workload]
) -> dict[str, list[Manifest]]:
    """Service → the workloads behind it.

    A Service that selects nothing may be what is broken: then it stands before the one workload that it misses
    by a single label, or that carries its name.
    """
    bare = [one for _, one in workloads]
    labelled = [(one, template_labels(one)) for one in bare]
    fronts: dict[str, list[Manifest]] = {}
    for service in snapshot.kind("Service", namespace):
        selector = dict(dig(service, "spec.selector", {}))
        behind = [one for one, labels in labelled if selects_labels(selector, labels)]
        fronts[workload_name(service)] = behind or (
            _meant(workload_name(service), selector, bare) if selector else []
        )
    return fronts


def _meant(name: str, selector: dict[str, str], workloads: list[Manifest]) -> list[Manifest]:
    def missed(workload: Manifest) -> int:
        own = template_labels(workload)
        return sum(own.get(key) != value for key, value in selector.items())

    near = [one for one in workloads if len(selector) > 1 and missed(one) == 1]
    named = [one for one in workloads if workload_name(one) == name]
    return near if len(near) == 1 else named


def settings_of(graph: CallGraph, kind: str, workload: Manifest) -> Iterator[tuple[str, str]]:
    """Name and value of everything that configures a workload's containers by name."""
    spec = dig(workload, "spec.template.spec", {})
    for container in containers_of(spec):
        for one in container.get("env") or []:
            if isinstance(one.get("value"), str):
                yield str(one.get("name", "")), one["value"]
    for config, keys in configs_read(graph.index, object_ref(workload, kind), spec):
        for key, text in (config.get("data") or {}).items():
            if keys is None or key in keys:
                yield key, str(text)
