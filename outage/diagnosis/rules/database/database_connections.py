"""No connections left: who holds them and does nothing, or who came and took them."""

import re
from collections import Counter
from collections.abc import Iterator

from outage.diagnosis.calls.database_clients import (
    database_clients,
    job_behind,
    newcomer_clients,
    workload_behind,
)
from outage.diagnosis.calls.datastore_log_lines import DatastoreWords, datastore_words
from outage.diagnosis.calls.datastores import ANY, MYSQL, POSTGRES, REDIS
from outage.diagnosis.cause import Cause
from outage.diagnosis.findings import Signs
from outage.diagnosis.findings.database_signs import database_ref
from outage.diagnosis.findings.facts import Sign
from outage.diagnosis.hypothesis import Repair, Risk
from outage.diagnosis.remedies.remedy import Remedy
from outage.diagnosis.remedies.single_repairs import cancel_change, restart_change, suspend_change
from outage.diagnosis.rules.rule import CauseEntry, CauseRule
from outage.diagnosis.suspect import SuspectDraft
from outage.diagnosis.thresholds import CONNECTIONS_LEFT, IDLE_SESSIONS
from outage.diagnosis.weighing.strength import Strength, Support, Trust
from outage.kubernetes.object_times import earliest_of
from outage.kubernetes.objects import ObjectRef
from outage.kubernetes.workloads import WORKLOADS
from outage.snapshots.case_index import CaseIndex
from outage.snapshots.snapshot import DatabaseView, Session

FULL = {
    POSTGRES: re.compile(
        r"remaining connection slots|too many clients|too many connections for (?:role|database)(?! \"outage_)",
        re.I,
    ),
    MYSQL: re.compile(r"(?:1040|08004|mysql|mariadb)\b.*too many connections|max_user_connections", re.I),
    REDIS: re.compile(r"max number of clients reached", re.I),
    ANY: re.compile(r"too many connections(?! for role \"outage_)", re.I),
}
IDLE = ("idle", "idle in transaction", "idle in transaction (aborted)")
MOST_ENDED = 20
"""Sessions ended by one plan at most: enough to let clients back in, too few for a reconnect storm."""


def suspect_database_connections(index: CaseIndex, signs: Signs) -> Iterator[SuspectDraft]:
    """The database, when it or its clients say that nobody gets in any more; other stores, when theirs do."""
    view, main = index.snapshot.database, database_ref(index)
    said, counted = datastore_words(index, FULL), bool(signs.of(Sign.DATABASE_CONNECTIONS))
    own = said.pop(main, DatastoreWords())
    roomy = view is not None and view.connections < CONNECTIONS_LEFT * view.max_connections
    if counted or (own.lines and signs.failing and not roomy):
        found = _full(index, signs, main, own, counted)
        if view is not None:
            found.field, found.live = "max_connections", f"{view.connections} of {view.max_connections}"
            _free(index, found, view)
        if found.repair is None:
            _hold_newcomer(index, found)
        yield found
    for about, words in said.items() if signs.failing else ():
        yield _full(index, signs, about, words, counted=False)


def _full(
    index: CaseIndex, signs: Signs, about: ObjectRef, said: DatastoreWords, counted: bool
) -> SuspectDraft:
    says = f"{about} has no connections left"
    explains = database_clients(index, about) | said.by
    found = SuspectDraft(cause=Cause.CONNECTIONS_EXHAUSTED, about=about, says=says, explains=explains)
    own = signs.of(Sign.DATABASE_CONNECTIONS) if counted else []
    found.evidence_for = [one.says for one in own] + said.lines[:4]
    found.add(
        Strength.STATED if counted else Strength.CONTRADICTED,
        "the database counts them" if counted else "its clients are told so",
    )
    found.add(Support.SYMPTOM if said.lines else None, f"{len(said.lines)} log lines speak of it")
    found.onset = earliest_of(one.since for one in signs.failing)
    found.settle = "Which client does not give its connections back."
    return found


def _free(index: CaseIndex, found: SuspectDraft, view: DatabaseView) -> None:
    """Stop the one application that holds most of the idle sessions; never a pooler, never all at once."""
    idle = [one for one in view.sessions if one.state in IDLE and _may_be_ended(one)]
    if not idle:
        return
    owner, number = Counter(map(_owner, idle)).most_common(1)[0]
    if number < IDLE_SESSIONS or number * 2 < len(idle):
        return
    found.says += f"; {owner} holds {number} idle ones"
    found.add(Support.DETAIL, f"{number} idle sessions belong to {owner}")
    theirs = [one for one in idle if _owner(one) == owner]
    if job := _one(job_behind(index, one) for one in theirs):
        found.repair = _suspend(job, f"it holds {number} idle sessions")
    else:
        found.repair = _end(index, theirs, owner)


def _end(index: CaseIndex, theirs: list[Session], owner: str) -> Repair:
    """End the longest idle sessions, then start the client anew that let them lie, when it is one that we know."""
    oldest = sorted(theirs, key=_idleness, reverse=True)[:MOST_ENDED]
    why, expected = f"idle session of {owner}", "Its connection is free for others."
    changes = [cancel_change(session.pid, why, expected) for session in oldest]
    summary = f"End {len(changes)} idle sessions of {owner}"
    leaking = _one(workload_behind(index, one) for one in oldest)
    if leaking is None or leaking.kind not in WORKLOADS:
        return Repair(summary=summary, changes=tuple(changes))
    why = f"{owner} does not give its connections back, and would take them again"
    again = restart_change(leaking, why, "New pods, with no more connections than they use.")
    return Repair(summary=f"{summary}, then restart {leaking}", changes=(*changes, again))


def _hold_newcomer(index: CaseIndex, found: SuspectDraft) -> None:
    """Nobody saw the sessions, for the database lets us in no more: the one Job that came just before is held."""
    came = newcomer_clients(index, found.onset or index.now, found.about)
    if len(came) != 1:
        return
    (job,) = came
    found.says += f"; {job} came just before and connects to it"
    found.add(Support.NEWCOMER, f"{job} came shortly before the first failure and connects to the database")
    found.add(Trust.BASELINE if index.baseline else None, "the baseline has no such job")
    found.settle = f"Whether connections come free when {job} is held."
    found.repair = _suspend(
        job, "it came shortly before the connections were gone, and connects to the database"
    )


def _suspend(job: ObjectRef, why: str) -> Repair:
    change = suspend_change(job, why, "Its pods end, and their connections with them.", Risk.MEDIUM)
    return Repair(summary=f"Suspend {job}, which can be resumed", changes=(change,))


def _one(some: Iterator[ObjectRef | None]) -> ObjectRef | None:
    """What all of them are, or None when they differ or one is not known."""
    found = set(some)
    return found.pop() if len(found) == 1 else None


def _owner(session: Session) -> str:
    return session.application or session.user


def _idleness(session: Session) -> float:
    return max(session.query_seconds or 0, session.transaction_seconds or 0)


def _may_be_ended(session: Session) -> bool:
    pooler = "bouncer" in session.application.lower() or "pool" in session.application.lower()
    return not (session.superuser or session.replication or pooler) and session.backend == "client backend"


RULES = (
    CauseRule(
        suspect_database_connections,
        entries=(
            CauseEntry(
                Cause.CONNECTIONS_EXHAUSTED,
                says="The database has no connections left.",
                shows="the database has no connections left, or its clients are told so",
                evidence="pg_stat_activity against max_connections; logs of the clients; Jobs that came just before",
                remedies=(Remedy.HOLD, Remedy.CANCEL, Remedy.RESTART, Remedy.PERSON),
            ),
        ),
    ),
)
