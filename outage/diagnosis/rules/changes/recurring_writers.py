"""Who does it: recurring jobs that put a wrong value back, chaos experiments."""

import re
from collections.abc import Iterator

from outage.diagnosis.cause import Cause
from outage.diagnosis.findings import Signs
from outage.diagnosis.findings.facts import Sign
from outage.diagnosis.hypothesis import Repair, Risk
from outage.diagnosis.remedies.finished_repairs import Words, take_away
from outage.diagnosis.remedies.remedy import Remedy
from outage.diagnosis.remedies.single_repairs import suspend_change
from outage.diagnosis.rules.rule import CauseEntry, CauseRule
from outage.diagnosis.suspect import SuspectDraft, names_of
from outage.diagnosis.thresholds import BEING_MADE, SEEN_LATE
from outage.diagnosis.weighing.doubts import Doubt
from outage.diagnosis.weighing.strength import Strength, Support, Trust
from outage.kubernetes.object_times import created_at, earliest_of, parsed_moment
from outage.kubernetes.objects import ObjectRef, dig, object_ref
from outage.snapshots.case_index import CaseIndex
from outage.value import Manifest

WRITES = re.compile(
    r"\b(?:kubectl|oc)\b.*\b(?:patch|scale|delete|apply|set|replace|edit|annotate|label|cordon|drain|rollout)\b",
    re.S,
)
CALLS_API = re.compile(r"kubernetes\.default|KUBERNETES_SERVICE_HOST|serviceaccount/token", re.I)
CHAOS = re.compile(r"chaos", re.I)
EXPECTED = "The job does not run again; then the value it changed stays as it is put back."


def suspect_recurring_writers(index: CaseIndex, signs: Signs) -> Iterator[SuspectDraft]:
    """Actors inside the cluster that came before the first failure."""
    if not signs.failing and not signs.of(Sign.LATENCY_HIGH):
        return
    for cron in index.all("CronJob"):
        if not dig(cron, "spec.suspend"):
            yield from _recurring(index, signs, {"kind": "CronJob", **cron})
    yield from _chaos(index, signs)


def _template(actor: Manifest) -> Manifest:
    path = "spec.jobTemplate.spec.template.spec" if actor.get("kind") == "CronJob" else "spec.template.spec"
    return dict(dig(actor, path, {}))


def _words(actor: Manifest) -> str:
    """Everything the actor's containers are told."""
    spec = _template(actor)
    words = []
    for container in spec.get("containers") or []:
        words += [
            *(container.get("command") or []),
            *(container.get("args") or []),
            container.get("image", ""),
        ]
        words += [str(one.get("value", "")) for one in container.get("env") or []]
    return " ".join(str(word) for word in words)


def victims(index: CaseIndex, actor: Manifest) -> list[ObjectRef]:
    """Objects of the platform that the actor's words name."""
    text = _words(actor)
    found = []
    for kind in (
        "Deployment",
        "StatefulSet",
        "DaemonSet",
        "Service",
        "ConfigMap",
        "NetworkPolicy",
        "Ingress",
    ):
        for one in index.all(kind):
            about = object_ref(one, kind)
            if (
                re.search(rf"(?<![\w.-]){re.escape(about.name)}(?![\w.-])", text)
                and about.namespace in index.home
            ):
                found.append(about)
    return found


def _recurring(index: CaseIndex, signs: Signs, cron: Manifest) -> Iterator[SuspectDraft]:
    about, text = object_ref(cron), _words(cron)
    ran = parsed_moment(dig(cron, "status.lastScheduleTime")) or parsed_moment(
        dig(cron, "status.lastSuccessfulTime")
    )
    if not (WRITES.search(text) or CALLS_API.search(text)):
        return
    onset = earliest_of(one.since for one in signs.failing)
    hurt = _touched(index, about, victims(index, cron), ran)
    fresh = index.baseline is not None and index.baseline.get(about) is None
    born = created_at(cron)
    known_long = index.baseline is not None and not fresh
    if not hurt or known_long or (born and onset and born > onset + SEEN_LATE):
        return
    says = f"{about} runs every {dig(cron, 'spec.schedule')} and changes {', '.join(str(one) for one in hurt[:3])}"
    found = SuspectDraft(cause=Cause.RECURRING_ACTOR, about=about, says=says, explains=names_of(about, *hurt))
    found.add(Strength.STATED, "its command writes to what fails").time(born, onset)
    found.add(Support.RAN_LATELY if ran else None, "it ran lately")
    found.add(Trust.BASELINE if fresh else None, "the baseline has no such job")
    found.field, found.live, found.wanted = "spec.suspend", "false", "true"
    found.evidence_for = [text[:200]]
    suspend = suspend_change(about, "it would put the wrong value back", EXPECTED, Risk.MEDIUM)
    found.repair = Repair(summary=f"Suspend {about}, then restore what it changed", changes=(suspend,))
    found.settle = "One period of its schedule after the value was put back."
    yield found


def _touched(index: CaseIndex, cron: ObjectRef, named: list[ObjectRef], ran: object) -> list[ObjectRef]:
    """The named objects whose last writer could be this job."""
    found = []
    for about in named:
        manifest = index.get(about) or {}
        times = [parsed_moment(entry.get("time")) for entry in dig(manifest, "metadata.managedFields", [])]
        born = created_at(manifest)
        if any(at and born and at - born > BEING_MADE for at in times) or about.kind == "Deployment":
            found.append(about)
    return found


def _chaos(index: CaseIndex, signs: Signs) -> Iterator[SuspectDraft]:
    """Objects of chaos tools: every kind of theirs in the picture is taken for one."""
    onset = earliest_of(one.since for one in signs.failing)
    for kind, some in index.snapshot.objects.items():
        for one in some:
            if not CHAOS.search(one.get("apiVersion", "")) or dig(one, "spec.paused"):
                continue
            about = object_ref(one, kind)
            found = SuspectDraft(
                cause=Cause.CHAOS_OBJECT, about=about, says=f"{about} is a running experiment", explains=set()
            )
            found.explains = {"everything"}
            found.add(Strength.CONTRADICTED, "a chaos experiment exists").time(created_at(one), onset)
            take_away(found, Words(f"Delete {about}", "The experiment ends."))
            found.settle = "Who runs the experiment."
            yield found


RULES = (
    CauseRule(
        suspect_recurring_writers,
        entries=(
            CauseEntry(
                Cause.RECURRING_ACTOR,
                says="A recurring job keeps putting a wrong value back.",
                shows="a CronJob came before the first failure, and its command writes to what fails",
                evidence="schedule, command, last run; managedFields of what it names",
                remedies=(Remedy.HOLD, Remedy.PUT_BACK, Remedy.PERSON),
                doubts=(Doubt.LONG_UNCHANGED,),
            ),
            CauseEntry(
                Cause.CHAOS_OBJECT,
                says="A chaos experiment is running against the pods.",
                shows="an object of a chaos experiment selects what fails",
                evidence="objects whose API group or kind speaks of chaos",
                remedies=(Remedy.HOLD, Remedy.TAKE_AWAY, Remedy.PERSON),
                doubts=(Doubt.LONG_UNCHANGED,),
            ),
        ),
    ),
)
