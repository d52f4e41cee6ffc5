"""Workloads that read a ConfigMap or Secret before it changed, and fail of what they still hold."""

import re
from datetime import datetime

from outage.diagnosis.calls.call_graph import CallGraph
from outage.diagnosis.calls.calls_from_logs import HOST
from outage.diagnosis.findings import Signs
from outage.diagnosis.findings.database_signs import database_ref
from outage.diagnosis.findings.facts import Sign
from outage.diagnosis.findings.log_news import is_old_news
from outage.diagnosis.findings.symptoms_near import REFUSED
from outage.diagnosis.findings.user_signs import line_moment, troubled_lines
from outage.diagnosis.known_good.config_readers import config_readers, reads_once, unread_pods
from outage.diagnosis.thresholds import BEING_MADE, RECENT_CHANGE, SAID_BEFORE_CHANGE, SAID_LATELY, STILL_SAID
from outage.kubernetes.object_times import changed_at, created_at, earliest_of
from outage.kubernetes.objects import ObjectRef, object_ref
from outage.kubernetes.readiness import is_ready
from outage.snapshots.case_index import CaseIndex
from outage.text.logs.trouble_kinds import TroubleKind, trouble_pattern
from outage.value import Manifest

UNRESOLVED = trouble_pattern(TroubleKind.NAME_UNKNOWN, more="not known")


def read_too_early(index: CaseIndex, signs: Signs, config: Manifest) -> list[ObjectRef]:
    """Those that are refused, or look for what nothing names any more, and then those that fail without a word.

    Args:
        index: The picture.
        signs: Its signs.
        config: A ConfigMap or Secret, with its kind.
    """
    key = ("read too early", str(object_ref(config)))
    if key not in index.memory:
        index.memory[key] = _read_too_early(index, signs, config)
    found: list[ObjectRef] = index.memory[key]
    return found


def _read_too_early(index: CaseIndex, signs: Signs, config: Manifest) -> list[ObjectRef]:
    about, at, born = object_ref(config), changed_at(config), created_at(config)
    if at is None or born is None or about.namespace not in index.home or index.now - at > RECENT_CHANGE:
        return []
    older = _older_readers(index, about, at)
    told = [one for one in older if _refused(index, one, at) or gone_keys(index, one, at)]
    first = earliest_of(created_at(one) for one in told) or index.now
    if not told or (at - born <= BEING_MADE and at <= first):
        return []
    silent = [one for one in older if one not in told and _fails(index, signs, one)]
    return [object_ref(one) for one in told + silent]


def _older_readers(index: CaseIndex, config: ObjectRef, at: datetime) -> list[Manifest]:
    """Who read it once, before it changed; the database is none: it is the one that refuses."""
    database = database_ref(index)
    return [
        one
        for one in config_readers(index, config)
        if object_ref(one) != database and unread_pods(index, one, at) and reads_once(one, config)
    ]


def _refused(index: CaseIndex, workload: Manifest, at: datetime) -> bool:
    """Whether a pod with the old value says since then that it is not let in, and did not while it was well.

    Who always refuses somebody, as all that have users do, does not do so because of the change.
    """
    earlier, since = _said(index, workload, REFUSED, at - BEING_MADE)
    return bool(since) and not earlier


def _said(
    index: CaseIndex, workload: Manifest, words: re.Pattern[str], at: datetime
) -> tuple[list[str], list[str]]:
    """What its pods with the old value said in these words: before that moment, and since then and lately.

    While all of them are ready, they live with what they said before, and what they say no more is over.
    """
    well = all(is_ready(pod) for pod in index.pods_of(object_ref(workload)))
    mine = unread_pods(index, workload, at)
    tails = [tail for tail in index.snapshot.logs if tail.pod in mine]
    earlier = [
        line
        for tail in tails
        for line in troubled_lines(index, tail, SAID_BEFORE_CHANGE)
        if well and words.search(line) and (line_moment(line) or index.now) <= at
    ]
    since = [
        line
        for tail in tails
        for line in troubled_lines(index, tail, STILL_SAID if well else SAID_LATELY)
        if words.search(line) and (line_moment(line) or index.now) > at and not is_old_news(index, line)
    ]
    return earlier, since


def gone_keys(index: CaseIndex, workload: Manifest, at: datetime) -> set[str]:
    """Hosts that pods with the old value cannot find, and that nothing which the workload reads names any more."""
    about = object_ref(workload)
    named = {one.host for one in CallGraph.of(index).mentions if one.workload == about}
    named |= {host.split(".", 1)[0] for host in named}
    earlier, since = _said(index, workload, UNRESOLVED, at)
    return _hosts(since) - _hosts(earlier) - named


def _hosts(lines: list[str]) -> set[str]:
    return {host for line in lines for found in HOST.finditer(line) for host in found.groups() if host}


def _fails(index: CaseIndex, signs: Signs, workload: Manifest) -> bool:
    """Whether pods of its own fail: nobody read their logs, and they hold the old value all the same."""
    pods = [object_ref(pod, "Pod") for pod in index.pods_of(object_ref(workload))]
    return any(one.sign == Sign.POD_NOT_READY for pod in pods for one in signs.about(pod))
