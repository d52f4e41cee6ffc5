"""The wide look: which pods of all namespaces are not as they should be, without reading the others."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

from blocks.kubernetes import Cluster, TableRow
from outage.kubernetes.trim import is_healthy_pod, trim_object
from outage.text.listing import counted_words, listing_lines, pod_line
from outage.value import Manifest
from tasks.observe.collect_objects import GatheredObjects
from tasks.observe.collector import Collector

SUSPECTS = 30
"""Suspects read in full. When more pods than these are ill, more copies of the same illness teach nothing."""
RECENT_RESTART = re.compile(r"\((?:\d+s|[0-5]?\dm(?:\d+s)?) ago\)")
"""Restarted within the last hour, in the words of the server's table."""
NOWHERE = "<none>"
"""What the table says of a pod that no node runs yet."""
PODS_IN_WORDS = "kubectl get pods --all-namespaces | grep -v Running"


class PodRow(NamedTuple):
    """A pod of the table that looks ill."""

    name: str
    node: str
    """Empty where the table does not say, and for one that runs nowhere."""

    @property
    def fields(self) -> str:
        """The selector that finds it in all namespaces, which the table does not name.

        The API server keeps pods by node: with one it looks through those of that node and not through all.
        """
        return f"metadata.name={self.name}" + (f",spec.nodeName={self.node}" if self.node else "")


@dataclass(frozen=True)
class PodTable:
    """What the wide look saw."""

    pods: int
    suspects: tuple[PodRow, ...]
    """Pods that are not well."""
    states: str = ""
    """How many are in which, in words."""
    read: tuple[Manifest, ...] = ()
    """Those of the suspects that were read in full already."""


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


def sift_rows(rows: Sequence[TableRow]) -> PodTable:
    """Which rows are of ill pods.

    Returns:
        Each of them once; two of one name in two namespaces are asked for together, by their name alone.
    """
    ill = [row for row in rows if is_suspicious_row(row)]
    often = Counter(row.name for row in ill)
    suspects = dict.fromkeys(
        PodRow(row.name, node_of_row(row) if often[row.name] == 1 else "") for row in ill
    )
    states = counted_words(str(row.cells.get("status", "?")) for row in rows)
    named = listing_lines(f"{row.name}  {row.cells.get('ready')}  {row.cells.get('status')}" for row in ill)
    return PodTable(len(rows), tuple(suspects), f"{len(rows)} pods: {states}\n{named}".strip())


def node_of_row(row: TableRow) -> str:
    """Where a row's pod runs; empty for nowhere."""
    node = str(row.cells.get("node") or "")
    return "" if node == NOWHERE else node


def collect_pod_table(looks: Collector, cluster: Cluster) -> PodTable | None:
    """All pods of all namespaces as one small table.

    Returns:
        How many there are and those that look ill; None when they could not be listed.
    """

    def ask() -> PodTable:
        return sift_rows(cluster.table("Pod", None, within_seconds=looks.budget.seconds()))

    return looks.see("pods", PODS_IN_WORDS, ask, lambda found: found.states)


def collect_suspect_pods(
    looks: Collector, cluster: Cluster, gathered: GatheredObjects, suspects: tuple[PodRow, ...]
) -> list[Callable[[], None]]:
    """Read the suspects in full that are not at home yet; the table has no namespaces, so they are asked by name.

    A pod at home that is well is not the one that looked ill, though it has its name and its node.
    """
    known = {
        PodRow(one["metadata"]["name"], (one.get("spec") or {}).get("nodeName") or "")
        for one in gathered.of("Pod")
        if not is_healthy_pod(one)
    }
    missing = [one for one in suspects if one not in known]
    looks.leave_out("suspects", PODS_IN_WORDS, [one.name for one in missing[SUSPECTS:]], SUSPECTS)
    return [partial(_suspect, looks, cluster, gathered, one) for one in missing[:SUSPECTS]]


def _suspect(looks: Collector, cluster: Cluster, gathered: GatheredObjects, suspect: PodRow) -> None:
    def ask() -> list[Manifest]:
        found = cluster.list(
            "Pod", None, fields=suspect.fields, cached=True, within_seconds=looks.budget.seconds()
        )
        kept = [trim_object(one, gathered.salt) for one in found]
        gathered.add("Pod", kept)
        return kept

    looks.see(
        f"pods/suspect/{suspect.name}",
        f"kubectl get pods --all-namespaces --field-selector {suspect.fields} -o json",
        ask,
        lambda found: (
            listing_lines(f"{one['metadata']['namespace']}  {pod_line(one)}" for one in found)
            or "gone while we looked"
        ),
    )
