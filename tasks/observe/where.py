"""Where to look closely in a cluster of strangers, when nobody named a namespace."""

from collections import Counter

from blocks.cluster import Cluster
from outage.errors import ClusterError
from tasks.observe.crowd import suspicious

SMALL_PODS, SMALL_NAMESPACES = 600, 8
"""A cluster up to this size is looked at whole."""
AT_MOST = 6
ASKED_FOR = 40
SYSTEM = ("kube-public", "kube-node-lease")
"""Namespaces without anything of anybody's in them."""


def where_to_look(cluster: Cluster) -> tuple[str, ...]:
    """Namespaces to read whole: those with ill pods, most first; all of a small cluster.

    With rights for one namespace only, that is the one of the context.
    """
    try:
        rows = cluster.table("Pod", None)
        there = [one.name for one in cluster.table("Namespace", None) if one.name not in SYSTEM]
        ill = [row.name for row in rows if suspicious(row)]
        counted: Counter[str] = Counter()
        for name in ill[:ASKED_FOR]:
            found = cluster.list("Pod", None, fields=f"metadata.name={name}", cached=True)
            counted.update(one["metadata"]["namespace"] for one in found)
    except ClusterError:
        return (cluster.namespace,)
    theirs = [one for one in there if not one.startswith("kube-")]
    by_illness = [one for one, _ in counted.most_common(AT_MOST)]
    if len(rows) <= SMALL_PODS and len(theirs) <= SMALL_NAMESPACES:
        return tuple(dict.fromkeys([*by_illness, *theirs])) or (cluster.namespace,)
    own = [cluster.namespace] if cluster.namespace in there and cluster.namespace != "default" else []
    return tuple(dict.fromkeys([*by_illness, *own]))[:AT_MOST] or (cluster.namespace,)
