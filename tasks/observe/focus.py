"""Where to look closely in a cluster of strangers, when nobody named a namespace."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

from blocks.kubernetes import Cluster, TableRow
from outage.errors import ClusterError, ClusterForbidden, ClusterThrottled, ClusterUnreachable
from outage.snapshots.evidence import Evidence
from outage.value import Manifest
from tasks.observe.budget import Budget
from tasks.observe.collector import Collector, collect_patiently
from tasks.observe.pod_table import PODS_IN_WORDS, PodRow, PodTable, sift_rows

SMALL_PODS, SMALL_NAMESPACES = 600, 8
"""A cluster up to this size is looked at whole."""
AT_MOST = 6
ASKED_FOR = 40
REPEATS = 2
"""How often the first question is asked again: a wrong place would spoil everything after it."""
SHARE = 0.5
"""Of the time left, for finding the namespaces of ill pods: looking at the place needs the rest."""
SYSTEM = ("kube-public", "kube-node-lease")
"""Namespaces without anything of anybody's in them."""
NAMESPACES_IN_WORDS = "kubectl get namespaces"


@dataclass(frozen=True)
class Focus:
    """Namespaces to read whole, the worst first, and the looks that led to them."""

    namespaces: tuple[str, ...]
    evidence: tuple[Evidence, ...] = field(default=(), compare=False)
    crowd: PodTable | None = field(default=None, compare=False)
    """All pods of the cluster, where they were listed for choosing: nobody need ask again."""


def focus_namespaces(cluster: Cluster, budget: Budget, now: Callable[[], datetime]) -> Focus:
    """Namespaces to read whole: those with ill pods, most first; all of a small cluster.

    With rights for one namespace only, that is the one of the context.

    Args:
        cluster: The reading door.
        budget: Begins to run here, and goes on for the looks that follow.
        now: The clock.

    Raises:
        ClusterError: The API server gave no list of pods, for another reason than our rights. Looking at a
            namespace that nobody chose would answer a question that nobody asked.
    """
    budget.start(cluster)
    looks = Collector(budget, now)
    rows = _asked(looks, cluster, "Pod", PODS_IN_WORDS)
    there = _asked(looks, cluster, "Namespace", NAMESPACES_IN_WORDS)
    if rows is None:
        return Focus((cluster.namespace,), looks.evidence)
    crowd = sift_rows(rows)
    ill = crowd.suspects
    looks.leave_out("ill pods", PODS_IN_WORDS, [one.name for one in ill[ASKED_FOR:]], ASKED_FOR)
    naming = Collector(budget.part(SHARE), now)
    read = _read_suspects(naming, cluster, ill[:ASKED_FOR])
    by_illness = [one for one, _ in Counter(one["metadata"]["namespace"] for one in read).most_common()]
    names = [row.name for row in there or () if row.name not in SYSTEM]
    chosen = _chosen(cluster.namespace, len(rows), names, by_illness)
    rest = [one for one in (*by_illness, *names) if one not in chosen and not one.startswith("kube-")]
    looks.leave_out("namespaces", NAMESPACES_IN_WORDS, list(dict.fromkeys(rest)), len(chosen))
    return Focus(chosen, (*looks.evidence, *naming.evidence), replace(crowd, read=tuple(read)))


def _asked(looks: Collector, cluster: Cluster, kind: str, words: str) -> list[TableRow] | None:
    """The table of a kind, patiently; None when our identity may not have it."""
    mistakes: list[ClusterError] = []

    def ask() -> list[TableRow]:
        try:
            return collect_patiently(
                lambda: cluster.table(kind, None, within_seconds=looks.budget.seconds()),
                looks.budget,
                (ClusterThrottled, ClusterUnreachable),
                REPEATS,
            )
        except ClusterError as error:
            mistakes.append(error)
            raise

    rows = looks.see(f"where/{kind.lower()}s", words, ask, lambda found: f"{len(found)} of them")
    for error in mistakes:
        if not isinstance(error, ClusterForbidden):
            raise type(error)(f"choose where to look: {error}; name a namespace with -n") from error
    return rows


def _read_suspects(looks: Collector, cluster: Cluster, ill: Sequence[PodRow]) -> list[Manifest]:
    """The ill pods in full, asked for side by side, for the table does not say where they live."""

    def ask(row: PodRow) -> list[Manifest]:
        return cluster.list(
            "Pod", None, fields=row.fields, cached=True, within_seconds=looks.budget.seconds()
        )

    def look(row: PodRow) -> list[Manifest] | None:
        words = f"kubectl get pods --all-namespaces --field-selector {row.fields}"
        return looks.see(f"where/{row.name}", words, partial(ask, row), _places)

    return [one for found in looks.all([partial(look, row) for row in ill]) for one in found or ()]


def _places(pods: Sequence[Manifest]) -> str:
    return ", ".join(str(one["metadata"]["namespace"]) for one in pods)


def _chosen(own: str, pods: int, names: list[str], by_illness: list[str]) -> tuple[str, ...]:
    theirs = [one for one in names if not one.startswith("kube-")]
    worst = by_illness[:AT_MOST]
    if pods <= SMALL_PODS and len(theirs) <= SMALL_NAMESPACES:
        return tuple(dict.fromkeys([*worst, *theirs])) or (own,)
    ours = [own] if own in names and own != "default" else []
    return tuple(dict.fromkeys([*worst, *ours]))[:AT_MOST] or (own,)
