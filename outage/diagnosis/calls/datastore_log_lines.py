"""What logs say of data stores, each line laid to the one store that it can mean, or to none.

A line counts for a store only when its workload calls that store and the line names no other Service.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from outage.diagnosis.calls.call_graph import CallGraph
from outage.diagnosis.calls.datastores import (
    ANY,
    POSTGRES,
    Words,
    datastores_of,
    kind_of_store,
    words_about_datastore,
)
from outage.diagnosis.findings.database_signs import database_ref
from outage.diagnosis.findings.user_signs import troubled_lines
from outage.diagnosis.thresholds import STILL_SAID
from outage.kubernetes.objects import ObjectRef, object_ref
from outage.snapshots.case_index import CaseIndex
from outage.value import Manifest


class SpokenLine(NamedTuple):
    """One line that tells of trouble, and who wrote it."""

    workload: Manifest | None
    """None for a pod that no workload of ours holds."""
    pod: str
    text: str


@dataclass
class DatastoreWords:
    """What was said of one store."""

    lines: list[str] = field(default_factory=list)
    by: set[str] = field(default_factory=set)
    """The workloads that say so."""


def datastore_words(index: CaseIndex, words: Words) -> dict[ObjectRef, DatastoreWords]:
    """What containers of the platform logged lately in these words, by the store that is meant."""
    found: dict[ObjectRef, DatastoreWords] = {}
    for line in _lines(index):
        kind = words_about_datastore(line.text, words)
        store = _meant(index, line.workload, kind, line.text) if kind is not None else None
        if store is not None:
            one = found.setdefault(store, DatastoreWords())
            one.lines.append(f"{line.pod}: {line.text[:160]}")
            one.by |= {str(object_ref(line.workload))} if line.workload else set()
    return found


def _lines(index: CaseIndex) -> Iterator[SpokenLine]:
    spoke = {(tail.namespace, tail.pod) for tail in index.snapshot.logs}
    of = {
        object_ref(pod, "Pod"): index.workload_of(pod)
        for pod in index.pods
        if (pod["metadata"].get("namespace", ""), pod["metadata"]["name"]) in spoke
    }
    known = {object_ref(one): one for one in index.workloads}
    for tail in index.snapshot.logs:
        if tail.namespace not in index.home or tail.previous:
            continue
        holder = of.get(ObjectRef(kind="Pod", name=tail.pod, namespace=tail.namespace))
        workload = known.get(holder) if holder else None
        for line in troubled_lines(index, tail, STILL_SAID)[-40:]:
            yield SpokenLine(workload, tail.pod, line)


def _meant(index: CaseIndex, workload: Manifest | None, kind: str, line: str) -> ObjectRef | None:
    """The store that a line can only mean; the platform's own database for words of its kind, if none is known."""
    if workload is not None and kind_of_store(workload) == kind:
        return object_ref(workload)
    called = _called(index, workload)
    fitting = [one for one in called if one in {object_ref(store) for store in datastores_of(index, kind)}]
    named = [about for about in called if _names(index, line, about)]
    if named:
        fitting = [one for one in fitting if one in named]
    main = database_ref(index)
    if kind in (POSTGRES, ANY) and _is_known(index) and main in called and (not named or main in named):
        return main
    if len(fitting) == 1:
        return fitting[0]
    alone = kind == POSTGRES and not fitting and not named
    return _unseen(index, main) if alone else None


def _is_known(index: CaseIndex) -> bool:
    """Whether somebody said which database is the platform's, or it was looked at."""
    return index.platform.database is not None or index.snapshot.database is not None


def _unseen(index: CaseIndex, main: ObjectRef) -> ObjectRef:
    """Where the words are Postgres's and the caller's address is hidden: the known one, or one that nobody sees."""
    nobody = ObjectRef(kind="Database", name="database", namespace=index.platform.namespace)
    return main if _is_known(index) else nobody


def _called(index: CaseIndex, workload: Manifest | None) -> list[ObjectRef]:
    """The workloads that this one calls."""
    if workload is None:
        return []
    used = CallGraph.of(index).uses.get(str(object_ref(workload)), {}).values()
    fronts = [one for about in used if (one := index.get(about)) is not None]
    return list(dict.fromkeys(object_ref(one) for front in fronts for one in index.behind(front)))


def _names(index: CaseIndex, line: str, about: ObjectRef) -> bool:
    """Whether a line names a Service of the workload as a host: with a port, a domain, or a name that is no word."""
    names = [object_ref(one).name for one in index.fronts(about)]
    return any(
        re.search(rf"(?<![\w-]){re.escape(one)}(?:[:.]\w|(?![\w-]))", line)
        if "-" in one
        else re.search(rf"(?<![\w-]){re.escape(one)}(?::\d|\.{re.escape(about.namespace)}\b)", line)
        for one in names
    )
