"""Keep a baseline, but only of a platform that is healthy while nobody is working on it."""

from prefect import task

from blocks.doors import doors
from outage.baseline import Baseline, normalise
from outage.diagnosis import diagnose
from outage.incident import Incident, Phase
from outage.severity import Severity
from outage.snapshot import Snapshot
from outage.value import Value
from tasks.observe.rounds import Picture


class Kept(Value):
    """Whether a baseline was kept, and why (not)."""

    refused: bool = False
    needs_a_person: bool = False
    """Waiting does not help: a plan waits for somebody's answer."""
    says: str


@task(name="keep the baseline", persist_result=False)
def keep_if_healthy(picture: Picture) -> Kept:
    """Record the picture as known-good, or say why it is not."""
    record = doors().record
    if reason := why_not(picture.snapshot):
        waits = any(plan_waits(one) for one in record.incidents(open_only=True))
        return Kept(refused=True, needs_a_person=waits, says=reason)
    baseline = as_baseline(picture.snapshot)
    record.keep_baseline(baseline)
    count = sum(len(objects) for objects in baseline.objects.values())
    return Kept(says=f"recorded {count} objects of {len(baseline.objects)} kinds")


def why_not(snapshot: Snapshot) -> str:
    """Why this picture must not become the baseline, or empty."""
    working = doors().record.incidents(open_only=True)
    if working:
        standing = working[0]
        how = f"; answer it first: `outage decline {standing.id} --by NAME`" if plan_waits(standing) else ""
        return f"an incident is open ({standing.id}): what stands now may be the fault itself{how}"
    found = diagnose(snapshot, doors().platform)
    if found.assessment.severity is not Severity.NONE:
        return f"the platform is not healthy: {found.assessment.reason}"
    if found.hypotheses:
        return f"something may be wrong: {found.hypotheses[0].says}"
    return ""


def plan_waits(incident: Incident) -> bool:
    """Whether the incident waits for a person's answer, and nobody gave one that its run has yet to read."""
    record = doors().record
    return incident.phase is Phase.AWAITING_APPROVAL and not any(
        record.approvals(incident.id, plan.hash) for plan in record.plans(incident.id)[-1:]
    )


def as_baseline(snapshot: Snapshot) -> Baseline:
    """The picture's objects, normalised; what comes and goes by itself is left out."""
    passing = {"Event", "Pod", "EndpointSlice", "Lease", "ReplicaSet", "ControllerRevision"}
    objects = {
        kind: tuple(normalise(one) for one in found)
        for kind, found in snapshot.objects.items()
        if kind not in passing
    }
    return Baseline(recorded_at=snapshot.taken_at, objects=objects)
