"""Workloads: the kinds that keep pods running, and how a platform file names one of them."""

from outage.kubernetes.objects import ObjectRef

WORKLOADS = ("Deployment", "StatefulSet", "DaemonSet")
KINDS_BY_WORD = {kind.lower(): kind for kind in WORKLOADS}


def workload_ref(words: str, namespace: str) -> ObjectRef:
    """The workload that somebody means by `deployment/NAME`; a word that is no kind of workload stays as it is."""
    kind, _, name = words.partition("/")
    return ObjectRef(kind=KINDS_BY_WORD.get(kind.lower(), kind), name=name, namespace=namespace)
