"""What follows from several lists together: no more calls, except for what a node's pods asked for."""

from collections.abc import Callable
from functools import partial
from urllib.parse import urlsplit

from blocks.kubernetes import Cluster, LookFreshness
from blocks.web import host_names
from outage.kubernetes.trim import is_healthy_pod, outline_object
from outage.platforms.platform import Platform
from outage.snapshots.snapshot import Snapshot
from outage.text.derived_lists import (
    allocated_lines,
    policy_lines,
    requested_amounts,
    rollout_changes,
    without_endpoints,
)
from outage.text.listing import listing_lines, pod_line
from outage.text.pod_blockers import pod_blockers
from outage.text.pod_descriptions import described, ill_pods
from outage.value import Manifest
from tasks.observe.collect_objects import GatheredObjects
from tasks.observe.collector import SIDE_BY_SIDE, Collector
from tasks.observe.pod_table import PODS_IN_WORDS
from tasks.thread_pool import done_in_time

NODES = 4
"""Nodes whose pods are added up."""
BLOCKERS_IN_WORDS = (
    "kubectl describe nodes; "
    "kubectl get validatingwebhookconfigurations,mutatingwebhookconfigurations,priorityclasses; "
    "kubectl get resourcequotas,limitranges,cronjobs,jobs --all-namespaces"
)
DESCRIBED = 10
"""Ill pods that are described one by one."""
NAME_SECONDS = 5.0


def derive_lists(looks: Collector, snapshot: Snapshot, namespaces: tuple[str, ...], wide: bool) -> None:
    """Evidence that a person would put together from what was listed."""
    _describe_pods(looks, snapshot)
    for place in namespaces:
        if snapshot.saw("EndpointSlice"):
            words = f"kubectl get endpoints -n {place}"
            looks.work_out(f"endpoints/{place}", words, partial(without_endpoints, snapshot, place))
        if wide:
            continue
        if snapshot.saw("ReplicaSet"):
            words = f"kubectl rollout history deployment -n {place}"
            looks.work_out(f"rollouts/{place}", words, partial(rollout_changes, snapshot, place))
        if snapshot.saw("NetworkPolicy"):
            words = f"kubectl describe networkpolicies -n {place}"
            looks.work_out(f"policies/{place}", words, partial(policy_lines, snapshot, place))
    if not wide and snapshot.saw("Node"):
        looks.work_out(
            "blockers",
            BLOCKERS_IN_WORDS,
            partial(pod_blockers, snapshot),
        )


def _describe_pods(looks: Collector, snapshot: Snapshot) -> None:
    """The ill pods with their namespaces, which the wide table has not, and each of the first in detail."""
    ill = ill_pods(snapshot)
    if not ill:
        return
    rows = [f"{one['metadata'].get('namespace', '')}  {pod_line(one)}" for one in ill]
    looks.work_out("pods/ill", PODS_IN_WORDS, lambda: listing_lines(rows))
    for one in ill[:DESCRIBED]:
        name, place = one["metadata"]["name"], one["metadata"].get("namespace", "")
        words = f"kubectl describe pod {name} -n {place}"
        looks.work_out(f"described/{place}/{name}", words, partial(described, snapshot, one))
    rest = [one["metadata"]["name"] for one in ill[DESCRIBED:]]
    looks.leave_out("ill pods in detail", PODS_IN_WORDS, rest, DESCRIBED)


def derive_allocated(
    looks: Collector, cluster: Cluster, gathered: GatheredObjects, pods: list[Manifest]
) -> list[Callable[[], None]]:
    """What the pods of the nodes that matter asked for: those with ill pods first."""
    ordered = sorted(pods, key=is_healthy_pod)
    chosen = list(dict.fromkeys(one["spec"]["nodeName"] for one in ordered if one["spec"].get("nodeName")))
    known = {one["metadata"]["name"]: one for one in gathered.of("Node")}
    chosen = [name for name in chosen if name in known]
    looks.leave_out("nodes' allocated resources", "kubectl describe nodes", chosen[NODES:], NODES)
    fresh = gathered.fresh
    return [partial(_allocated, looks, cluster, fresh, known[name]) for name in chosen[:NODES]]


def _allocated(looks: Collector, cluster: Cluster, fresh: LookFreshness, node: Manifest) -> None:
    name = node["metadata"]["name"]

    def ask() -> str:
        here, within = f"spec.nodeName={name}", looks.budget.seconds()
        pages = cluster.pages("Pod", None, fields=here, fresh=fresh, within_seconds=within)
        pods = [outline_object(pod) for page in pages for pod in page]
        return allocated_lines(node, requested_amounts(pods))

    looks.see(f"allocated/{name}", f'kubectl describe node {name} | grep -A 5 "Allocated resources"', ask)


def derive_names(looks: Collector, platform: Platform) -> None:
    """What public DNS says of the user-facing names, asked side by side."""
    hosts = {urlsplit(one.url).hostname or one.url: one.url for one in platform.endpoints}
    if not hosts:
        return

    def ask() -> str:
        within = looks.budget.seconds(NAME_SECONDS)
        asked = [partial(host_names, url, within) for url in hosts.values()]
        answers = done_in_time(asked, SIDE_BY_SIDE, looks.budget.seconds())
        found = {host: answer[1] if answer else [] for host, answer in zip(hosts, answers, strict=True)}
        return "\n".join(
            f"{host}  {', '.join(addresses) or 'does not resolve here'}" for host, addresses in found.items()
        )

    looks.see("dns/public", "; ".join(f"nslookup {host}" for host in hosts), ask)
