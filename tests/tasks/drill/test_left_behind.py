"""A drill may die at any line: its way back is in the record before the blow, and whoever finds it takes it."""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest

from blocks.record import Record
from outage.errors import ClusterError
from outage.incidents.drill_notice import Drill, carrier_lock
from outage.incidents.fault import Expected, Fault, Injection
from outage.incidents.incident import Ending, Incident
from outage.kubernetes.objects import ObjectRef
from tasks.drill import calling_off, drill_phases, left_behind
from tasks.drill.drill_beginning import PractisedDrill
from tasks.drill.drill_phases import DrillScore
from tests.tasks.drill.drilled_shop import LONG_AGO, Shop, opened_shop

_numbers = count()
CHECKOUT = ObjectRef(kind="Deployment", name="checkout", namespace="shop")
IMAGE = "/spec/template/spec/containers/0/image"
FAULT = Fault(
    name="bad-image",
    title="checkout is given an image that does not exist",
    classes=(),
    blows=(
        Injection(do="patch", target=CHECKOUT, patch=[{"op": "replace", "path": IMAGE, "value": "none"}]),
    ),
    expected=Expected(causes=("bad-image",), about=CHECKOUT),
)


@pytest.fixture
def shop(own_record: Record, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Shop]:
    """The shop before anything is broken; nobody waits long for a lock."""
    monkeypatch.setenv("OUTAGE_HOME", str(tmp_path))
    monkeypatch.setattr(left_behind, "TAKEN_OVER_WITHIN_SECONDS", 0.2)
    monkeypatch.setattr(drill_phases, "get_run_logger", lambda: logging.getLogger("drill"))
    with opened_shop(own_record, monkeypatch) as there:
        yield there
        for one in own_record.standing_drills(LONG_AGO):
            own_record.keep_drill(one.id, {"pictures": []}, datetime.now(UTC))


def announced(shop: Shop, lasts: timedelta = timedelta(minutes=30)) -> PractisedDrill:
    """A drill of which nothing is broken yet."""
    now = datetime.now(UTC)
    drill = Drill(
        id=f"drill-left-{next(_numbers)}",
        namespace="shop",
        fault=FAULT.name,
        announced_at=now,
        until=now + lasts,
        platform="shop",
        result={"fault": FAULT.model_dump(mode="json")},
    )
    return PractisedDrill(drill=shop.record.announce(drill), fault=FAULT)


def ended(shop: Shop, practised: PractisedDrill) -> Drill:
    """The drill as the record has it."""
    found = shop.record.drill(practised.drill.id)
    assert found
    return found


def test_the_way_back_is_recorded_before_the_blow(shop: Shop) -> None:
    """Also when the blow itself is what it dies of."""
    practised = announced(shop)
    shop.refuses_writes = True

    with pytest.raises(ClusterError):
        drill_phases.break_platform.fn(practised)

    kept = ended(shop, practised).result
    assert [one["of"]["name"] for one in kept["pictures"]] == ["checkout"]
    assert Fault.model_validate(kept["fault"]) == FAULT
    assert "broken_at" not in kept


@pytest.mark.parametrize("died", ["before anything", "with its pictures taken", "after the blow"])
def test_what_a_dead_drill_left_is_taken_back(shop: Shop, died: str) -> None:
    """In whichever phase it died: the object is as it was, the comparison is kept, and the drill is over."""
    practised = announced(shop)
    if died != "before anything":
        shop.refuses_writes = died == "with its pictures taken"
        try:
            drill_phases.break_platform.fn(practised)
        except ClusterError:
            shop.refuses_writes = False

    says = left_behind.take_back_left.fn(practised.drill.id)

    found = ended(shop, practised)
    assert shop.image == "shop/checkout:1.0"
    assert found.ended_at
    assert not found.result["passed"]
    assert found.result["compared"]["different"] == []
    assert "everything is as it was before" in says
    assert practised.drill.id not in {one.id for one in shop.record.standing_drills(LONG_AGO)}


def test_what_cannot_be_put_back_stays_to_be_put_back(shop: Shop) -> None:
    """The pictures are kept until a later try succeeds."""
    practised = announced(shop)
    drill_phases.break_platform.fn(practised)
    shop.refuses_writes = True

    says = left_behind.take_back_left.fn(practised.drill.id)

    assert "not as before" in says
    assert practised.drill.id in {one.id for one in shop.record.standing_drills(LONG_AGO)}
    shop.refuses_writes = False
    left_behind.take_back_left.fn(practised.drill.id)
    assert shop.image == "shop/checkout:1.0"
    assert practised.drill.id not in {one.id for one in shop.record.standing_drills(LONG_AGO)}


def test_a_drill_that_lives_takes_its_own_fault_back(shop: Shop) -> None:
    """Its lock says that it lives; after its end nobody waits for it."""
    practised = announced(shop)
    drill_phases.break_platform.fn(practised)

    with shop.record.only_writer(carrier_lock(practised.drill.id)):
        says = left_behind.take_back_left.fn(practised.drill.id)

    assert "another process" in says
    assert shop.image == "none"


def test_a_drill_that_hangs_past_its_end_is_taken_back(shop: Shop) -> None:
    """The lock of a process that does nothing protects no fault."""
    practised = announced(shop, lasts=-timedelta(hours=1))
    drill_phases.break_platform.fn(practised)

    with shop.record.only_writer(carrier_lock(practised.drill.id)):
        says = left_behind.take_back_left.fn(practised.drill.id)

    assert "because its time was over" in says
    assert shop.image == "shop/checkout:1.0"


def test_nothing_is_broken_twice(shop: Shop) -> None:
    """A drill that is taken up at once goes on; one that nobody carried for a while is not waited for."""
    practised = announced(shop)
    assert drill_phases.break_platform.fn(practised)
    version = shop.checkout["metadata"]["resourceVersion"]

    assert drill_phases.break_platform.fn(practised)
    long_ago = datetime.now(UTC) - drill_phases.UNWATCHED_FOR * 2
    shop.record.keep_drill(practised.drill.id, {"carried_at": long_ago.isoformat()})
    assert not drill_phases.break_platform.fn(practised)
    assert shop.checkout["metadata"]["resourceVersion"] == version


def test_an_incident_of_a_drill_that_is_gone_is_told_and_seen_out(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The line stands on its timeline; what it asks for is declined until it has ended."""
    practised = announced(shop)
    incident = shop.record.open_incident(
        "seen-out", "checkout is down", datetime.now(UTC), FAULT.name
    ).incident
    declined: list[str] = []

    def decline(one: Incident, says: str) -> None:
        declined.append(one.id)
        shop.record.update(one.id, closed_at=datetime.now(UTC), ending=Ending.DECLINED)

    monkeypatch.setattr(calling_off, "_decline_waiting", decline)

    says = calling_off.call_off(practised.drill, "because its process was gone", ())
    calling_off.see_incidents_out.fn(practised.drill, says)

    assert says in {one.says for one in shop.record.entries(incident.id)}
    assert declined == [incident.id]


def test_a_drill_that_is_over_stays_as_it_ended(shop: Shop) -> None:
    """Who dies after the end and is taken up reads the score."""
    practised = announced(shop)
    drill_phases.break_platform.fn(practised)
    assert drill_phases.recorded_score(practised) is None

    left = drill_phases.restore_platform.fn(practised)
    drill_phases.keep_ending(practised.drill.id, DrillScore(passed=True, says="well"), [], left)

    assert drill_phases.recorded_score(practised) == DrillScore(passed=True, says="well")
    assert not drill_phases.break_platform.fn(practised)


def test_a_drill_that_nobody_knows_is_said(shop: Shop) -> None:
    """One sentence."""
    assert left_behind.take_back_left.fn("drill-none") == "the record knows no drill drill-none"
