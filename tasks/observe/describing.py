"""What follows from several lists together: no more calls, except for what a node's pods asked for."""

from collections.abc import Callable
from functools import partial

from blocks.cluster import Cluster
from blocks.web import names
from outage.describing import allocated, blockers, policies, requested, rollouts, without_endpoints
from outage.platform import Platform
from outage.slimming import healthy, outline
from outage.snapshot import Snapshot
from outage.value import Manifest
from tasks.observe.looking import Looks
from tasks.observe.objects import Gathered

NODES = 4
"""Nodes whose pods are added up."""


def describe(looks: Looks, snapshot: Snapshot, namespaces: tuple[str, ...], wide: bool) -> None:
    """Evidence that a person would put together from what was listed."""
    for place in namespaces:
        if snapshot.saw("EndpointSlice"):
            words = f"kubectl get endpoints -n {place}"
            looks.see(f"endpoints/{place}", words, partial(without_endpoints, snapshot, place))
        if wide:
            continue
        if snapshot.saw("ReplicaSet"):
            words = f"kubectl rollout history deployment -n {place}"
            looks.see(f"rollouts/{place}", words, partial(rollouts, snapshot, place))
        if snapshot.saw("NetworkPolicy"):
            words = f"kubectl describe networkpolicies -n {place}"
            looks.see(f"policies/{place}", words, partial(policies, snapshot, place))
    if not wide and snapshot.saw("Node"):
        looks.see(
            "blockers",
            "kubectl describe nodes; kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations",
            partial(blockers, snapshot),
        )


def look_at_allocated(
    looks: Looks, cluster: Cluster, gathered: Gathered, pods: list[Manifest]
) -> list[Callable[[], None]]:
    """What the pods of the nodes that matter asked for: those with ill pods first."""
    ordered = sorted(pods, key=healthy)
    chosen = list(dict.fromkeys(one["spec"]["nodeName"] for one in ordered if one["spec"].get("nodeName")))
    known = {one["metadata"]["name"]: one for one in gathered.of("Node")}
    return [partial(_allocated, looks, cluster, known[name]) for name in chosen[:NODES] if name in known]


def _allocated(looks: Looks, cluster: Cluster, node: Manifest) -> None:
    name = node["metadata"]["name"]

    def ask() -> str:
        pods = [
            outline(pod)
            for page in cluster.pages(
                "Pod", None, fields=f"spec.nodeName={name}", within_seconds=looks.budget.seconds()
            )
            for pod in page
        ]
        return allocated(node, requested(pods))

    looks.see(f"allocated/{name}", f'kubectl describe node {name} | grep -A 5 "Allocated resources"', ask)


def look_at_names(looks: Looks, platform: Platform) -> None:
    """What public DNS says of the user-facing names."""
    hosts = {one.url.split("/")[2]: one.url for one in platform.endpoints}
    if not hosts:
        return

    def ask() -> str:
        found = dict(names(url) for url in hosts.values())
        return "\n".join(
            f"{host}  {', '.join(addresses) or 'does not resolve here'}" for host, addresses in found.items()
        )

    looks.see("dns/public", "; ".join(f"nslookup {host}" for host in hosts), ask)
