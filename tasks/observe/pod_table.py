"""The wide look: which pods of all namespaces are not as they should be, without reading the others."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from blocks.kubernetes import Cluster, TableRow
from outage.kubernetes.trim import trim_object
from outage.text.listing import counted_words, listing_lines, pod_line
from outage.value import Manifest
from tasks.observe.collect_objects import GatheredObjects
from tasks.observe.collector import Collector

SUSPECTS = 30
"""Suspects read in full. When more pods than these are ill, more copies of the same illness teach nothing."""
RECENT_RESTART = re.compile(r"\((?:\d+s|[0-5]?\dm(?:\d+s)?) ago\)")
"""Restarted within the last hour, in the words of the server's table."""
PODS_IN_WORDS = "kubectl get pods --all-namespaces | grep -v Running"


@dataclass(frozen=True)
class PodTable:
    """What the wide look saw."""

    pods: int
    suspects: tuple[str, ...]
    """Names of pods that are not well."""


def is_suspicious_row(row: TableRow) -> bool:
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


def collect_pod_table(looks: Collector, cluster: Cluster) -> PodTable | None:
    """All pods of all namespaces as one small table.

    Returns:
        How many there are and the names of those that look ill; None when they could not be listed.
    """

    def ask() -> tuple[PodTable, str]:
        rows = cluster.table("Pod", None, within_seconds=looks.budget.seconds())
        ill = [row for row in rows if is_suspicious_row(row)]
        states = counted_words(str(row.cells.get("status", "?")) for row in rows)
        named = listing_lines(
            f"{row.name}  {row.cells.get('ready')}  {row.cells.get('status')}" for row in ill
        )
        return PodTable(
            len(rows), tuple(row.name for row in ill)
        ), f"{len(rows)} pods: {states}\n{named}".strip()

    seen = looks.see("pods", PODS_IN_WORDS, ask, lambda found: found[1])
    return seen[0] if seen else None


def collect_suspect_pods(
    looks: Collector, cluster: Cluster, gathered: GatheredObjects, names: tuple[str, ...]
) -> list[Callable[[], None]]:
    """Read the suspects in full that are not at home yet; the table has no namespaces, so they are asked by name."""
    known = {one["metadata"]["name"] for one in gathered.of("Pod")}
    missing = [one for one in dict.fromkeys(names) if one not in known]
    looks.leave_out("suspects", PODS_IN_WORDS, missing[SUSPECTS:], SUSPECTS)
    return [partial(_suspect, looks, cluster, gathered, name) for name in missing[:SUSPECTS]]


def _suspect(looks: Collector, cluster: Cluster, gathered: GatheredObjects, name: str) -> None:
    def ask() -> list[Manifest]:
        found = cluster.list(
            "Pod", None, fields=f"metadata.name={name}", cached=True, within_seconds=looks.budget.seconds()
        )
        kept = [trim_object(one, gathered.salt) for one in found]
        gathered.add("Pod", kept)
        return kept

    looks.see(
        f"pods/suspect/{name}",
        f"kubectl get pods --all-namespaces --field-selector metadata.name={name} -o json",
        ask,
        lambda found: (
            listing_lines(f"{one['metadata']['namespace']}  {pod_line(one)}" for one in found)
            or "gone while we looked"
        ),
    )
