"""The looks as tasks: one round of looking, kept as evidence, handed on as one picture."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from prefect import task

from blocks.clients import clients
from blocks.installation.secret_salt import installation_salt
from outage.incidents.severity import Severity, worst_severity
from outage.incidents.timeline import EntryKind
from outage.platforms.platform import Platform
from outage.reports.post_incident.kept_look import LOOK, kept_look
from outage.snapshots.baseline import Baseline
from outage.snapshots.bundle import save_case
from outage.snapshots.case import Case
from outage.snapshots.snapshot import Snapshot
from outage.text.durations import duration_in_words
from tasks.observe import Budget, collect_case, collect_wide_snapshot
from tasks.record import note_entry
from tasks.record.reported_address import platform_as_reported


class LookResult:
    """A case in a plain wrapper, so that Prefect does not walk through thousands of objects."""

    def __init__(self, case: Case) -> None:
        """Wrap what was seen and what was known beside it."""
        self.case = case

    def __repr__(self) -> str:
        snapshot = self.case.snapshot
        return f"Case of {snapshot.taken_at:%H:%M:%S}, {len(snapshot.evidence)} looks"


def utc_now() -> datetime:
    """The clock of every look."""
    return datetime.now(UTC)


@task(name="look wide", persist_result=False)
def look_wide(incident_id: str) -> LookResult:
    """Look at everything once, flatly.

    Source: runbook "Acknowledge and Assess" and "Quick Health Checks".
    """
    platform, baseline = platform_as_reported(incident_id), clients().record.baseline()
    case = Case(
        snapshot=collect_wide_snapshot(clients().reader, platform, Budget(), now=utc_now),
        platform=platform,
        baseline=baseline,
        floor=alerts_floor(incident_id),
    )
    return kept_evidence(incident_id, "triage", case)


@task(name="look deep", persist_result=False)
def look_deep(incident_id: str) -> LookResult:
    """Look where it hurts: services, infrastructure, application.

    Source: runbook "Investigation Phase".
    """
    platform = platform_as_reported(incident_id)
    case = whole_look(clients().record.baseline(), alerts_floor(incident_id), platform)
    return kept_evidence(incident_id, "investigate", case)


@task(name="look for a baseline", persist_result=False)
def look_for_baseline() -> LookResult:
    """Look at everything that a baseline keeps; the last one does not say what is healthy."""
    return LookResult(whole_look())


@task(name="look for the watch", persist_result=False)
def look_for_watch() -> LookResult:
    """Look as an investigation does, without an incident: some outages show in nothing less."""
    return LookResult(whole_look(clients().record.baseline()))


def whole_look(
    baseline: Baseline | None = None, floor: Severity = Severity.NONE, platform: Platform | None = None
) -> Case:
    """The deep look at a platform, without one named at that of the platform file."""
    seen = platform or clients().platform
    return collect_case(clients().reader, seen, Budget(), now=utc_now, baseline=baseline, floor=floor)


def alerts_floor(incident_id: str) -> Severity:
    """The least severity that the labels of an incident's firing alerts ask for."""
    alerts = clients().record.alerts(incident_id)
    return worst_severity(*(alert.floor for alert in alerts if alert.firing))


def kept_evidence(
    incident_id: str, phase: str, case: Case, clock: Callable[[], datetime] = utc_now
) -> LookResult:
    """Keep a round of looks: each look in the record, the whole case as a bundle beside it.

    Args:
        incident_id: Whose record it goes to.
        phase: `triage` or `investigate`.
        case: The very one that is diagnosed: so the bundle gives the response's own answer.
        clock: For how long the looking took.
    """
    record, home = clients().record, Path(clients().settings.home)
    took = clock() - case.snapshot.taken_at
    at = f"{case.snapshot.taken_at:%H%M%S}"
    record.keep_evidence(incident_id, list(case.snapshot.evidence), f"{phase}-{at}")
    kept = kept_look(phase, case)
    record.keep_archive(incident_id, f"{LOOK}{phase}-{at}", kept.model_dump(mode="json"), kept.at)
    save_case(case, home / "bundles" / incident_id / f"{phase}-{at}", installation_salt())
    note_entry(incident_id, EntryKind.EVIDENCE, look_summary(case.snapshot, took), key=f"looked/{phase}/{at}")
    return LookResult(case)


def look_summary(snapshot: Snapshot, took: timedelta) -> str:
    """How much was seen, and what was not."""
    unseen = [one.words for one in snapshot.evidence if one.unseen]
    objects = sum(len(found) for found in snapshot.objects.values())
    says = f"{len(snapshot.evidence)} looks in {duration_in_words(took)}: {objects} objects, {len(snapshot.logs)} logs"
    return f"{says}; not seen: {', '.join(unseen)}" if unseen else says
