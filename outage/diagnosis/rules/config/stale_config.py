"""Workloads that read a ConfigMap or Secret before it changed, and fail of what they still hold."""

import re
from datetime import datetime, timedelta

from outage.diagnosis.calls.call_graph import CallGraph
from outage.diagnosis.calls.calls_from_logs import HOST
from outage.diagnosis.findings import Signs
from outage.diagnosis.findings.database_signs import database_ref
from outage.diagnosis.findings.log_news import is_old_news
from outage.diagnosis.findings.symptoms_near import EARLIER, REFUSED, STILL, WINDOW
from outage.diagnosis.findings.user_signs import LATELY, line_moment, troubled_lines
from outage.diagnosis.index import CaseIndex
from outage.diagnosis.known_good.config_readers import config_readers, reads_once, unread_pods
from outage.kubernetes.object_times import changed_at, condition_of, created_at, earliest_of
from outage.kubernetes.objects import ObjectRef, object_ref
from outage.value import Manifest

UNRESOLVED = re.compile(
    r"no such host|not resolve|not known|name resolution|ENOTFOUND|EAI_AGAIN|UnknownHost", re.I
)


def read_too_early(world: CaseIndex, signs: Signs, config: Manifest) -> list[ObjectRef]:
    """Those that are refused, or look for what nothing names any more, and then those that fail without a word.

    Args:
        world: The picture.
        signs: Its signs.
        config: A ConfigMap or Secret, with its kind.
    """
    key = ("read too early", str(object_ref(config)))
    if key not in world.memory:
        world.memory[key] = _read_too_early(world, signs, config)
    found: list[ObjectRef] = world.memory[key]
    return found


def _read_too_early(world: CaseIndex, signs: Signs, config: Manifest) -> list[ObjectRef]:
    about, at, born = object_ref(config), changed_at(config), created_at(config)
    if at is None or born is None or about.namespace not in world.home or world.now - at > WINDOW:
        return []
    older = _older_readers(world, about, at)
    told = [one for one in older if _refused(world, one, at) or gone_keys(world, one, at)]
    first = earliest_of(created_at(one) for one in told) or world.now
    if not told or (at - born <= timedelta(minutes=1) and at <= first):
        return []
    silent = [one for one in older if one not in told and _fails(world, signs, one)]
    return [object_ref(one) for one in told + silent]


def _older_readers(world: CaseIndex, config: ObjectRef, at: datetime) -> list[Manifest]:
    """Who read it once, before it changed; the database is none: it is the one that refuses."""
    database = database_ref(world)
    return [
        one
        for one in config_readers(world, config)
        if object_ref(one) != database and unread_pods(world, one, at) and reads_once(one, config)
    ]


def _refused(world: CaseIndex, workload: Manifest, at: datetime) -> bool:
    """Whether a pod with the old value says since then that it is not let in, and did not while it was well.

    Who always refuses somebody, as all that have users do, does not do so because of the change.
    """
    earlier, since = _said(world, workload, REFUSED, at - timedelta(minutes=1))
    return bool(since) and not earlier


def _said(
    world: CaseIndex, workload: Manifest, words: re.Pattern[str], at: datetime
) -> tuple[list[str], list[str]]:
    """What its pods with the old value said in these words: before that moment, and since then and lately.

    While all of them are ready, they live with what they said before, and what they say no more is over.
    """
    well = all(
        condition_of(pod, "Ready").get("status") == "True" for pod in world.pods_of(object_ref(workload))
    )
    mine = unread_pods(world, workload, at)
    tails = [tail for tail in world.snapshot.logs if tail.pod in mine]
    earlier = [
        line
        for tail in tails
        for line in troubled_lines(world, tail, EARLIER)
        if well and words.search(line) and (line_moment(line) or world.now) <= at
    ]
    since = [
        line
        for tail in tails
        for line in troubled_lines(world, tail, STILL if well else LATELY)
        if words.search(line) and (line_moment(line) or world.now) > at and not is_old_news(world, line)
    ]
    return earlier, since


def gone_keys(world: CaseIndex, workload: Manifest, at: datetime) -> set[str]:
    """Hosts that pods with the old value cannot find, and that nothing which the workload reads names any more."""
    about = object_ref(workload)
    named = {one.host for one in CallGraph.of(world).mentions if one.workload == about}
    named |= {host.split(".", 1)[0] for host in named}
    earlier, since = _said(world, workload, UNRESOLVED, at)
    return _hosts(since) - _hosts(earlier) - named


def _hosts(lines: list[str]) -> set[str]:
    return {host for line in lines for found in HOST.finditer(line) for host in found.groups() if host}


def _fails(world: CaseIndex, signs: Signs, workload: Manifest) -> bool:
    """Whether pods of its own fail: nobody read their logs, and they hold the old value all the same."""
    pods = [object_ref(pod, "Pod") for pod in world.pods_of(object_ref(workload))]
    return any(one.sign == "pod-not-ready" for pod in pods for one in signs.about(pod))
