"""The looks as tasks: one round of looking, kept as evidence, handed on as one picture."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from prefect import task

from blocks.doors import doors
from blocks.salt import salt
from outage.baseline import Baseline
from outage.bundle import Bundle, all_files, without_secrets, write
from outage.messages import spoken
from outage.platform import Platform
from outage.severity import Severity, worst
from outage.snapshot import Snapshot
from tasks.observe import Budget, look, wide_look
from tasks.remember import note


class Picture:
    """A snapshot in a plain wrapper, so that Prefect does not walk through thousands of objects."""

    def __init__(self, snapshot: Snapshot) -> None:
        """Wrap what was seen."""
        self.snapshot = snapshot

    def __repr__(self) -> str:
        return f"Picture of {self.snapshot.taken_at:%H:%M:%S}, {len(self.snapshot.evidence)} looks"


def now() -> datetime:
    """The clock of every look."""
    return datetime.now(UTC)


@task(name="look wide", persist_result=False)
def look_wide(incident: str) -> Picture:
    """Look at everything once, flatly.

    Source: runbook "Acknowledge and Assess" and "Quick Health Checks".
    """
    return kept(incident, "triage", wide_look(doors().reader, doors().platform, Budget(), now=now))


@task(name="look deep", persist_result=False)
def look_deep(incident: str) -> Picture:
    """Look where it hurts: services, infrastructure, application.

    Source: runbook "Investigation Phase".
    """
    return kept(incident, "investigate", whole_look(doors().record.baseline()))


@task(name="look for a baseline", persist_result=False)
def look_for_baseline() -> Picture:
    """Look at everything that a baseline keeps."""
    return Picture(whole_look())


@task(name="look for the watch", persist_result=False)
def look_for_watch() -> Picture:
    """Look as an investigation does, without an incident: some outages show in nothing less."""
    return Picture(whole_look())


def whole_look(baseline: Baseline | None = None) -> Snapshot:
    """The deep look at the platform of the platform file."""
    return look(doors().reader, doors().platform, Budget(), now=now, baseline=baseline)


def kept(incident: str, phase: str, snapshot: Snapshot, clock: Callable[[], datetime] = now) -> Picture:
    """Keep a round of looks: each look in the record, the whole picture as a bundle beside it.

    With the picture goes what the diagnosis knows besides, so that the bundle gives the response's own answer.
    """
    record, home = doors().record, Path(doors().settings.home)
    took = clock() - snapshot.taken_at
    at = f"{snapshot.taken_at:%H%M%S}"
    record.keep_evidence(incident, list(snapshot.evidence), f"{phase}-{at}")
    floor = worst(*(alert.floor for alert in record.alerts(incident) if alert.firing))
    save(
        snapshot,
        home / "bundles" / incident / f"{phase}-{at}",
        platform=doors().platform,
        baseline=record.baseline(),
        floor=floor,
    )
    note(incident, "evidence", in_words(snapshot, took), key=f"looked/{phase}/{at}")
    return Picture(snapshot)


def save(
    snapshot: Snapshot,
    folder: Path,
    platform: Platform | None = None,
    baseline: Baseline | None = None,
    floor: Severity = Severity.NONE,
) -> None:
    """Write the picture as a bundle, for `outage investigate --from` tomorrow."""
    whole = Bundle(snapshot=snapshot, platform=platform, baseline=baseline, floor=floor)
    write(all_files(without_secrets(whole, salt())), folder)


def in_words(snapshot: Snapshot, took: timedelta) -> str:
    """How much was seen, and what was not."""
    unseen = [one.words for one in snapshot.evidence if one.unseen]
    objects = sum(len(found) for found in snapshot.objects.values())
    says = f"{len(snapshot.evidence)} looks in {spoken(took)}: {objects} objects, {len(snapshot.logs)} logs"
    return f"{says}; not seen: {', '.join(unseen)}" if unseen else says
