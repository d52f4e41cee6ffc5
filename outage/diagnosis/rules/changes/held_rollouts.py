"""Rollouts that stand still although their pods are Ready: each has to be so for too long before it counts."""

from collections.abc import Iterator
from datetime import timedelta

from outage.diagnosis.cause import Cause
from outage.diagnosis.findings import Signs
from outage.diagnosis.findings.facts import Sign
from outage.diagnosis.findings.symptoms_near import hurt_near
from outage.diagnosis.known_good.known_objects import KnownObjects, known_objects
from outage.diagnosis.remedies.finished_repairs import Words, drop_fields, put_fields_back
from outage.diagnosis.remedies.remedy import Remedy
from outage.diagnosis.rules.rule import CauseEntry, CauseRule
from outage.diagnosis.suspect import SuspectDraft, names_of
from outage.diagnosis.thresholds import BEING_MADE, RECENT_CHANGE, WAITS_TO_COUNT
from outage.diagnosis.weighing.doubts import Doubt
from outage.diagnosis.weighing.strength import Strength, Support, Trust
from outage.kubernetes.field_differences import field_differences
from outage.kubernetes.object_times import (
    age_of,
    changed_at,
    condition_of,
    earliest_of,
    edited_at,
    latest_of,
    since_condition,
)
from outage.kubernetes.objects import annotations_of, dig, object_ref
from outage.kubernetes.readiness import is_pod_ready
from outage.snapshots.case_index import CaseIndex
from outage.text.durations import EXACT, duration_in_words
from outage.value import Manifest

MIN_READY = "/spec/minReadySeconds"
DEADLINE = "/spec/progressDeadlineSeconds"
"""Whoever sets the one so high has to raise the other as well: the API server takes no deadline that is shorter."""
FELT = (Sign.ERROR_RATIO_HIGH, Sign.LATENCY_HIGH, Sign.PROBE_FAILING, Sign.HEALTH_FAILING)
"""What a wait gives nobody: pods that are Ready serve, whether they count or not."""
EXPECTED = "Pods that are Ready count at once, and the rollout completes."


def suspect_held_rollouts(index: CaseIndex, signs: Signs) -> Iterator[SuspectDraft]:
    """Deployments whose new pods are Ready and will not count for a long time."""
    for workload in index.all("Deployment"):
        deployment = {"kind": "Deployment", **workload}
        if object_ref(deployment).namespace not in index.home or not _stands_still(deployment):
            continue
        held = _held_pods(index, signs, deployment)
        if held and _min_ready(deployment) >= WAITS_TO_COUNT:
            yield from _too_long(index, signs, deployment, held)


def _min_ready(manifest: Manifest) -> timedelta:
    """How long a pod has to be Ready before it counts as available."""
    return timedelta(seconds=dig(manifest, "spec.minReadySeconds", 0))


def _stands_still(deployment: Manifest) -> bool:
    """Whether its rollout has not completed, or too few of its pods count; nobody paused it."""
    complete = condition_of(deployment, "Progressing").get("reason") == "NewReplicaSetAvailable"
    available = condition_of(deployment, "Available").get("status") != "False"
    return not dig(deployment, "spec.paused", False) and not (complete and available)


def _held_pods(index: CaseIndex, signs: Signs, deployment: Manifest) -> list[Manifest]:
    """Pods that are Ready, show no trouble, and do not count yet."""
    return [
        pod
        for pod in index.pods_of(object_ref(deployment))
        if is_pod_ready(pod)
        and not signs.about(object_ref(pod, "Pod"))
        and (since := since_condition(pod, "Ready")) is not None
        and index.now - since < _min_ready(deployment)
    ]


def _too_long(
    index: CaseIndex, signs: Signs, deployment: Manifest, held: list[Manifest]
) -> Iterator[SuspectDraft]:
    """The wait is another one than a known good form has, or came just now where none is known.

    When users feel the release, the wait is what keeps it from reaching all of them: that is answered first.
    """
    known, at = _known(index, deployment), changed_at(deployment)
    if _min_ready(known.manifest) >= WAITS_TO_COUNT if known else not _set_lately(index, deployment):
        return
    about, wait = object_ref(deployment), duration_in_words(_min_ready(deployment), parts=EXACT)
    says = f"{about}: a pod has to be Ready for {wait} before it counts, so its rollout stands still"
    found = SuspectDraft(
        cause=Cause.MIN_READY_TOO_LONG, about=about, says=says, explains=names_of(about), alone=True
    )
    found.evidence_for = [_told(index, pod) for pod in held[:6]]
    found.settle = (
        "Whether the pods count as available as soon as spec.minReadySeconds is as short as it was."
    )
    felt = any(one.sign in FELT for one in hurt_near(index, signs, [about]))
    found.add(Doubt.OWN_QUESTION if felt else None, "users feel something that no wait gives them")
    found.add(Support.SYMPTOM, "its pods are Ready and not available")
    found.time(at, latest_of([at, earliest_of(since_condition(pod, "Ready") for pod in held)]))
    yield _mended(found, deployment, known)


def _set_lately(index: CaseIndex, deployment: Manifest) -> bool:
    """Whether it was edited in the last hours."""
    at = edited_at(deployment, BEING_MADE)
    return at is not None and index.now - at <= RECENT_CHANGE


def _told(index: CaseIndex, pod: Manifest) -> str:
    since = since_condition(pod, "Ready") or index.now
    return (
        f"{object_ref(pod, 'Pod')}: is Ready since {duration_in_words(index.now - since)} and not available"
    )


def _known(index: CaseIndex, deployment: Manifest) -> KnownObjects | None:
    """The most trusted form that tells how long pods had to wait before."""
    about = object_ref(deployment)
    written = [one for one in known_objects(index, about, None) if one.trust is Trust.BASELINE]
    return next(iter((*written, *_replaced(index, deployment))), None)


def _replaced(index: CaseIndex, deployment: Manifest) -> list[KnownObjects]:
    """The revisions before the present one, newest first: each kept its wait; a younger one proves nothing."""
    older = index.replica_sets(object_ref(deployment))[1:]
    return [
        KnownObjects(
            manifest=one,
            source=f"revision {annotations_of(one).get('deployment.kubernetes.io/revision', '?')}",
            trust=Trust.HISTORY,
            revision=dig(one, "metadata.name"),
        )
        for one in older
        if age_of(one, index.now) > _min_ready(one)
    ]


def _mended(found: SuspectDraft, deployment: Manifest, known: KnownObjects | None) -> SuspectDraft:
    """As it was, with the deadline that was raised for it; where nobody knows, without any wait."""
    if known is None:
        found.add(Strength.FITS, "it was edited lately, and so long a wait holds every rollout")
        words = Words(f"Drop the wait of {found.about} for pods that are Ready", EXPECTED)
        return drop_fields(found, found.about, [MIN_READY], words, dig(deployment, "spec.minReadySeconds"))
    fields = field_differences(dig(deployment, "spec"), dig(known.manifest, "spec"), "/spec")
    wanted = (MIN_READY, DEADLINE) if known.trust is Trust.BASELINE else (MIN_READY,)
    chosen = sorted((one for one in fields if one.pointer in wanted), key=lambda one: one.pointer)
    found.add(
        Strength.CONTRADICTED, "the wait is longer than rollouts are given by default, and it was not so"
    )
    return put_fields_back(found, known, chosen, EXPECTED, what=f"minReadySeconds of {found.about}")


RULES = (
    CauseRule(
        suspect_held_rollouts,
        entries=(
            CauseEntry(
                Cause.MIN_READY_TOO_LONG,
                says="A pod has to be Ready for so long before it counts that no rollout completes.",
                shows="new pods are Ready and not available, and minReadySeconds is far longer than it was",
                evidence="spec.minReadySeconds against the known good Deployment and the older ReplicaSets; "
                "since when its pods are Ready",
                remedies=(Remedy.PUT_BACK, Remedy.DROP, Remedy.PERSON),
                doubts=(Doubt.LONG_UNCHANGED, Doubt.OWN_QUESTION),
            ),
        ),
    ),
)
