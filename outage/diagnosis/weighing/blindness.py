"""When nothing of the platform could be seen: an empty view is not a healthy view."""

from outage.diagnosis.cause import Cause
from outage.diagnosis.hypothesis import Diagnosis, Hypothesis
from outage.incidents.severity import Assessment, Impact, Severity, worst_severity
from outage.kubernetes.objects import ObjectRef
from outage.kubernetes.workloads import WORKLOADS
from outage.platforms.platform import Platform
from outage.snapshots.snapshot import Snapshot

CERTAIN = 1.0


def is_blind(snapshot: Snapshot) -> bool:
    """Whether neither pods nor any workload could be listed, whatever else was seen."""
    return not any(snapshot.saw(kind) for kind in ("Pod", "Service", *WORKLOADS))


def nothing_seen(snapshot: Snapshot, platform: Platform, floor: Severity) -> Diagnosis:
    """What can be said of a platform that could not be looked at: that, and who can look."""
    unseen = [one for one in snapshot.evidence if one.unseen]
    why = unseen[0].unseen if unseen and unseen[0].unseen else "nothing was looked at"
    about = ObjectRef(kind="Namespace", name=platform.namespace or (snapshot.namespaces or ("?",))[0])
    severity = worst_severity(
        floor, Severity.P1
    )  # the cluster itself may be gone: assume the worse of two likenesses
    cannot_tell = Hypothesis(
        cause=Cause.UNKNOWN.value,
        about=about,
        says=f"Nothing of {about} could be seen: {why}",
        score=CERTAIN,
        reasons=("+1.00 no pods, workloads or Services could be listed",),
        evidence_for=tuple(f"{one.words}: {one.unseen}" for one in unseen[:4]),
        settle="Ask the API server from elsewhere; look at the control plane and at our own rights (`outage doctor`).",
    )
    return Diagnosis(
        at=snapshot.taken_at,
        assessment=Assessment(
            severity=severity,
            reason="the impact cannot be measured: nothing could be seen",
            impact=Impact(services=len(platform.services)),
            floor=floor,
        ),
        hypotheses=(cannot_tell,),
        unknowns=tuple(f"{one.words}: {one.unseen}" for one in unseen),
    )


def saw_nothing(diagnosis: Diagnosis) -> bool:
    """Whether a diagnosis is that of an empty view, which tells nothing."""
    unseen = [one for one in diagnosis.hypotheses if one.cause == Cause.UNKNOWN and one.score == CERTAIN]
    return bool(unseen) and not diagnosis.findings
