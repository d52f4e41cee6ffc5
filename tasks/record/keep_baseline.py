"""Keep a baseline, but only of a platform that is healthy while nobody is working on it, and that was seen whole."""

from prefect import task

from blocks.clients import clients
from blocks.kubernetes.api_kinds import kind_of
from outage.diagnosis import diagnose
from outage.diagnosis.findings.log_news import kinds_while_well, serving_since
from outage.incidents.incident import Incident, Phase
from outage.incidents.severity import Severity
from outage.kubernetes.object_times import latest_of
from outage.snapshots.baseline import Baseline, log_templates_in_words, normalised
from outage.snapshots.case import Case
from outage.snapshots.evidence import Evidence, Hindrance
from outage.snapshots.snapshot import Snapshot
from outage.value import Value
from tasks.observe.collect_objects import CLUSTER_WIDE, DEEP
from tasks.observe.tasks import LookResult

PASSING = frozenset({"Event", "Pod", "EndpointSlice", "Lease", "ReplicaSet", "ControllerRevision"})
"""What comes and goes by itself; a baseline does without."""
KINDS = tuple(kind for kind in (*DEEP, "Node", *CLUSTER_WIDE) if kind not in PASSING)
"""What a baseline keeps, as far as the reading identity may see it."""


class KeptBaseline(Value):
    """Whether a baseline was kept, and why (not)."""

    refused: bool = False
    needs_a_person: bool = False
    """Waiting does not help: a plan waits for somebody's answer."""
    says: str


@task(name="keep the baseline", persist_result=False)
def keep_if_healthy(seen: LookResult) -> KeptBaseline:
    """Record what was seen as known-good, or say why it is not."""
    record, case = clients().record, seen.case
    previous = record.baseline()
    if reason := why_not(case, previous):
        waits = any(plan_waits(one) for one in open_incidents())
        return KeptBaseline(refused=True, needs_a_person=waits, says=reason)
    baseline = as_baseline(case.snapshot, said_while_well(case, previous))
    record.keep_baseline(baseline)
    count = sum(len(objects) for objects in baseline.objects.values())
    heard = log_templates_in_words(baseline)
    without = ", ".join(unseen_kinds(case.snapshot))
    beside = f"; without what may not be seen: {without}" if without else ""
    return KeptBaseline(
        says=f"recorded {count} objects of {len(baseline.objects)} kinds, and {heard}{beside}"
    )


def open_incidents() -> list[Incident]:
    """What is being answered, on whichever platform."""
    return clients().record.open_incidents()


def why_not(case: Case, previous: Baseline | None) -> str:
    """Why this case must not become the baseline, or empty."""
    working = [one for one in open_incidents() if one.platform in (case.platform.name, "")]
    if working:
        standing = working[0]
        how = f"; answer it first: `outage decline {standing.id} --by NAME`" if plan_waits(standing) else ""
        return f"an incident is open ({standing.id}): what stands now may be the fault itself{how}"
    found = diagnose(case)
    if found.assessment.severity is not Severity.NONE:
        return f"the platform is not healthy: {found.assessment.reason}"
    if found.hypotheses:
        return f"something may be wrong: {found.hypotheses[0].says}"
    lost = lost_from_sight(case.snapshot, previous)
    return f"not everything could be seen: {lost}" if lost else ""


def unseen_kinds(snapshot: Snapshot) -> dict[str, str]:
    """The kinds of a baseline that could not be listed in the platform's own namespaces, and why."""
    return {kind: _reason(snapshot, kind) for kind in KINDS if not snapshot.saw(kind)}


def lost_from_sight(snapshot: Snapshot, previous: Baseline | None) -> str:
    """The kinds that are unseen and should not be, with the reasons; empty when there are none.

    A picture with a hole would make everything in it look new or gone tomorrow. But what the last baseline lacked
    too, or what the very first look may not see, is not for this identity and must not stand in the way for ever.
    """
    lost = {
        kind: why
        for kind, why in unseen_kinds(snapshot).items()
        if (previous.saw(kind) if previous else _hindrance(snapshot, kind) is None)  # all else is weather
    }
    return "; ".join(f"{kind}: {why}" for kind, why in lost.items())


def _reason(snapshot: Snapshot, kind: str) -> str:
    look = _look_in_vain(snapshot, kind)
    return (look.unseen if look else None) or "it was not looked at"


def _hindrance(snapshot: Snapshot, kind: str) -> Hindrance | None:
    look = _look_in_vain(snapshot, kind)
    return look.hindrance if look else None


def _look_in_vain(snapshot: Snapshot, kind: str) -> Evidence | None:
    plural = kind_of(kind).plural
    ids = {plural, *(f"{plural}/{home}" for home in snapshot.namespaces)}
    return next((one for one in snapshot.evidence if one.unseen and one.id in ids), None)


def plan_waits(incident: Incident) -> bool:
    """Whether the incident waits for a person's answer, and nobody gave one that its run has yet to read."""
    record = clients().record
    return incident.phase is Phase.AWAITING_APPROVAL and not any(
        record.approvals(incident.id, plan.hash) for plan in record.plans(incident.id)[-1:]
    )


def said_while_well(case: Case, previous: Baseline | None) -> dict[str, tuple[str, ...]]:
    """What each workload complains of in its logs while all is well, this time and earlier.

    What was said before the last incident was closed was not, nor what a starting platform said.
    """
    well_since = clients().record.last_close(case.platform.name)
    earlier = previous.log_templates if previous else None
    return kinds_while_well(case.index, latest_of([serving_since(case.index), well_since]), earlier)


def as_baseline(snapshot: Snapshot, log_templates: dict[str, tuple[str, ...]] | None = None) -> Baseline:
    """The picture's objects, normalised; what comes and goes by itself is left out."""
    objects = {
        kind: tuple(normalised(one) for one in found)
        for kind, found in snapshot.objects.items()
        if kind not in PASSING
    }
    return Baseline(
        recorded_at=snapshot.taken_at, objects=objects, lists=snapshot.lists, log_templates=log_templates
    )
