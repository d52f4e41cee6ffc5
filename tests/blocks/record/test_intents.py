"""Intents: each stands with its way back, is settled once, and one writer at a time has a target."""

from dataclasses import replace

import pytest

from blocks.record import Record
from outage.errors import FenceLost, RecordError
from outage.incidents.incident import Incident
from outage.plans.outcome import Outcome, StepDid
from outage.plans.plan import WayBack
from tests.blocks.record.written import MINUTE, NOON, newest_fence


def test_an_intent_stands_with_its_way_back_and_is_settled_once(record: Record, incident: Incident) -> None:
    """After a crash the way back of the first try is the one that counts."""
    before = WayBack(before={"kind": "Deployment"}, says="put it back")
    record.intend(incident.id, "hash", "1-undo", before, NOON, newest_fence(record))
    again = record.intend(
        incident.id, "hash", "1-undo", WayBack(before=None, says="?"), NOON + MINUTE, newest_fence(record)
    )
    assert (again.way_back, again.at, again.outcome) == (before, NOON, None)

    done = Outcome(did=StepDid.APPLIED, says="done", resource_version="7")
    record.settle(incident.id, "hash", "1-undo", done, NOON, newest_fence(record))
    record.settle(
        incident.id, "hash", "1-undo", Outcome(did=StepDid.FAILED, says="?"), NOON, newest_fence(record)
    )
    assert [one.outcome for one in record.intents(incident.id)] == [done]


def test_what_was_never_intended_cannot_be_settled(record: Record, incident: Incident) -> None:
    """An outcome without a way back is a mistake of ours."""
    with pytest.raises(RecordError, match="never intended"):
        record.settle(
            incident.id, "hash", "nothing", Outcome(did=StepDid.APPLIED, says=""), NOON, newest_fence(record)
        )


def test_only_one_may_write_to_a_target(record: Record) -> None:
    """And another target is another right."""
    with (
        record.only_writer("shop/auth") as first,
        record.only_writer("shop/auth") as second,
        record.only_writer("shop/user") as other,
    ):
        assert (bool(first), second, bool(other)) == (True, None, True)

    with record.only_writer("shop/auth") as afterwards:
        assert afterwards


def test_who_lost_a_target_neither_intends_nor_settles(record: Record, incident: Incident) -> None:
    """And says who is in its way."""
    old = newest_fence(record, "shop/lost")
    record.intend(incident.id, "hash", "1", WayBack(before=None, says=""), NOON, old)
    new = newest_fence(record, "shop/lost")
    assert new.token > old.token

    with pytest.raises(FenceLost, match=r"another responder holds shop/lost since .* writes nothing"):
        record.intend(incident.id, "hash", "2", WayBack(before=None, says=""), NOON, old)
    with pytest.raises(FenceLost):
        record.settle(incident.id, "hash", "1", Outcome(did=StepDid.APPLIED, says=""), NOON, old)
    with pytest.raises(FenceLost):
        old.confirm_held()
    new.confirm_held()
    assert [one.step_key for one in record.intents(incident.id) if one.outcome is None] == ["1"]


def test_who_lost_its_place_writes_to_no_target(record: Record) -> None:
    """The incident is another one's: a lock that was taken afterwards does not help."""
    place = newest_fence(record, "incident/lost")
    newest_fence(record, "incident/lost")
    target = replace(newest_fence(record, "shop/mine"), place=place)

    with pytest.raises(FenceLost, match="write shop/mine: another responder holds incident/lost"):
        target.confirm_held()
