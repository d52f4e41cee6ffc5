"""The wide look: which pods of all namespaces are not as they should be, without reading the others."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from blocks.cluster import Cluster, Row
from outage.readable import counted, lines, pod
from outage.slimming import slim
from outage.value import Manifest
from tasks.observe.looking import Looks
from tasks.observe.objects import Gathered

SUSPECTS = 30
"""Suspects read in full. When more pods than these are ill, more copies of the same illness teach nothing."""
RECENT_RESTART = re.compile(r"\((?:\d+s|[0-5]?\dm(?:\d+s)?) ago\)")
"""Restarted within the last hour, in the words of the server's table."""
PODS_IN_WORDS = "kubectl get pods --all-namespaces | grep -v Running"


@dataclass(frozen=True)
class Crowd:
    """What the wide look saw."""

    pods: int
    suspects: tuple[str, ...]
    """Names of pods that are not well."""


def suspicious(row: Row) -> bool:
    """Whether a row of the table is a pod that deserves a look of its own."""
    status = str(row.cells.get("status", ""))
    if status in ("Completed", "Succeeded"):
        return False
    ready, _, wanted = str(row.cells.get("ready", "")).partition("/")
    return (
        status != "Running"
        or ready != wanted
        or bool(RECENT_RESTART.search(str(row.cells.get("restarts", ""))))
    )


def look_at_crowd(looks: Looks, cluster: Cluster) -> Crowd | None:
    """All pods of all namespaces as one small table."""

    def ask() -> tuple[Crowd, str]:
        rows = cluster.table("Pod", None, within_seconds=looks.budget.seconds())
        ill = [row for row in rows if suspicious(row)]
        states = counted(str(row.cells.get("status", "?")) for row in rows)
        named = lines(f"{row.name}  {row.cells.get('ready')}  {row.cells.get('status')}" for row in ill)
        return Crowd(
            len(rows), tuple(row.name for row in ill)
        ), f"{len(rows)} pods: {states}\n{named}".strip()

    seen = looks.see("pods", PODS_IN_WORDS, ask, lambda found: found[1])
    return seen[0] if seen else None


def look_at_suspects(
    looks: Looks, cluster: Cluster, gathered: Gathered, names: tuple[str, ...]
) -> list[Callable[[], None]]:
    """Read the suspects in full that are not at home yet; the table has no namespaces, so they are asked by name."""
    known = {one["metadata"]["name"] for one in gathered.of("Pod")}
    missing = [one for one in dict.fromkeys(names) if one not in known]
    looks.leave_out("suspects", PODS_IN_WORDS, missing[SUSPECTS:], SUSPECTS)
    return [partial(_suspect, looks, cluster, gathered, name) for name in missing[:SUSPECTS]]


def _suspect(looks: Looks, cluster: Cluster, gathered: Gathered, name: str) -> None:
    def ask() -> list[Manifest]:
        found = cluster.list(
            "Pod", None, fields=f"metadata.name={name}", cached=True, within_seconds=looks.budget.seconds()
        )
        kept = [slim(one, gathered.salt) for one in found]
        gathered.add("Pod", kept)
        return kept

    looks.see(
        f"pods/suspect/{name}",
        f"kubectl get pods --all-namespaces --field-selector metadata.name={name} -o json",
        ask,
        lambda found: (
            lines(f"{one['metadata']['namespace']}  {pod(one)}" for one in found) or "gone while we looked"
        ),
    )
