"""Rows of the time after an incident: history of causes, items, what was looked at."""

from datetime import timedelta

import pytest

from blocks.record import Record
from blocks.record.incident_account import looks_of
from outage.incidents.incident import Ending, Incident, Phase
from outage.incidents.phase_key import PhaseKey, resolved_as, taken_back_as
from outage.people.action_item import ActionItem
from outage.plans.outcome import Resolved
from outage.reports.post_incident.kept_look import lost_requests
from outage.snapshots.snapshot import Rates
from tasks.verify.kept_traffic import traffic_keeper
from tests.blocks.record.written import MINUTE, NOON, plan

DAY = timedelta(days=1)


def past(
    record: Record,
    key: str,
    *,
    days: int,
    cause: str,
    mended: bool = True,
    back: bool = False,
    drill: str | None = None,
    ending: Ending = Ending.RECOVERED,
) -> Incident:
    """A closed incident of ten minutes, so many days before noon."""
    opened = NOON - days * DAY
    made = record.open_incident(f"{key}-{days}", "auth is down", opened, drill)[0]
    record.keep_phase(made.id, PhaseKey("investigate-1"), {"hypotheses": [{"cause": cause}]}, opened)
    if mended:
        record.keep_plan(plan(made.id).model_copy(update={"hypothesis": f"{cause}:Deployment/shop/auth"}))
        record.keep_phase(made.id, resolved_as(1), Resolved(says="", applied=True), opened)
    if back:
        record.keep_phase(made.id, taken_back_as(1), Resolved(says="", applied=True), opened)
    closed = opened + 10 * MINUTE
    return record.update(made.id, phase=Phase.CLOSED, ending=ending, closed_at=closed, platform=key)


def test_the_history_of_a_cause_is_what_was_believed_or_mended_and_repairs_are_what_ended_it(
    record: Record, key: str
) -> None:
    """One platform's, before the incident; a plan that was taken back repaired nothing."""
    past(record, key, days=1, cause="bad-image")
    past(record, key, days=2, cause="bad-image", drill="bad-image")
    past(record, key, days=3, cause="bad-image", back=True)
    past(record, key, days=4, cause="bad-image", mended=False, ending=Ending.DECLINED)
    past(record, key, days=5, cause="bad-env")
    past(record, key, days=200, cause="bad-image")
    past(record, f"{key}-other", days=1, cause="bad-image")
    now = record.open_incident(key, "auth is down", NOON)[0]
    found = record.history_of(record.update(now.id, platform=key), "bad-image")

    assert [(NOON - one.opened_at).days for one in found.past] == [4, 3, 2, 1]
    assert (found.drills, found.repairs) == (1, (10 * MINUTE,))


def test_an_item_is_done_once_and_stays_so(record: Record, incident: Incident) -> None:
    """The first of a key stands; who did it first, did it."""
    item = ActionItem(incident=incident.id, key="probes", says="add probes", owner="ana", due_at=NOON + DAY)
    record.keep_items([item, item.model_copy(update={"says": "other words"})])
    assert record.items(incident.id, open_only=True) == [item]
    assert item in record.overdue_items(NOON + DAY)
    assert item not in record.overdue_items(NOON)

    assert record.finish_item(item, "bob", NOON)
    assert not record.finish_item(item, "eve", NOON + DAY)
    assert record.items(incident.id)[0].done_by == "bob"
    assert record.items(incident.id, open_only=True) == []


def test_what_was_never_looked_at_is_known(record: Record, incident: Incident, key: str) -> None:
    """`outage status` says it."""
    looked = record.open_incident(f"{key}-looked", "web is down", NOON)[0]
    record.keep_phase(looked.id, PhaseKey("triage"), {}, NOON + 100 * DAY)
    waiting = record.unlooked_incidents(NOON + MINUTE)

    assert incident.id in waiting
    assert looked.id not in waiting
    assert incident.id not in record.unlooked_incidents(NOON)
    assert record.last_look() is not None


@pytest.mark.parametrize("prefix", ["look/", "loo_/"])
def test_archives_are_found_by_the_beginning_of_their_name(
    record: Record, incident: Incident, prefix: str
) -> None:
    """As it is written: no character of it means anything else."""
    record.keep_archive(incident.id, "look/2", {"n": 2}, NOON)
    record.keep_archive(incident.id, "look/1", {"n": 1}, NOON)
    record.keep_archive(incident.id, "account", {"n": 3}, NOON)

    assert [one["n"] for one in record.archives(incident.id, prefix)] == ([1, 2] if prefix == "look/" else [])


def test_a_proof_keeps_its_traffic_now_and_then_for_the_count_of_failed_requests(
    record: Record, incident: Incident
) -> None:
    """Rounds come every second; what is kept is enough to count by."""
    moments = iter([NOON + timedelta(seconds=one) for one in (0, 1, 14, 15, 16, 30)])
    keep = traffic_keeper(record, incident.id, lambda: next(moments))
    for ratio in (0.5, 0.5, 0.5, 0.1, 0.1, 0.0):
        keep((Rates(service="auth", error_ratio=ratio, requests_per_second=10),), 4)
    looks = looks_of(record, incident.id)
    lost = lost_requests(looks)

    assert [one.at - NOON for one in looks] == [timedelta(seconds=one) for one in (0, 15, 30)]
    assert [(one.service, one.count, one.looks) for one in lost] == [("auth", round(45 + 7.5), 3)]


def test_one_measurement_counts_nothing(record: Record, incident: Incident) -> None:
    """Nobody knows for how long it was so."""
    keep = traffic_keeper(record, incident.id, lambda: NOON)
    keep((Rates(service="auth", error_ratio=0.5, requests_per_second=10),), 4)
    keep((), None)

    assert lost_requests(looks_of(record, incident.id)) == ()
