"""A scheduled drill: announced where policy allows it, called off until it begins, begun when nothing is against it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest

from blocks.prefect_api import PrefectRefused
from blocks.record import Record
from outage.errors import AnswerRefused
from outage.incidents.incident import Ending
from outage.people.outbox_message import MessageKind, OutboxMessage
from outage.policies.drill_rotation import DrillCandidate, PlannedDrill
from outage.reports.past_incidents import DrillChoice, HistoryFilter
from tasks.drill.scheduled import announced_drills, scheduled_phases
from tasks.drill.scheduled.scheduled_phases import await_beginning, begin_planned_drill, plan_next_drill
from tests.stack.timers.conftest import CHAT, PAGER, home, policy, record

__all__ = ["home", "policy", "record"]
TUESDAY = datetime(2030, 1, 8, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
PAGE = {
    "kind": "statuspage",
    "page": "p",
    "token": {"env": "NOT_THERE"},
    "severities": ["P0", "P1", "P2", "none"],
}
_runs = count()


@pytest.fixture(autouse=True)
def _quiet_platform(
    home: Path, policy: Callable[..., None], record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A platform of its own that nothing is open on, and a policy that tells the chat of drills."""
    name = f"scheduled {next(_runs)}"
    place = name.replace(" ", "-")
    (home / "platform.yaml").write_text(f"version: 1\nname: {name}\nnamespace: {place}\n")
    policy(channels={"chat": {**CHAT, "drills": True}, "quiet": CHAT, "pager": PAGER, "public": PAGE})
    monkeypatch.setattr(scheduled_phases, "thrown_for", lambda platform: "")
    monkeypatch.setattr(record, "open_incidents", lambda *_, **__: [])


def announced(fault: str = "bad-image", now: datetime = TUESDAY) -> PlannedDrill:
    """A drill that was announced."""
    turn = plan_next_drill.fn(f"run-{next(_runs)}", DrillCandidate(fault=fault), now)
    assert turn.planned, turn.refused
    return turn.planned


def told(record: Record, planned: PlannedDrill) -> list[OutboxMessage]:
    """What was asked for."""
    return record.messages(planned.id)


def clock(*moments: datetime) -> Callable[[], datetime]:
    """A clock that shows one moment after the other, and stays at the last."""
    left = list(moments)
    return lambda: left.pop(0) if len(left) > 1 else left[0]


async def at_once(_: float) -> None:
    """Nobody waits."""


async def test_it_begins_an_hour_after_it_was_announced(record: Record) -> None:
    """And says so before."""
    planned = announced()

    assert planned.begins_at == TUESDAY + HOUR
    assert await await_beginning(planned, clock(TUESDAY, planned.begins_at), at_once) == ""
    assert not record.planned_drill(planned.id).waits  # type: ignore[union-attr]


def test_only_channels_that_policy_allows_for_drills_are_told_and_every_message_says_drill(
    record: Record,
) -> None:
    """Never the status page, never a pager that is not for practice."""
    planned = announced()
    announced_drills.call_off_one(planned.id, "ana", "a demo at noon")

    found = told(record, planned)
    assert {one.channel for one in found} == {"chat"}
    assert [one.what for one in found] == [MessageKind.ALERT, MessageKind.RESOLVED]
    assert all(one.body.title.startswith("[DRILL bad-image]") and one.body.drill for one in found)
    assert not any(one.of_incident for one in found)


async def test_a_call_off_is_heard_before_anything_breaks(record: Record) -> None:
    """And the sentence says who and why."""
    planned = announced()
    announced_drills.call_off_one(planned.id, "ana", "a demo at noon")

    says = await await_beginning(planned, clock(TUESDAY), at_once)

    assert says == f"ana called the drill {planned.id} off: a demo at noon"
    with pytest.raises(AnswerRefused, match="is off already"):
        announced_drills.call_off_one(planned.id, "bob", "")


async def test_what_has_begun_cannot_be_called_off(record: Record) -> None:
    """Its own run puts everything back."""
    planned = announced()
    await await_beginning(planned, clock(planned.begins_at), at_once)

    with pytest.raises(AnswerRefused, match="has begun"):
        announced_drills.call_off_one(planned.id, "ana", "")


async def test_an_open_incident_keeps_it_from_beginning(
    record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One sentence, in the run and in every channel that heard of it."""
    planned = announced()
    monkeypatch.undo()
    monkeypatch.setattr(scheduled_phases, "thrown_for", lambda platform: "")
    opened = record.open_incident(f"real-{planned.id}", "checkout is down", planned.begins_at).incident
    record.update(opened.id, platform=planned.platform)
    monkeypatch.setattr(record, "open_incidents", lambda *_, **__: [record.incident(opened.id)])

    says = await await_beginning(planned, clock(planned.begins_at), at_once)

    assert says == f"the drill {planned.id} was not begun: {opened.id} is open on the platform"
    assert f"{opened.id} is open" in told(record, planned)[-1].body.title


def test_nothing_is_announced_in_a_freeze(policy: Callable[..., None]) -> None:
    """Why, as one sentence."""
    policy(freezes=[{"starts": TUESDAY - HOUR, "ends": TUESDAY + 3 * HOUR, "why": "sales"}])

    turn = plan_next_drill.fn("run-frozen", None, TUESDAY)

    assert turn.planned is None
    assert "a freeze holds until 2030-01-08 13:00 UTC: sales" in turn.refused


def test_a_run_that_is_started_again_goes_on_with_what_it_announced(record: Record) -> None:
    """`kill -9` announces nothing twice."""
    planned = announced()

    again = plan_next_drill.fn(planned.run, DrillCandidate(fault="bad-probe"), TUESDAY + HOUR)

    assert again.planned == planned
    assert len(told(record, planned)) == 1


def test_a_run_that_was_cancelled_in_the_ui_calls_its_drill_off(
    record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One click, and the watch tells who was told."""
    planned = announced()
    over = type("Over", (), {"over": True})
    monkeypatch.setattr(announced_drills, "state_of", lambda _, run: over)

    announced_drills.call_off_cancelled()

    assert record.planned_drill(planned.id).off_by == announced_drills.IN_THE_UI  # type: ignore[union-attr]
    assert told(record, planned)[-1].what is MessageKind.RESOLVED


def test_practice_never_counts_for_the_mean_times(record: Record) -> None:
    """MTTR is of outages that users had."""
    opened = record.open_incident(f"practice-{next(_runs)}", "auth is down", TUESDAY, "bad-image").incident
    record.update(opened.id, ending=Ending.RECOVERED, closed_at=TUESDAY + HOUR)

    counted = record.past_incidents(HistoryFilter(drills=DrillChoice.REAL), 10_000)

    assert opened.id not in {one.incident.id for one in counted}


def test_without_a_wish_it_goes_by_turns_over_the_catalogue(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The schedule's own parameters name nothing."""
    monkeypatch.setattr(scheduled_phases, "drills_in_turn", lambda: [DrillCandidate(fault="bad-probe")])

    turn = plan_next_drill.fn(f"run-{next(_runs)}", None, TUESDAY)

    assert turn.planned is not None
    assert turn.planned.fault == "bad-probe"


def test_a_drill_begins_in_the_deployment_of_its_own_platform(
    record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another platform's deployment offers other services, and the server refuses those that it does not offer."""
    asked: list[str] = []
    monkeypatch.setattr(
        scheduled_phases, "start_run", lambda url, name, given, key: asked.append(name) or "run"
    )

    begin_planned_drill.fn(announced(), "")
    begin_planned_drill.fn(announced(), "The Shop")

    assert asked == ["drill", "drill-the-shop"]


def test_who_was_told_hears_that_a_drill_could_not_begin(
    record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And not that it begins."""
    planned = announced()

    def refused(*_: object, **__: object) -> str:
        raise PrefectRefused("409: storefront is not one of them")

    monkeypatch.setattr(scheduled_phases, "start_run", refused)

    with pytest.raises(PrefectRefused):
        begin_planned_drill.fn(planned, "")

    assert [one.what for one in told(record, planned)] == [MessageKind.ALERT, MessageKind.RESOLVED]
    assert "did not begin: 409" in told(record, planned)[-1].body.title
