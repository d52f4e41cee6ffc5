"""CPU and memory in use, from the metrics API where there is one."""

from collections.abc import Callable
from functools import partial

from blocks.cluster import Cluster
from outage.readable import lines
from outage.snapshot import Usage
from tasks.observe.looking import Looks


def look_at_usage(
    looks: Looks, cluster: Cluster, namespaces: tuple[str, ...], kept: list[Usage]
) -> list[Callable[[], None]]:
    """Nodes, and the pods of each namespace."""
    return [
        lambda: _usage(looks, cluster, "Node", None, kept),
        *(partial(_usage, looks, cluster, "Pod", one, kept) for one in namespaces),
    ]


def _usage(looks: Looks, cluster: Cluster, kind: str, namespace: str | None, kept: list[Usage]) -> None:
    def ask() -> list[Usage]:
        seen = cluster.usage(kind, namespace, within_seconds=looks.budget.seconds())
        kept.extend(seen)
        return seen

    def show(seen: list[Usage]) -> str:
        greedy = sorted(seen, key=lambda one: -one.cpu_cores)
        return lines(
            f"{one.name}  cpu {one.cpu_cores:.3f}  memory {one.memory_bytes >> 20} Mi" for one in greedy
        )

    looks.see(
        f"usage/{namespace or 'nodes'}",
        f"kubectl top pods -n {namespace}" if namespace else "kubectl top nodes",
        ask,
        show,
    )
