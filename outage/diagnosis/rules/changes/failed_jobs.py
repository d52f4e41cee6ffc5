"""Jobs that gave up: their decisive line, their deadline or back-off, and who waits for them.

An old run that later ones made good is nothing wrong.
"""

from collections.abc import Iterator
from datetime import datetime

from outage.diagnosis.cause import Cause
from outage.diagnosis.edges.last_words import failed_container, last_words
from outage.diagnosis.findings import Signs
from outage.diagnosis.remedies.remedy import Remedy
from outage.diagnosis.rules.rule import CauseEntry, CauseRule
from outage.diagnosis.suspect import SuspectDraft, names_of
from outage.diagnosis.thresholds import FAILED_JOB
from outage.diagnosis.weighing.strength import Strength, Support
from outage.errors import cut
from outage.kubernetes.object_times import condition_of, created_at, since_condition
from outage.kubernetes.objects import ObjectRef, dig, object_ref, owner_ref
from outage.snapshots.case_index import CaseIndex
from outage.text.logs.trouble_kinds import trouble_kind
from outage.value import Manifest

REASONS = {
    "DeadlineExceeded": "its deadline of {deadline} s was over",
    "BackoffLimitExceeded": "it was tried {tries} times, its back-off limit",
}


def suspect_failed_jobs(index: CaseIndex, signs: Signs) -> Iterator[SuspectDraft]:
    """Jobs of the platform that failed lately, and which no later run made good."""
    for job in index.all("Job"):
        about, at = object_ref(job, "Job"), since_condition(job, "Failed")
        failed = condition_of(job, "Failed").get("status") == "True"
        late = failed and at and index.now - at < FAILED_JOB and about.namespace in index.home
        if at and late and not _made_good(index, job, at):
            yield _suspect(index, signs, job, at)


def _made_good(index: CaseIndex, job: Manifest, at: datetime) -> bool:
    """Whether a run of the same CronJob, or one of the same name's stem, succeeded later."""
    owner, stem = owner_ref(job), object_ref(job, "Job").name.rsplit("-", 1)[0]
    for other in index.all("Job"):
        same = owner_ref(other) == owner if owner else object_ref(other, "Job").name.rsplit("-", 1)[0] == stem
        ended = since_condition(other, "Complete")
        if (
            same
            and ended
            and ended > at
            and dig(other, "metadata.namespace") == dig(job, "metadata.namespace")
        ):
            return True
    return False


def _suspect(index: CaseIndex, signs: Signs, job: Manifest, at: datetime) -> SuspectDraft:
    about = object_ref(job, "Job")
    reason = condition_of(job, "Failed").get("reason", "")
    why = REASONS.get(reason, reason or "its pods failed").format(
        deadline=dig(job, "spec.activeDeadlineSeconds", "?"), tries=dig(job, "spec.backoffLimit", 6)
    )
    line = _line(index, about)
    said = f"; it said: {cut(line, 160)}" if line else "; nothing that it logged was seen"
    says = f"{about} gave up: {why}{said}"
    found = SuspectDraft(cause=Cause.JOB_FAILED, about=about, says=says, explains=names_of(about))
    found.add(Strength.CONTRADICTED, "the Job is marked as failed, and no later run made it good")
    waiting = _waiting(index, signs, about)
    found.add(
        Support.SYMPTOM if waiting else None, f"{len(waiting)} others wait for it or miss what it makes"
    )
    found.explains |= set(waiting)
    if line and trouble_kind(line) is not None:
        found.add(Support.TRACE, f"its decisive line tells of: {trouble_kind(line)}")
    found.field, found.live = "status.conditions", reason or "Failed"
    found.evidence_for = [*([cut(line, 200)] if line else []), *(one.says for one in signs.failing)][:5]
    found.onset, found.alone = at, True
    found.add(Support.DETAIL if not signs.failing else None, "nothing else fails")
    found.settle = (
        "What its decisive line asks for; then run it again from where it came. Nothing is put back by us."
    )
    return found


def _line(index: CaseIndex, job: ObjectRef) -> str:
    pods = [one for one in index.all("Pod") if owner_ref(one) == job]
    for pod in sorted(pods, key=lambda one: str(created_at(one)), reverse=True):
        if line := last_words(index, pod, failed_container(pod)):
            return line
    return ""


def _waiting(index: CaseIndex, signs: Signs, job: ObjectRef) -> list[str]:
    """Who fails and names the Job in what it says, or in what it waits for."""
    stem = job.name.rstrip("0123456789-")
    return [
        str(one.about)
        for one in signs.failing
        if one.about != job
        and one.about.namespace == job.namespace
        and (job.name in one.quoted or stem in one.quoted)
    ]


RULES = (
    CauseRule(
        suspect_failed_jobs,
        entries=(
            CauseEntry(
                Cause.JOB_FAILED,
                says="A Job gave up, and no later run made it good.",
                shows="a Job gave up, by its back-off or its deadline, and no later run made it good",
                evidence="the condition Failed of the Job, the decisive line of its last pod",
                remedies=(Remedy.PERSON,),
            ),
        ),
    ),
)
