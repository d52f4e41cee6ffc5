"""The looks as tasks: one round of looking, kept as evidence, handed on as one picture."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from prefect import task

from blocks.clients import clients
from blocks.installation.secret_salt import installation_salt
from outage.incidents.severity import Severity, worst_severity
from outage.platforms.platform import Platform
from outage.reports.messages import message_words
from outage.snapshots.baseline import Baseline
from outage.snapshots.bundle import Bundle, all_files, without_secrets, write_bundle_files
from outage.snapshots.snapshot import Snapshot
from tasks.observe import Budget, collect_snapshot, collect_wide_snapshot
from tasks.record import note_entry


class LookResult:
    """A snapshot in a plain wrapper, so that Prefect does not walk through thousands of objects."""

    def __init__(self, snapshot: Snapshot) -> None:
        """Wrap what was seen."""
        self.snapshot = snapshot

    def __repr__(self) -> str:
        return f"Picture of {self.snapshot.taken_at:%H:%M:%S}, {len(self.snapshot.evidence)} looks"


def utc_now() -> datetime:
    """The clock of every look."""
    return datetime.now(UTC)


@task(name="look wide", persist_result=False)
def look_wide(incident: str) -> LookResult:
    """Look at everything once, flatly.

    Source: runbook "Acknowledge and Assess" and "Quick Health Checks".
    """
    return kept_evidence(
        incident, "triage", collect_wide_snapshot(clients().reader, clients().platform, Budget(), now=utc_now)
    )


@task(name="look deep", persist_result=False)
def look_deep(incident: str) -> LookResult:
    """Look where it hurts: services, infrastructure, application.

    Source: runbook "Investigation Phase".
    """
    return kept_evidence(incident, "investigate", whole_look(clients().record.baseline()))


@task(name="look for a baseline", persist_result=False)
def look_for_baseline() -> LookResult:
    """Look at everything that a baseline keeps."""
    return LookResult(whole_look())


@task(name="look for the watch", persist_result=False)
def look_for_watch() -> LookResult:
    """Look as an investigation does, without an incident: some outages show in nothing less."""
    return LookResult(whole_look())


def whole_look(baseline: Baseline | None = None) -> Snapshot:
    """The deep look at the platform of the platform file."""
    return collect_snapshot(clients().reader, clients().platform, Budget(), now=utc_now, baseline=baseline)


def kept_evidence(
    incident: str, phase: str, snapshot: Snapshot, clock: Callable[[], datetime] = utc_now
) -> LookResult:
    """Keep a round of looks: each look in the record, the whole picture as a bundle beside it.

    With the picture goes what the diagnosis knows besides, so that the bundle gives the response's own answer.
    """
    record, home = clients().record, Path(clients().settings.home)
    took = clock() - snapshot.taken_at
    at = f"{snapshot.taken_at:%H%M%S}"
    record.keep_evidence(incident, list(snapshot.evidence), f"{phase}-{at}")
    floor = worst_severity(*(alert.floor for alert in record.alerts(incident) if alert.firing))
    save_bundle_of(
        snapshot,
        home / "bundles" / incident / f"{phase}-{at}",
        platform=clients().platform,
        baseline=record.baseline(),
        floor=floor,
    )
    note_entry(incident, "evidence", look_summary(snapshot, took), key=f"looked/{phase}/{at}")
    return LookResult(snapshot)


def save_bundle_of(
    snapshot: Snapshot,
    folder: Path,
    platform: Platform | None = None,
    baseline: Baseline | None = None,
    floor: Severity = Severity.NONE,
) -> None:
    """Write the picture as a bundle, for `outage investigate --from` tomorrow."""
    whole = Bundle(snapshot=snapshot, platform=platform, baseline=baseline, floor=floor)
    write_bundle_files(all_files(without_secrets(whole, installation_salt())), folder)


def look_summary(snapshot: Snapshot, took: timedelta) -> str:
    """How much was seen, and what was not."""
    unseen = [one.words for one in snapshot.evidence if one.unseen]
    objects = sum(len(found) for found in snapshot.objects.values())
    says = f"{len(snapshot.evidence)} looks in {message_words(took)}: {objects} objects, {len(snapshot.logs)} logs"
    return f"{says}; not seen: {', '.join(unseen)}" if unseen else says
