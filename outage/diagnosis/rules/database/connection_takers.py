"""Who took the connections of a store: the workload that grew, and not the one that got none.

Each pod keeps a pool: more pods are more connections. The store counts them by client, or else the one caller tells
that was scaled up shortly before the first refusal.
"""

import re
from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from outage.diagnosis.calls.call_graph import CallGraph
from outage.diagnosis.calls.database_clients import database_clients, workload_behind
from outage.diagnosis.calls.datastore_log_lines import datastore_words
from outage.diagnosis.cause import Cause
from outage.diagnosis.findings import Signs
from outage.diagnosis.findings.database_signs import database_ref
from outage.diagnosis.findings.facts import Sign
from outage.diagnosis.findings.workload_signs import desired_replicas
from outage.diagnosis.hypothesis import Risk
from outage.diagnosis.remedies.finished_repairs import Words, scale_to
from outage.diagnosis.rules.database.database_connections import FULL
from outage.diagnosis.rules.rule import CauseRule
from outage.diagnosis.suspect import SuspectDraft, names_of
from outage.diagnosis.thresholds import MOST_CONNECTIONS, RECENT_CHANGE
from outage.diagnosis.weighing.strength import Strength, Support
from outage.kubernetes.events import event_began, event_message, event_moment
from outage.kubernetes.object_times import earliest_of
from outage.kubernetes.objects import ObjectRef, dig, object_ref
from outage.snapshots.case_index import CaseIndex
from outage.value import Manifest, Value

SCALED = re.compile(r"Scaled up replica set \S+ (?:from (?P<before>\d+) )?to (?P<after>\d+)")
EXPECTED = "Its pods that are too many end, their connections come free, and the others get theirs again."


class Growth(Value):
    """A workload that was scaled up."""

    workload: ObjectRef
    before: int
    after: int
    at: datetime | None


def suspect_connection_takers(index: CaseIndex, signs: Signs) -> Iterator[SuspectDraft]:
    """For each store that is full: the caller that holds most and grew before the first refusal."""
    said = datastore_words(index, FULL)
    full = {about: words.lines for about, words in said.items()} if signs.failing else {}
    if signs.of(Sign.DATABASE_CONNECTIONS):
        full.setdefault(database_ref(index), [])
    for store, lines in full.items():
        grown = [one for one in _growths(index) if _calls(index, one.workload, store)]
        held = _held(index, store)
        takers = [one for one in grown if not held or held.most_common(1)[0][0] == str(one.workload)]
        if len(takers) == 1:
            yield _suspect(index, signs, store, takers[0], lines, held)


def _growths(index: CaseIndex) -> list[Growth]:
    """Workloads that were scaled up lately to what they are now, by the cluster's own words or the baseline."""
    found = [_growth(index, one) for one in index.workloads if object_ref(one).namespace in index.home]
    return [one for one in found if one is not None]


def _growth(index: CaseIndex, workload: Manifest) -> Growth | None:
    about, now = object_ref(workload), desired_replicas(workload)
    was = dig(index.baseline.get(about), "spec.replicas") if index.baseline else None
    at, before = None, was if isinstance(was, int) else None
    for event in index.events(about):
        told = SCALED.search(event_message(event)) if event.get("reason") == "ScalingReplicaSet" else None
        moment = event_began(event) or event_moment(event)
        fits = told and int(told["before"] or 0) > 0 and int(told["after"]) == now
        if told and fits and moment and index.now - moment < RECENT_CHANGE:
            at, before = moment, before or int(told["before"])
    if before is None or not 0 < before < now:
        return None
    return Growth(workload=about, before=before, after=now, at=at)


def _calls(index: CaseIndex, caller: ObjectRef, store: ObjectRef) -> bool:
    """Whether a workload is a client of the store: by its addresses, its Secret, or its own words about it."""
    if str(caller) in database_clients(index, store) and caller != store:
        return True
    calls = CallGraph.of(index).uses.get(str(caller), {}).values()
    fronts = {str(object_ref(one, "Service")) for one in index.fronts(store)}
    if any(str(one) in fronts for one in calls):
        return True
    pods = {pod["metadata"]["name"] for pod in index.pods_of(caller)}
    names = [object_ref(one, "Service").name for one in index.fronts(store)]
    return any(
        tail.pod in pods and re.search(rf"(?<![\w.-]){re.escape(name)}(?![\w-])", tail.text)
        for tail in index.snapshot.logs
        for name in names
    )


def _held(index: CaseIndex, store: ObjectRef) -> Counter[str]:
    """How many connections each workload holds, where the store was asked and one holds most of them."""
    view = index.snapshot.database
    if view is None or store != database_ref(index):
        return Counter()
    known = Counter(
        str(behind) for one in view.sessions if (behind := workload_behind(index, one)) is not None
    )
    return (
        known if known and known.most_common(1)[0][1] >= MOST_CONNECTIONS * sum(known.values()) else Counter()
    )


def _suspect(
    index: CaseIndex, signs: Signs, store: ObjectRef, taker: Growth, lines: list[str], held: Counter[str]
) -> SuspectDraft:
    about = taker.workload
    count = held.get(str(about), 0)
    counted = f": it holds {count} of {sum(held.values())}" if count else ""
    says = (
        f"{about} went from {taker.before} to {taker.after} pods and took the connections of {store}{counted}"
    )
    explains = database_clients(index, store) | names_of(about, store)
    found = SuspectDraft(cause=Cause.CONNECTIONS_EXHAUSTED, about=about, says=says, explains=explains)
    found.add(
        Strength.STATED if count else Strength.CONTRADICTED,
        f"{store.name} has no connections left, and each pod of {about.name} keeps some",
    )
    found.add(Support.SYMPTOM, f"{len(lines)} log lines say that nobody gets in")
    found.add(
        Support.NEWCOMER if count else Support.DETAIL,
        "the database counts its sessions" if count else "it alone grew",
    )
    onset = earliest_of(one.since for one in signs.failing)
    found.add(Support.TRACE, f"it grew from {taker.before} to {taker.after} before")
    found.time(taker.at, onset, certain=True)
    found.evidence_for = lines[:3] + [one.says for one in signs.failing][:3]
    words = Words(f"Scale {about} back to {taker.before} pods", EXPECTED)
    scale_to(found, about, taker.before, words, live=taker.after, risk=Risk.MEDIUM)
    found.settle = (
        f"Whether {about.name} needs so many pods: then each gets a smaller pool. Ending its sessions does not help: "
        "its pools open them again at once."
    )
    return found


RULES = (
    CauseRule(
        suspect_connection_takers,
    ),
)
