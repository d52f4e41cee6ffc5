"""What the words of programs alone tell when no object tells more: whose trouble it is, and what would settle it."""

import re

from outage.diagnosis.calls.call_graph import CallGraph
from outage.diagnosis.cause import Cause
from outage.diagnosis.edges.pod_complaints import Complaint, complaints_of
from outage.diagnosis.findings.user_signs import troubled_lines
from outage.kubernetes.objects import ObjectRef, object_ref
from outage.snapshots.case_index import CaseIndex
from outage.text.logs.trouble_kinds import TroubleKind, trouble_kind
from outage.value import Value

SETTLES = {
    TroubleKind.FILES_EXHAUSTED: "Which limit is used up, of the process (ulimit) or of its node (fs.inotify, "
    "pids), and what is opened and never closed.",
    TroubleKind.CLOCK_WRONG: "The clocks of the nodes on both sides (chronyc tracking): nothing in the cluster "
    "sets them.",
    TroubleKind.POOL_EXHAUSTED: "What holds the connections of its own pool: slow queries, a leak, or more work than "
    "the pool was made for. More connections do not help a slow database.",
    TroubleKind.ACCESS_DENIED: "Which right the account lost, and who gives it on the server: nothing in "
    "the cluster does.",
    TroubleKind.RELATION_MISSING: "Whether a migration ran, and against this database.",
    TroubleKind.SEQUENCE_EXHAUSTED: "Which column is too narrow: a person widens it.",
    TroubleKind.DEADLOCK: "Which two transactions take the same rows in another order.",
    TroubleKind.OUT_OF_HEAP: "What fills its memory: traffic, a queue that nobody reads, or a leak. Raising a limit is "
    "no repair of a leak.",
}
"""Kinds of trouble that a program that runs has by itself, and what would settle where they come from."""
SERVERS = re.compile(r"OOM command not allowed|low on memory|circuit_breaking_exception", re.I)
"""Words in which a client repeats that its server has no memory left."""


class OwnWords(Value):
    """What a workload's own words tell."""

    cause: Cause
    about: ObjectRef
    says: str
    settle: str


def own_words(index: CaseIndex, workload: ObjectRef) -> OwnWords | None:
    """What the workload complains of most, when that is trouble of its own; None when its words name another's."""
    said = max(complaints_of(index, workload), key=lambda one: one.count, default=None)
    if said is None or said.kind not in SETTLES:
        return None
    heap = said.kind is TroubleKind.OUT_OF_HEAP
    about = _server(index, said) if SERVERS.search(said.line) else workload
    return OwnWords(
        cause=Cause.OUT_OF_MEMORY if heap else Cause.APPLICATION_ERROR,
        about=about,
        says=f"{about} runs and does not work ({said.kind}); {workload.name} says: {said.line[:160]}",
        settle=SETTLES[said.kind],
    )


def _server(index: CaseIndex, said: Complaint) -> ObjectRef:
    """The one that the caller means: who says the same of itself, or the only one that it calls."""
    called = CallGraph.of(index).uses.get(str(said.workload), {}).values()
    services = [one for ref in called if (one := index.get(ref)) is not None]
    behind = {object_ref(one) for service in services for one in index.behind(service)}
    telling = [one for one in behind if _tells(index, one, said.kind)]
    meant = telling or list(behind)
    return meant[0] if len(meant) == 1 else said.workload


def _tells(index: CaseIndex, about: ObjectRef, kind: TroubleKind) -> bool:
    pods = {pod["metadata"]["name"] for pod in index.pods_of(about)}
    tails = [one for one in index.snapshot.logs if one.pod in pods and one.namespace == about.namespace]
    return any(trouble_kind(line) is kind for tail in tails for line in troubled_lines(index, tail))
