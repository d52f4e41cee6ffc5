"""What was looked at is dropped when it is old; what was concluded and done stays for good."""

from datetime import timedelta
from pathlib import Path

import pytest

from blocks.record import Record
from blocks.settings import Settings
from outage.incidents.incident import Ending, Incident, Phase
from outage.incidents.timeline import Entry, EntryKind
from outage.snapshots.evidence import Evidence
from stack.timers.old_evidence import AGAIN_AFTER, AT_ONCE, OldEvidence
from tests.blocks.channels.sent_messages import NOON

DAY = timedelta(days=1)
KEPT = 30


@pytest.fixture
def old(home: Path) -> OldEvidence:
    """What drops it."""
    return OldEvidence(Settings(evidence_kept_days=KEPT))


def looked_at(record: Record, home: Path, key: str, closed_days_ago: int | None) -> Incident:
    """An incident with one look, one line, and one bundle; open without days."""
    incident = record.open_incident(key, "auth is down", NOON - 90 * DAY).incident
    look = Evidence(id="pods", observed_at=NOON - 90 * DAY, words="kubectl get pods", duration=timedelta())
    record.keep_evidence(incident.id, [look], "triage")
    record.add(incident.id, Entry(key="said", at=NOON, kind=EntryKind.NOTE, says="said", by="ana"))
    (home / "bundles" / incident.id / "triage").mkdir(parents=True)
    if closed_days_ago is not None:
        ended = {"phase": Phase.CLOSED, "ending": Ending.RECOVERED}
        record.update(incident.id, closed_at=NOON - closed_days_ago * DAY, **ended)
    return incident


@pytest.mark.parametrize(
    ("closed_days_ago", "stays"), [(None, True), (0, True), (KEPT - 1, True), (KEPT + 1, False), (80, False)]
)
def test_only_what_ended_long_ago_is_dropped(
    old: OldEvidence, record: Record, home: Path, closed_days_ago: int | None, stays: bool
) -> None:
    """However old an open incident is, its looks are needed."""
    incident = looked_at(record, home, f"old-{closed_days_ago}", closed_days_ago)

    old.drop_some(NOON)

    assert bool(record.evidence(incident.id)) is stays
    assert (home / "bundles" / incident.id).exists() is stays
    assert [one.says for one in record.entries(incident.id)] == ["said"]


def test_it_goes_on_until_nothing_is_old_and_rests_then(old: OldEvidence, record: Record, home: Path) -> None:
    """A few with each look, so that people are called in between; afterwards it asks once an hour."""
    old.drop_some(NOON)
    for number in range(AT_ONCE + 2):
        looked_at(record, home, f"pile-{number}", closed_days_ago=60)

    assert old.drop_some(NOON) == 0
    later = NOON + AGAIN_AFTER
    assert [old.drop_some(later) for _ in range(3)] == [AT_ONCE, 2, 0]
