"""Pods of a higher class that push the platform's pods away."""

from collections.abc import Iterator

from outage.diagnosis.cause import Cause
from outage.diagnosis.findings import Signs
from outage.diagnosis.findings.facts import Sign
from outage.diagnosis.hypothesis import Risk
from outage.diagnosis.known_good.troubled_workloads import Troubled
from outage.diagnosis.remedies.finished_repairs import Words, retarget, scale_to
from outage.diagnosis.remedies.remedy import Remedy
from outage.diagnosis.rules.rule import CauseEntry, CauseRule
from outage.diagnosis.rules.scheduling.scheduler_words import EXPECTED
from outage.diagnosis.suspect import SuspectDraft, names_of
from outage.diagnosis.thresholds import JUST_BEFORE, RECENT_CHANGE
from outage.diagnosis.weighing.doubts import Doubt
from outage.diagnosis.weighing.strength import Strength, Support, Trust
from outage.kubernetes.events import event_message, event_moment
from outage.kubernetes.field_differences import FieldDifference
from outage.kubernetes.object_times import changed_at, created_at
from outage.kubernetes.objects import ObjectRef, dig, object_ref
from outage.snapshots.case_index import CaseIndex
from outage.value import Manifest


def suspect_preemption(index: CaseIndex, signs: Signs) -> Iterator[SuspectDraft]:
    """Pods that were pushed away for others of a higher class, and wait, or are pushed away again and again."""
    told = [
        (about, event)
        for about, event in index.warnings_of_kind("Pod") + _normal_preemptions(index)
        if event.get("reason") == "Preempted"
    ]
    told.sort(key=lambda one: event_moment(one[1]) or index.now)
    for workload in index.workloads if told else ():
        one = Troubled(index, signs, workload)
        theirs = [event for about, event in told if _is_of(about, one.about)]
        if one.trouble(Sign.POD_UNSCHEDULABLE):
            yield from (_preemption(one, event_message(event)) for event in theirs if not _past(one, event))
        elif theirs and _goes_on(one, theirs[-1]) and signs.failing:
            yield _preemption(one, event_message(theirs[-1]))


def _is_of(pod: ObjectRef, workload: ObjectRef) -> bool:
    return pod.name.startswith(workload.name + "-") and pod.namespace == workload.namespace


def _goes_on(one: Troubled, event: Manifest) -> bool:
    """Whether the newcomer's pods still wait for room: each new pod of ours is pushed away before it serves."""
    at, now = event_moment(event), one.index.now
    if at is None or now - at > JUST_BEFORE or (newcomer := _newcomer(one, event_message(event))) is None:
        return False
    return any(not dig(pod, "spec.nodeName") for pod in one.index.pods_of(object_ref(newcomer)))


def _past(one: Troubled, event: Manifest) -> bool:
    """Whether it was said long before these pods began to wait: the cluster remembers for an hour or more."""
    at = event_moment(event)
    return at is not None and one.onset is not None and one.onset - at > JUST_BEFORE


def _came_lately(one: Troubled, cls: Manifest) -> bool:
    """Whether the class is new: not in the baseline, or younger than the pods it pushes away."""
    if one.index.baseline is not None:
        return one.index.baseline.get(object_ref(cls, "PriorityClass")) is None
    born, base = created_at(cls), created_at(one.workload)
    return not (born and base) or born > base


def _newcomer(one: Troubled, said: str) -> Manifest | None:
    """The workload whose pods pushed them away, when it came shortly before and the baseline has it not."""
    pushing = [pod for pod in one.index.pods if (uid := dig(pod, "metadata.uid")) and uid in said]
    abouts = {one.index.workload_of(pod) for pod in pushing}
    for workload in one.index.workloads:
        about, born = object_ref(workload), created_at(workload)
        known = one.index.baseline is not None and one.index.baseline.get(about) is not None
        lately = born is not None and (one.onset or one.index.now) - born < RECENT_CHANGE
        scalable = about.kind in ("Deployment", "StatefulSet") and about.namespace in one.index.home
        if about in abouts and scalable and lately and not known:
            return workload
    return None


def _normal_preemptions(index: CaseIndex) -> list[tuple[ObjectRef, Manifest]]:
    return [
        (ObjectRef(kind="Pod", name=about.get("name", ""), namespace=about.get("namespace", "")), event)
        for event in index.snapshot.kind("Event")
        if event.get("reason") == "Preempted"
        and (about := event.get("involvedObject") or event.get("regarding") or {})
    ]


def _preemption(one: Troubled, said: str) -> SuspectDraft:
    found = one.suspect(Cause.PREEMPTED, f"{one.about}: its pods were pushed away: {said}", None, "")
    found.parts = []
    found.add(Strength.STATED, "the scheduler says that it preempted its pods")
    fresh = [
        cls
        for cls in one.index.snapshot.kind("PriorityClass")
        if cls.get("globalDefault") and _came_lately(one, cls)
    ]
    if not fresh:
        found.settle = (
            "Which pods pushed them away and whether that is meant; a priority class for these pods."
        )
        if (newcomer := _newcomer(one, said)) is not None:
            _hold(one, found, newcomer)
        return found
    about = object_ref(fresh[0], "PriorityClass")
    found.about = about
    found.time(changed_at(fresh[0]), one.onset)
    field = FieldDifference(pointer="/globalDefault", live=True, wanted=False)
    words = Words(
        f"Take the global default from {about}", "New pods without a class no longer push others away."
    )
    return retarget(found, about, [field], words)


def _hold(one: Troubled, found: SuspectDraft, newcomer: Manifest) -> None:
    """Scale the newcomer to nothing, which leaves it there for whoever wants it; nobody's class is touched."""
    about, replicas = object_ref(newcomer), dig(newcomer, "spec.replicas", 1)
    found.about = about
    found.says = f"{one.about}: its pods were pushed away by those of {about}, which are of a higher class"
    found.explains |= names_of(about)
    found.time(created_at(newcomer), one.onset or created_at(newcomer))
    waits = [pod for pod in one.index.pods_of(about) if not dig(pod, "spec.nodeName")]
    found.add(
        Support.NEWCOMER if waits else None, f"{len(waits)} pods of {about.name} wait for the room still"
    )
    found.add(Trust.BASELINE if one.index.baseline else None, f"the baseline has no {about.name}")
    words = Words(f"Scale {about} to 0: it pushed pods of {one.about.name} away", EXPECTED)
    scale_to(found, about, 0, words, live=replicas, risk=Risk.HIGH)
    found.settle = f"Whether {about} is meant to go before {one.about}; then these pods need more room."


RULES = (
    CauseRule(
        suspect_preemption,
        entries=(
            CauseEntry(
                Cause.PREEMPTED,
                says="Pods of a higher priority class push the pods away.",
                shows="the scheduler says that it preempted the pods for others of a higher class",
                evidence="events Preempted; PriorityClasses and workloads that came just before",
                remedies=(Remedy.RETARGET, Remedy.HOLD, Remedy.PERSON),
                doubts=(Doubt.LONG_UNCHANGED,),
            ),
        ),
    ),
)
