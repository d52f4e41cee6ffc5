"""What the database tells: a lock that others wait for, refused writes."""

import re
from collections.abc import Iterator

from outage.diagnosis.calls.database_clients import database_clients, job_behind
from outage.diagnosis.calls.datastore_log_lines import DatastoreWords, datastore_words
from outage.diagnosis.calls.datastores import ANY, MYSQL, POSTGRES, REDIS, kind_of_store
from outage.diagnosis.cause import Cause
from outage.diagnosis.findings import Signs
from outage.diagnosis.findings.database_signs import database_ref, root_blockers
from outage.diagnosis.findings.facts import Sign
from outage.diagnosis.hypothesis import Change, Repair
from outage.diagnosis.known_good.troubled_workloads import Troubled
from outage.diagnosis.remedies.remedy import Remedy
from outage.diagnosis.remedies.single_repairs import cancel_change, suspend_change
from outage.diagnosis.rules.rule import CauseEntry, CauseRule
from outage.diagnosis.suspect import SuspectDraft, names_of
from outage.diagnosis.weighing.doubts import Doubt
from outage.diagnosis.weighing.strength import Strength, Support
from outage.kubernetes.object_times import changed_at, earliest_of
from outage.kubernetes.objects import ObjectRef, object_ref
from outage.snapshots.case_index import CaseIndex
from outage.snapshots.snapshot import DatabaseView, Session
from outage.value import Manifest

READ_ONLY = {
    POSTGRES: re.compile(r"read-only transaction|ReadOnlySqlTransaction", re.I),
    MYSQL: re.compile(r"--(?:super-)?read-only|in a READ ONLY transaction"),
    REDIS: re.compile(r"READONLY You can't write", re.I),
    ANY: re.compile(r"read-only mode", re.I),
}


def suspect_blocked_database(index: CaseIndex, signs: Signs) -> Iterator[SuspectDraft]:
    """Suspects from the database's own views, or from what its clients log."""
    view = index.snapshot.database
    if view is not None:
        yield from _blocked(index, signs, view)
    yield from _read_only(index, signs, view)


def _blocked(index: CaseIndex, signs: Signs, view: DatabaseView) -> Iterator[SuspectDraft]:
    for root, waiting in root_blockers(view):
        about = ObjectRef(kind="Session", name=str(root.pid))
        who = root.application or root.user
        says = f"Session {root.pid} of {who} holds a lock; {waiting} sessions wait for it"
        found = SuspectDraft(
            cause=Cause.BLOCKING_SESSION, about=about, says=says, explains=database_clients(index)
        )
        found.explains |= names_of(about)
        found.field, found.live = "state", root.state
        found.add(Strength.STATED, "the database names it as the root of the waits")
        found.add(Support.SYMPTOM, f"{waiting} sessions wait for a lock")
        if root.state.startswith("idle in transaction"):
            found.add(Support.SYMPTOM, "it holds its transaction open and does nothing")
        found.evidence_for = [one.says for one in signs.of(Sign.DATABASE_BLOCKED)]
        found.onset = earliest_of(one.since for one in signs.failing)
        found.settle = "Whether what it does may be interrupted; the job that opened it."
        if not root.superuser and not root.replication and root.backend == "client backend":
            found.repair = _cancel(index, root, waiting)
        yield found


def _cancel(index: CaseIndex, root: Session, waiting: int) -> Repair:
    job = job_behind(index, root)
    change = cancel_change(root.pid, f"it is the root of {waiting} waits", "The waiting sessions go on.")
    changes: tuple[Change, ...] = (change,)
    if job is not None:
        changes = (suspend_change(job, "it opens the session", "No new session of its."), change)
    return Repair(summary=f"Cancel session {root.pid}, the root of the waits", changes=changes)


def _read_only(index: CaseIndex, signs: Signs, view: DatabaseView | None) -> Iterator[SuspectDraft]:
    said, main = datastore_words(index, READ_ONLY), database_ref(index)
    if view is not None and (view.read_only or view.in_recovery):
        found = _refuses_writes(index, signs, main, said.pop(main, DatastoreWords()), sure=True)
        _why(index, found, view.in_recovery)
        yield found
    for about, words in said.items() if signs.failing else ():
        found = _refuses_writes(index, signs, about, words, sure=False)
        _why(index, found, in_recovery=False)
        yield found


def _refuses_writes(
    index: CaseIndex, signs: Signs, about: ObjectRef, said: DatastoreWords, sure: bool
) -> SuspectDraft:
    found = SuspectDraft(
        cause=Cause.DATABASE_READ_ONLY,
        about=about,
        says=f"{about} refuses writes",
        explains=database_clients(index, about) | said.by,
    )
    own = signs.of(Sign.DATABASE_READ_ONLY) if sure else []
    found.evidence_for = [one.says for one in own] + said.lines[:4]
    found.add(
        Strength.STATED if sure else Strength.CONTRADICTED,
        "the database says so" if sure else "its clients are told so",
    )
    found.add(Support.SYMPTOM if said.lines else None, f"{len(said.lines)} log lines speak of it")
    found.onset = earliest_of(one.since for one in signs.failing)
    return found


def _why(index: CaseIndex, found: SuspectDraft, in_recovery: bool) -> None:
    """What would settle it, in the words of its kind; of a Postgres also the setting that does it."""
    workload = next((one for one in index.workloads if object_ref(one) == found.about), None)
    kind = kind_of_store(workload) if workload else POSTGRES
    if in_recovery:
        found.says = f"{found.about} is in recovery: it is a replica, or it was restored"
        found.settle = "Which server is the primary now. Writing to both would lose data: a person decides."
    elif kind in (MYSQL, REDIS):
        found.settle = "Whether it is a replica, and which server is the primary now: callers write there."
    else:
        found.field, found.live, found.wanted = "default_transaction_read_only", "on", "off"
        found.settle = (
            "Who set default_transaction_read_only (ALTER SYSTEM, DATABASE or ROLE), and whether the disk "
        )
        found.settle += "is full; put the setting back with ALTER … RESET and reload."
    if workload is not None:
        _as_configured(index, found, workload)


def _as_configured(index: CaseIndex, found: SuspectDraft, workload: Manifest) -> None:
    """When the setting came with the template, the template is put back."""
    one = Troubled(index, Signs(index, ()), workload)
    fix = one.fix(r"/(?:args|command|env)(?:/|$)")
    if fix is not None and any(re.search(r"read.?only", str(d.live)) for d in fix.chosen):
        found.field = fix.chosen[0].field
        found.repair = one.repair(fix, "The database takes writes again.")
        found.time(changed_at(workload), found.onset)
        found.add(fix.known.trust, f"{fix.known.source} does not ask for it")


RULES = (
    CauseRule(
        suspect_blocked_database,
        entries=(
            CauseEntry(
                Cause.BLOCKING_SESSION,
                says="One database session holds a lock that others wait for.",
                shows="one session is the root of the waits for locks",
                evidence="pg_stat_activity, pg_blocking_pids()",
                remedies=(Remedy.HOLD, Remedy.CANCEL, Remedy.PERSON),
            ),
            CauseEntry(
                Cause.DATABASE_READ_ONLY,
                says="The database refuses writes.",
                shows="the database refuses writes, or its clients are told so",
                evidence="default_transaction_read_only, pg_is_in_recovery(); logs of the clients",
                remedies=(Remedy.PUT_BACK, Remedy.PERSON),
                doubts=(Doubt.LONG_UNCHANGED,),
            ),
        ),
    ),
)
