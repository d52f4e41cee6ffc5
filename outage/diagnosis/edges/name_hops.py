"""Whether the caller can resolve the name at all: its resolver, the policies towards the DNS, the DNS itself."""

import re

from outage.diagnosis.calls.dns_admission import dns_admitted
from outage.diagnosis.edges.broken_hop import BrokenHop, Hop
from outage.diagnosis.edges.call_edge import CallEdge
from outage.diagnosis.edges.policy_hops import selecting_policies
from outage.diagnosis.thresholds import STILL_SAID
from outage.kubernetes.object_times import parsed_moment
from outage.kubernetes.objects import ObjectRef, dig, object_ref
from outage.kubernetes.readiness import is_ready
from outage.snapshots.case_index import CaseIndex
from outage.value import Manifest

DNS = ObjectRef(kind="Service", name="kube-dns", namespace="kube-system")
BLIND = re.compile(
    r"plugin/kubernetes:.*(?:forbidden|Failed to (?:watch|list)|connection refused|i/o timeout|Unauthorized)"
    r"|plugin/ready: Still waiting on: \"kubernetes\"|plugin/loop: Loop .*detected|Kubernetes API.*(?:not|un)reachable",
    re.I,
)
"""How CoreDNS says that it knows no Services, or asks itself in a circle."""


def name_hop(index: CaseIndex, edge: CallEdge) -> BrokenHop | None:
    """The first hop of name resolution that is broken; None where the name needs no DNS or nothing is known."""
    template = dig(index.get(edge.caller), "spec.template.spec", {})
    specs = [dig(one, "spec", {}) for one in index.pods_of(edge.caller)] or [template]
    asking = [one for one in specs if not _in_hosts(one, edge)]
    if not asking:
        return None
    astray = (_resolver(edge, one) for one in asking)  # in the middle of a rollout only the new ones are
    return next(filter(None, astray), None) or _policy(index, edge) or _dns(index, edge)


def _in_hosts(spec: Manifest, edge: CallEdge) -> bool:
    names = {name for one in spec.get("hostAliases") or [] for name in one.get("hostnames") or []}
    return any(name.split(".")[0] == edge.service.name for name in names)


def _resolver(edge: CallEdge, spec: Manifest) -> BrokenHop | None:
    """Pods on the node's network with the default policy ask the node's resolver, which knows no Services."""
    policy = spec.get("dnsPolicy", "ClusterFirst")
    on_host = bool(spec.get("hostNetwork")) and policy == "ClusterFirst"
    if policy != "Default" and not on_host:
        return None
    if dig(spec, "dnsConfig.nameservers"):
        return None  # whoever is asked there may know the names of the cluster
    why = "runs on its node's network" if on_host else "has dnsPolicy Default"
    says = f"{edge.caller} {why} and asks the node's resolver, which knows no {edge.service.name}"
    return BrokenHop(
        edge=edge,
        hop=Hop.RESOLVER,
        about=edge.caller,
        says=says,
        field="spec.template.spec.dnsPolicy",
        live=policy,
        wanted="ClusterFirstWithHostNet" if spec.get("hostNetwork") else "ClusterFirst",
    )


def _policy(index: CaseIndex, edge: CallEdge) -> BrokenHop | None:
    live = index.get(edge.caller)
    if (
        live is None
        or not dig(live, "spec.template")
        or dns_admitted(index, {"kind": edge.caller.kind, **live}) is not False
    ):
        return None
    pods = index.pods_of(edge.caller)
    guards = selecting_policies(index, pods[0], "Egress") if pods else []
    if not guards:
        return None
    about = object_ref(guards[0], "NetworkPolicy")
    says = f"{about} does not let {edge.caller} ask the cluster's DNS for {edge.service.name}"
    return BrokenHop(edge=edge, hop=Hop.DNS_POLICY, about=about, says=says, field="spec.egress")


def _dns(index: CaseIndex, edge: CallEdge) -> BrokenHop | None:
    service = index.get(DNS)
    pods = index.selected(service) if service else []
    if not pods:
        return None
    about = index.workload_of(pods[0])
    if not any(is_ready(pod) for pod in pods):
        says = f"none of the {len(pods)} pods of {about} is ready: no name of the cluster resolves"
        return BrokenHop(edge=edge, hop=Hop.DNS, about=about, says=says)
    said = [line for pod in pods if (line := _blind(index, pod))]
    if len(said) < len(pods):
        return None
    return BrokenHop(
        edge=edge, hop=Hop.DNS, about=about, says=f"{about} says that it knows no Services: {said[0]}"
    )


def _blind(index: CaseIndex, pod: Manifest) -> str:
    """The last line in which a pod of the DNS says so, if it does now."""
    own = (pod["metadata"]["name"], pod["metadata"].get("namespace", ""))
    for tail in index.snapshot.logs:
        if (tail.pod, tail.namespace) == own and not tail.previous:
            for line in reversed(tail.text.splitlines()):
                at = parsed_moment(line.partition(" ")[0])
                if BLIND.search(line) and at and index.now - at <= STILL_SAID:
                    return line.partition(" ")[2][:200]
    return ""
