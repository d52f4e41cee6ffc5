"""What the words of programs alone tell when no object tells more: whose trouble it is, and what would settle it."""

import re

from outage.diagnosis.calls.call_graph import CallGraph
from outage.diagnosis.cause import Cause
from outage.diagnosis.edges.pod_complaints import Complaint, complaints_of
from outage.diagnosis.findings.user_signs import troubled_lines
from outage.kubernetes.events import event_message
from outage.kubernetes.objects import ObjectRef, object_ref
from outage.kubernetes.readiness import is_ready
from outage.snapshots.case_index import CaseIndex
from outage.text.logs.trouble_kinds import TroubleKind, trouble_kind
from outage.text.logs.trouble_lines import bare_line
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
    TroubleKind.WORKERS_BUSY: "What each worker waits for: a slow dependency, a lock, or more work than there are "
    "workers. Restarting them frees them for minutes.",
    TroubleKind.REPLICATION_STOPPED: "Which change the replica could not carry out, and whether its data still are the "
    "primary's: a person skips it or makes the replica anew.",
    TroubleKind.SEALED: "Who holds the keys that unseal it: nothing in the cluster does.",
    TroubleKind.LOCK_WAITED: "Who holds the lock: one that died may have left it in a table of the database.",
    TroubleKind.RELATION_MISSING: "Whether a migration ran, and against this database.",
    TroubleKind.SEQUENCE_EXHAUSTED: "Which column is too narrow: a person widens it.",
    TroubleKind.DEADLOCK: "Which two transactions take the same rows in another order.",
    TroubleKind.OUT_OF_HEAP: "What fills its memory: traffic, a queue that nobody reads, or a leak. Raising a limit is "
    "no repair of a leak.",
}
"""Kinds of trouble that a program that runs has by itself, and what would settle where they come from."""
LINES_OF_A_START = 200
"""Of a log: one that is stuck in its start says little else."""
SERVERS = re.compile(r"OOM command not allowed|low on memory|circuit_breaking_exception|\bis sealed\b", re.I)
"""Words in which a client repeats what its server lacks."""


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
        return _stuck(index, workload)
    heap = said.kind is TroubleKind.OUT_OF_HEAP
    about = _server(index, said) if SERVERS.search(said.line) else workload
    return OwnWords(
        cause=Cause.OUT_OF_MEMORY if heap else Cause.APPLICATION_ERROR,
        about=about,
        says=f"{about} runs and does not work ({said.kind}); {workload.name} says: {said.line[:160]}",
        settle=SETTLES[said.kind],
    )


def _stuck(index: CaseIndex, workload: ObjectRef) -> OwnWords | None:
    """What a pod that runs and never became ready says of itself since it started, however long ago it said so."""
    waiting = [pod for pod in index.pods_of(workload) if not is_ready(pod)]
    for pod in waiting:
        name = object_ref(pod, "Pod").name
        tails = [one for one in index.snapshot.logs if one.pod == name and not one.previous]
        lines = [bare_line(line)[1] for tail in tails for line in tail.text.splitlines()[-LINES_OF_A_START:]]
        said = [*lines, *(event_message(one) for one in index.warnings(object_ref(pod, "Pod")))]
        for line in reversed(said):
            if (kind := trouble_kind(line)) in SETTLES and kind is not None:
                says = f"{workload} runs and is not ready ({kind}); {name} says: {line[:160]}"
                return OwnWords(
                    cause=Cause.APPLICATION_ERROR, about=workload, says=says, settle=SETTLES[kind]
                )
    return None


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
