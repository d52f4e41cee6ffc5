"""What the database says of itself."""

from collections.abc import Iterator

from outage.diagnosis.calls.datastores import POSTGRES, datastores_of
from outage.diagnosis.findings.facts.sign_facts import (
    BlockingSessionFacts,
    ConnectionFacts,
    ReadOnlyFacts,
    WraparoundFacts,
)
from outage.diagnosis.findings.finding import Finding
from outage.diagnosis.thresholds import (
    CONNECTIONS_NEARLY_FULL,
    HELD_SECONDS,
    WAITING_SECONDS,
    WRAPAROUND_NEAR,
)
from outage.kubernetes.objects import ObjectRef, object_ref
from outage.kubernetes.workloads import workload_ref
from outage.snapshots.case_index import CaseIndex
from outage.snapshots.snapshot import DatabaseView, Session

LOOK = ("database",)


def database_signs(index: CaseIndex) -> Iterator[Finding]:
    """Locks that others wait for, connections used up, writes refused, wraparound."""
    view = index.snapshot.database
    if view is None:
        return
    about = database_ref(index)
    for root, waiting in root_blockers(view):
        client = root.application or root.user
        blocks = BlockingSessionFacts(pid=root.pid, client=client, waiting=waiting)
        yield Finding.of(about, blocks, evidence=LOOK)
    if view.connections >= CONNECTIONS_NEARLY_FULL * (view.max_connections - view.reserved_connections):
        full = ConnectionFacts(used=view.connections, allowed=view.max_connections)
        yield Finding.of(about, full, evidence=LOOK)
    if view.read_only or view.in_recovery:
        yield Finding.of(about, ReadOnlyFacts(in_recovery=view.in_recovery), evidence=LOOK)
    if (view.oldest_transaction_age or 0) > WRAPAROUND_NEAR:
        age = view.oldest_transaction_age or 0
        yield Finding.of(about, WraparoundFacts(age=age), evidence=LOOK)


def database_ref(index: CaseIndex) -> ObjectRef:
    """The workload (or else the name) of the platform's database."""
    platform = index.platform
    known = platform.service(platform.database.service) if platform.database else None
    if known:
        return workload_ref(known.workload, platform.namespace)
    name = index.snapshot.database.name if index.snapshot.database else "database"
    for workload in datastores_of(index, POSTGRES):
        return object_ref(workload)
    return ObjectRef(kind="Database", name=name, namespace=platform.namespace)


def root_blockers(view: DatabaseView) -> list[tuple[Session, int]]:
    """Sessions that block others and wait for nobody, with how many wait for them, directly or not."""
    by_pid = {one.pid: one for one in view.sessions}
    counts: dict[int, int] = {}
    for one in view.sessions:
        for root in _roots(one, by_pid, set()) if one.blocked_by else ():
            if _long(one, by_pid.get(root)):
                counts[root] = counts.get(root, 0) + 1
    return [(by_pid[pid], number) for pid, number in sorted(counts.items()) if pid in by_pid]


def _long(waiting: Session, root: Session | None) -> bool:
    """Whether a wait is an outage: it lasts, or what it waits for does."""
    held = (root.transaction_seconds or 0) if root else 0
    unknown = WAITING_SECONDS if waiting.query_seconds is None else waiting.query_seconds
    return unknown >= WAITING_SECONDS or held >= HELD_SECONDS


def _roots(one: Session, by_pid: dict[int, Session], seen: set[int]) -> set[int]:
    if one.pid in seen:
        return set()
    found: set[int] = set()
    for pid in one.blocked_by:
        above = by_pid.get(pid)
        if above is None or not above.blocked_by:
            found.add(pid)
        else:
            found |= _roots(above, by_pid, seen | {one.pid})
    return found
