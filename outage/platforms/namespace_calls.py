"""Who calls whom in a namespace, as far as configuration and NetworkPolicies tell."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from outage.kubernetes.objects import dig, selects_labels
from outage.kubernetes.selectors import labels_match
from outage.platforms.service_addresses import ServiceAddress, configuration_texts, service_addresses
from outage.snapshots.snapshot import Snapshot
from outage.value import Manifest

Workload = tuple[str, Manifest]
"""Kind and manifest."""


@dataclass(frozen=True)
class NamespaceCalls:
    """The call graph of a namespace."""

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


def namespace_calls(snapshot: Snapshot, namespace: str, workloads: list[Workload]) -> NamespaceCalls:
    """Read the call graph.

    An address in a workload's own environment is a call. One in a ConfigMap that several workloads take whole
    is a call only when the callee's NetworkPolicies admit the caller, or when nothing guards the callee.
    """
    fronts = services_in_front(snapshot, namespace, workloads)
    shared = _shared(snapshot, namespace, workloads)
    used = _backends(snapshot, namespace)
    made: dict[str, dict[str, str]] = {}
    for _, caller in workloads:
        found: dict[str, str] = {}
        for address in service_addresses(snapshot, namespace, caller, frozenset(fronts)):
            used.add(address.service)
            for callee in fronts[address.service]:
                if callee is caller:
                    continue
                loose = address.config_map in shared
                if not loose or _admitted(snapshot, namespace, caller, callee) is not False:
                    found.setdefault(workload_name(callee), _because(address))
        made[workload_name(caller)] = found
    _add_admitted(snapshot, namespace, workloads, fronts, made)
    return NamespaceCalls(made, frozenset(used))


def services_in_front(
    snapshot: Snapshot, namespace: str, workloads: list[Workload]
) -> dict[str, list[Manifest]]:
    """Service → the workloads behind it.

    A Service that selects nothing may be what is broken: then it stands before the one workload that it misses
    by a single label, or that carries its name.
    """
    bare = [one for _, one in workloads]
    fronts: dict[str, list[Manifest]] = {}
    for service in snapshot.kind("Service", namespace):
        selector = dict(dig(service, "spec.selector", {}))
        behind = [one for one in bare if selects_labels(selector, template_labels(one))]
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


def _because(address: ServiceAddress) -> str:
    return f"{address.where} says {address.service}" + (f":{address.port}" if address.port else "")


def _shared(snapshot: Snapshot, namespace: str, workloads: list[Workload]) -> set[str]:
    """ConfigMaps that more than one workload takes whole."""
    takers = Counter(
        name
        for _, one in workloads
        for name in {
            config_map for *_, config_map in configuration_texts(snapshot, namespace, one) if config_map
        }
    )
    return {name for name, number in takers.items() if number > 1}


def _backends(snapshot: Snapshot, namespace: str) -> set[str]:
    return {
        str(dig(path, "backend.service.name", ""))
        for ingress in snapshot.kind("Ingress", namespace)
        for rule in dig(ingress, "spec.rules", [])
        for path in dig(rule, "http.paths", [])
    }


def _sources(snapshot: Snapshot, namespace: str, callee: Manifest) -> Iterator[tuple[str, Manifest]]:
    """Each policy that guards a workload's ingress, with a pod selector that it admits; an empty one admits all."""
    for policy in snapshot.kind("NetworkPolicy", namespace):
        if "Ingress" not in dig(policy, "spec.policyTypes", ["Ingress"]):
            continue
        if not labels_match(dig(policy, "spec.podSelector", {}), template_labels(callee)):
            continue
        for rule in dig(policy, "spec.ingress", []):
            peers = rule.get("from")
            if not peers:
                yield workload_name(policy), {}
            for peer in peers or []:
                if "namespaceSelector" not in peer and "podSelector" in peer:
                    yield workload_name(policy), peer["podSelector"]


def _admitted(snapshot: Snapshot, namespace: str, caller: Manifest, callee: Manifest) -> bool | None:
    """Whether a policy admits the caller by its labels; None when no policy admits anybody in particular."""
    sources = list(_sources(snapshot, namespace, callee))
    if not sources:
        return None
    return any(labels_match(source, template_labels(caller)) for _, source in sources)


def _add_admitted(
    snapshot: Snapshot,
    namespace: str,
    workloads: list[Workload],
    fronts: dict[str, list[Manifest]],
    made: dict[str, dict[str, str]],
) -> None:
    """Calls that only a NetworkPolicy tells of: it admits the caller by its labels, so somebody meant it."""
    reachable = {workload_name(one) for behind in fronts.values() for one in behind}
    for _, callee in workloads:
        if workload_name(callee) not in reachable:
            continue
        for policy, source in _sources(snapshot, namespace, callee):
            for _, caller in workloads:
                if source and caller is not callee and labels_match(source, template_labels(caller)):
                    made[workload_name(caller)].setdefault(
                        workload_name(callee), f"NetworkPolicy {policy} admits it"
                    )
