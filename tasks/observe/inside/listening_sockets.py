"""What the pods listen on that calls did not reach, read from inside: a process may wait for its own pod alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from blocks.kubernetes import Cluster
from outage.errors import ClusterRejected
from outage.kubernetes.inside.proc_sockets import COMMAND, HeardAddress, heard_addresses
from outage.kubernetes.objects import dig, labels_of, selects_labels
from outage.snapshots.snapshot import ListeningSocket, Reach
from outage.value import Manifest

if TYPE_CHECKING:
    from tasks.observe.collector import Collector

ENTERED_PODS = 6
"""Pods whose sockets are read; more of the same workload listen alike."""
PER_SERVICE = 2


def collect_sockets(
    looks: Collector,
    cluster: Cluster,
    pods: Sequence[Manifest],
    services: Sequence[Manifest],
    reach: Sequence[Reach],
    kept: list[ListeningSocket],
) -> list[Callable[[], None]]:
    """One exec per pod behind a Service that was tried and not reached, and nothing where all was reached.

    Args:
        looks: Keeps what could not be looked at, and which pods were left out.
        cluster: The reading door.
        pods: Of the platform.
        services: Of the platform.
        reach: What came of the connections that were tried.
        kept: Gets a row per socket.

    Returns:
        Looks to be made, side by side.
    """
    chosen = unreached_pods(pods, services, reach)
    rest = [one["metadata"]["name"] for one in chosen[ENTERED_PODS:]]
    looks.leave_out("sockets of pods", f"kubectl exec POD -- {' '.join(COMMAND)}", rest, ENTERED_PODS)
    return [partial(_read, looks, cluster, one, kept) for one in chosen[:ENTERED_PODS]]


def unreached_pods(
    pods: Sequence[Manifest], services: Sequence[Manifest], reach: Sequence[Reach]
) -> list[Manifest]:
    """The running pods behind Services at which a connection was tried in vain, a few of each.

    Args:
        pods: Of the platform.
        services: Of the platform.
        reach: What came of the connections that were tried.
    """
    lost = {_service(one) for one in reach if one.by == "tcp" and not one.reached}
    chosen: dict[str, Manifest] = {}
    for service in services:
        home, name = dig(service, "metadata.namespace", ""), dig(service, "metadata.name", "")
        if (home, name) in lost:
            behind = [one for one in pods if _runs_behind(one, service, home)]
            chosen |= {one["metadata"]["name"]: one for one in behind[:PER_SERVICE]}
    return list(chosen.values())


def _service(one: Reach) -> tuple[str, str]:
    parts = one.target.partition(":")[0].split(".")
    return (parts[1] if len(parts) > 1 else one.namespace), parts[0]


def _runs_behind(pod: Manifest, service: Manifest, home: str) -> bool:
    here = dig(pod, "metadata.namespace", "") == home and dig(pod, "status.phase") == "Running"
    return here and selects_labels(dig(service, "spec.selector"), labels_of(pod))


def _read(looks: Collector, cluster: Cluster, pod: Manifest, kept: list[ListeningSocket]) -> None:
    name, namespace = pod["metadata"]["name"], pod["metadata"]["namespace"]

    def ask() -> tuple[HeardAddress, ...]:
        said = cluster.execute(namespace, name, list(COMMAND), within_seconds=looks.budget.seconds(5))
        seen = heard_addresses(said.out)
        if not seen:
            raise ClusterRejected(f"read the sockets of pod/{name} in {namespace}: {said.err.strip()[:120]}")
        kept.extend(
            ListeningSocket(namespace=namespace, pod=name, address=one.address, port=one.port) for one in seen
        )
        return seen

    looks.see(
        f"sockets/{namespace}/{name}",
        f"kubectl exec {name} -n {namespace} -- {' '.join(COMMAND)}",
        ask,
        lambda seen: "\n".join(f"{one.address}:{one.port}" for one in seen),
        enters=True,
    )
