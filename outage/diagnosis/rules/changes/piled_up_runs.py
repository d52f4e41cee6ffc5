"""Runs of a CronJob that hang and pile up, until they hold every place that a quota or the nodes have."""

import re
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise

from outage.diagnosis.calls.call_graph import CallGraph
from outage.diagnosis.calls.mentions import address_mentions
from outage.diagnosis.cause import Cause
from outage.diagnosis.findings import Signs
from outage.diagnosis.findings.facts import Sign
from outage.diagnosis.findings.finding import Finding
from outage.diagnosis.hypothesis import Change, Repair, Risk
from outage.diagnosis.remedies.remedy import Remedy
from outage.diagnosis.remedies.single_repairs import delete_change, suspend_change
from outage.diagnosis.rules.rule import CauseEntry, CauseRule
from outage.diagnosis.suspect import SuspectDraft, names_of
from outage.diagnosis.thresholds import HUNG_TIMES, PILED_RUNS, PILED_SHARE, RUNS_KNOWN
from outage.diagnosis.weighing.strength import Strength, Support
from outage.kubernetes.object_times import (
    condition_of,
    created_at,
    earliest_of,
    latest_of,
    parsed_moment,
)
from outage.kubernetes.objects import ObjectRef, annotations_of, dig, object_ref, owner_ref
from outage.snapshots.case_index import CaseIndex
from outage.text.durations import duration_in_words
from outage.value import Manifest

PLACES = re.compile(r"exceeded quota|Insufficient|Too many pods")
EXPECTED = "Its places are free, and the missing pods are made."
DELETED_AT_ONCE = 40


def suspect_piled_up_runs(index: CaseIndex, signs: Signs) -> Iterator[SuspectDraft]:
    """CronJobs whose unfinished runs hold the places that others are refused."""
    refused = [
        one for one in signs.of(Sign.PODS_REFUSED, Sign.POD_UNSCHEDULABLE) if PLACES.search(one.quoted)
    ]
    for cron in index.all("CronJob"):
        about = object_ref(cron, "CronJob")
        runs = _unfinished(index, about)
        others = [
            one for one in refused if one.about.namespace == about.namespace and not _own(index, one, runs)
        ]
        if len(runs) >= PILED_RUNS and others and _many(index, about, len(runs)):
            yield _suspect(index, cron, runs, others)


def suspect_hung_runs(index: CaseIndex, signs: Signs) -> Iterator[SuspectDraft]:
    """CronJobs that let no run begin beside one that hangs: since then nothing is done, and nothing fails."""
    for cron in index.all("CronJob"):
        about = object_ref(cron, "CronJob")
        if dig(cron, "spec.concurrencyPolicy") != "Forbid" or dig(cron, "spec.suspend", False):
            continue
        runs, usual = _unfinished(index, about), _usual_run(index, about)
        began = created_at(runs[0]) if len(runs) == 1 else None
        if usual is None or began is None or dig(runs[0], "spec.activeDeadlineSeconds"):
            continue
        if index.now - began >= HUNG_TIMES * max(usual):
            yield _hung(about, _job(runs[0]), index.now - began, usual)


def _usual_run(index: CaseIndex, cron: ObjectRef) -> tuple[timedelta, timedelta] | None:
    """The longest of its runs that ended well, and the longest time between two; None of too few to tell."""
    ended = [
        (began, done)
        for job in index.all("Job")
        if _made_from(job, cron) and condition_of(job, "Complete").get("status") == "True"
        if (began := created_at(job)) and (done := parsed_moment(dig(job, "status.completionTime")))
    ]
    if len(ended) < RUNS_KNOWN:
        return None
    begun = sorted(began for began, _ in ended)
    return max(done - began for began, done in ended), max(later - one for one, later in pairwise(begun))


def _hung(
    about: ObjectRef, run: ObjectRef, age: timedelta, usual: tuple[timedelta, timedelta]
) -> SuspectDraft:
    longest, gap = usual
    says = (
        f"{run} of {about} runs for {duration_in_words(age)} and took {duration_in_words(longest)} at most before; "
        "no other may begin beside it"
    )
    found = SuspectDraft(
        cause=Cause.RUNS_PILE_UP, about=about, says=says, explains=names_of(about, run), alone=True
    )
    found.add(Strength.FITS, f"a run began every {duration_in_words(gap)} at least, and none began since")
    found.field, found.live = "spec.concurrencyPolicy", "Forbid"
    found.settle = (
        f"What {run.name} waits for; its work may be half done. When it is deleted the next run begins; "
        "activeDeadlineSeconds would have ended it."
    )
    return found


def _unfinished(index: CaseIndex, cron: ObjectRef) -> list[Manifest]:
    """Its Jobs that have begun and not ended; those that somebody made from it by hand are among them."""
    return [
        one
        for one in index.all("Job")
        if _made_from(one, cron)
        and dig(one, "status.active", 0)
        and condition_of(one, "Complete").get("status") != "True"
        and condition_of(one, "Failed").get("status") != "True"
    ]


def _made_from(job: Manifest, cron: ObjectRef) -> bool:
    if dig(job, "metadata.namespace", "") != cron.namespace:
        return False
    if owner_ref(job) == cron:
        return True
    owners = dig(job, "metadata.ownerReferences", [])
    named = any((one.get("kind"), one.get("name")) == (cron.kind, cron.name) for one in owners)
    by_hand = "cronjob.kubernetes.io/instantiate" in annotations_of(job)
    return named or (by_hand and object_ref(job, "Job").name.startswith(cron.name))


def _own(index: CaseIndex, finding: Finding, runs: list[Manifest]) -> bool:
    """Whether it is a run of the pile itself that is refused."""
    names = {object_ref(one, "Job").name for one in runs}
    pod = index.get(finding.about) if finding.about.kind == "Pod" else None
    owner = owner_ref(pod) if pod else None
    return finding.about.name in names or bool(owner and owner.name in names)


def _many(index: CaseIndex, cron: ObjectRef, runs: int) -> bool:
    there = [one for one in index.pods if dig(one, "metadata.namespace", "") == cron.namespace]
    return runs >= PILED_SHARE * max(len(there), 1)


def _suspect(index: CaseIndex, cron: Manifest, runs: list[Manifest], refused: list[Finding]) -> SuspectDraft:
    about = object_ref(cron, "CronJob")
    oldest = earliest_of(created_at(one) for one in runs)
    policy = dig(cron, "spec.concurrencyPolicy", "Allow")
    age = f", the oldest for {duration_in_words(index.now - oldest)}" if oldest else ""
    says = f"{len(runs)} runs of {about} hang{age}, and hold the places that others are refused"
    explains = names_of(about, *(one.about for one in refused), *(_job(one) for one in runs))
    found = SuspectDraft(
        cause=Cause.RUNS_PILE_UP, about=about, says=says, explains=explains | _held(index, refused)
    )
    found.add(Strength.STATED, f"{len(runs)} of its Jobs have begun and none of them ends")
    found.add(Support.SYMPTOM, "pods of others are refused for want of places")
    found.add(Support.SYMPTOM, f"nothing stops a run that hangs: concurrencyPolicy {policy}, no deadline")
    found.time(latest_of(created_at(one) for one in runs), earliest_of(one.since for one in refused))
    found.field, found.live, found.wanted = "spec.concurrencyPolicy", str(policy), "Forbid, with a deadline"
    if dig(cron, "spec.jobTemplate.spec.activeDeadlineSeconds"):
        found.evidence_against.append("its runs have a deadline: they may end by themselves")
    found.evidence_for = [one.says for one in refused][:5]
    found.repair = _repair(about, cron, runs)
    found.settle = (
        f"What the runs wait for{_waited_for(index, runs)}. Their work may be half done. Before it is resumed: "
        "concurrencyPolicy Forbid and activeDeadlineSeconds. A larger quota would be filled again."
    )
    return found


def _job(one: Manifest) -> ObjectRef:
    return object_ref(one, "Job")


def _held(index: CaseIndex, refused: list[Finding]) -> set[str]:
    """The quotas of the namespaces: they do what they are for."""
    homes = {one.about.namespace for one in refused}
    quotas = [object_ref(one, "ResourceQuota") for one in index.all("ResourceQuota")]
    return names_of(*(one for one in quotas if one.namespace in homes))


def _repair(about: ObjectRef, cron: Manifest, runs: list[Manifest]) -> Repair:
    changes: list[Change] = []
    if not dig(cron, "spec.suspend", False):
        changes.append(suspend_change(about, "each run that begins takes a place more", "No new run begins."))
    for one in sorted(runs, key=lambda job: str(created_at(job)))[:DELETED_AT_ONCE]:
        changes.append(delete_change(_job(one), "it hangs and holds a place", EXPECTED, Risk.HIGH))
    summary = f"Suspend {about} and delete its {min(len(runs), DELETED_AT_ONCE)} hung runs"
    return Repair(summary=summary, changes=tuple(changes))


def _waited_for(index: CaseIndex, runs: list[Manifest]) -> str:
    """What a run calls, by its own configuration."""
    calls = CallGraph.of(index)
    run = {"kind": "Job", **runs[0]}
    called = {
        service.name
        for mention in address_mentions(index, run)
        if (service := calls.service_of(mention)) is not None and index.get(service) is not None
    }
    return f": they call {', '.join(sorted(called))}" if called else ""


RULES = (
    CauseRule(
        suspect_piled_up_runs,
        entries=(
            CauseEntry(
                Cause.RUNS_PILE_UP,
                says="Runs of a CronJob hang, and each one that begins beside them takes a place more.",
                shows="several runs of one CronJob are active while a quota or the nodes are full; or, where none may "
                "run beside another, one runs far longer than any before it",
                evidence="active Jobs of the CronJob, their ages, used of hard in the quota",
                remedies=(
                    Remedy.HOLD,
                    Remedy.REPLACE_POD,
                ),
            ),
        ),
    ),
    CauseRule(suspect_hung_runs),
)
