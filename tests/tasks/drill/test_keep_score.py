"""A drill is scored when it ends: from the record, kept once, told when it went worse; and it ends whatever fails."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from types import SimpleNamespace

import pytest

from blocks.record import Record
from outage.errors import ClusterUnreachable
from outage.incidents.drill_notice import Drill
from outage.incidents.fault import Expected, Fault
from outage.incidents.incident import Ending, Incident, Phase
from outage.incidents.severity import Severity
from outage.people.outbox_message import MessageKind
from outage.reports.drills.score_card import Aspect
from tasks.drill import drill_phases, keep_score
from tests.stack.timers.conftest import CHAT, home, policy, record

__all__ = ["home", "policy", "record"]
_numbers = count()
FAULT = Fault(
    name="bad-image", title="auth has no image", classes=(1,), blows=(), expected=Expected(causes=("bad-image",))
)  # fmt: skip


@pytest.fixture(autouse=True)
def _blind(home: Path, policy: Callable[..., None], record: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    """A platform whose cluster does not answer, and messages that nobody sends."""
    name = f"scored {next(_numbers)}"
    place = name.replace(" ", "-")
    (home / "platform.yaml").write_text(f"version: 1\nname: {name}\nnamespace: {place}\n")
    policy(channels={"chat": {**CHAT, "drills": True}, "quiet": CHAT})

    def look() -> None:
        raise ClusterUnreachable("list pods: no answer")

    quiet = SimpleNamespace(warning=lambda *_: None, exception=lambda *_: None)
    monkeypatch.setattr(keep_score, "look_for_baseline", SimpleNamespace(fn=look))
    monkeypatch.setattr(keep_score, "get_run_logger", lambda: quiet)
    monkeypatch.setattr(drill_phases, "get_run_logger", lambda: quiet)
    monkeypatch.setattr(keep_score, "ARRIVED_WITHIN_SECONDS", 0.0)


def practised(record: Record, at: datetime, *, stands: bool) -> Drill:
    """A drill whose incident was healed, and whose cause stood or did not when it ended."""
    drill = record.announce_drill(
        "scored", "bad-image", at + timedelta(hours=2), at, id=f"drill-s-{next(_numbers)}"
    )
    record.keep_drill(drill.id, {"broken_at": at.isoformat(), "cause_stands": stands})
    return record.drill(drill.id) or drill


def healed(record: Record, drill: Drill) -> Incident:
    """Its incident."""
    at = drill.announced_at + timedelta(seconds=20)
    made = record.open_incident(f"scored-{drill.id}", "auth is down", at, "bad-image").incident
    return record.update(
        made.id,
        phase=Phase.CLOSED,
        ending=Ending.RECOVERED,
        severity=Severity.P1,
        closed_at=at + timedelta(minutes=2),
    )


NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


def test_a_drill_whose_cause_is_gone_passes_and_its_card_is_kept(record: Record) -> None:
    """What nobody could look at is said, and counts neither way."""
    drill = practised(record, NOON, stands=False)

    card = keep_score.score_and_keep(drill, FAULT, [healed(record, drill)], (), NOON + timedelta(minutes=5))

    assert card.passed
    assert record.score_of(drill.id) == card
    collateral = card.aspect(Aspect.COLLATERAL)
    assert collateral is not None
    assert collateral.right is None
    assert card.versions.program.count("+") == 1


def test_a_drill_that_is_ended_twice_has_one_score(record: Record) -> None:
    """Who died after it was kept finds it."""
    drill = practised(record, NOON, stands=False)
    incident = healed(record, drill)

    first = keep_score.score_and_keep(drill, FAULT, [incident], (), NOON)
    again = keep_score.score_and_keep(drill, FAULT, [], ("deployment/auth",), NOON + timedelta(hours=1))

    assert again == first


def test_what_went_worse_is_told_on_the_timeline_and_where_drills_are_told(record: Record) -> None:
    """The last one of this fault on this platform is what it is held against."""
    good, bad = (
        practised(record, NOON, stands=False),
        practised(record, NOON + timedelta(days=7), stands=True),
    )
    keep_score.score_and_keep(good, FAULT, [healed(record, good)], (), NOON + timedelta(minutes=5))
    incident = healed(record, bad)

    card = keep_score.score_and_keep(bad, FAULT, [incident], (), NOON + timedelta(days=7, minutes=5))

    told = record.messages(bad.id)
    assert not card.passed
    assert [(one.channel, one.what) for one in told] == [("chat", MessageKind.UPDATE)]
    assert "healed: the cause still stood" in told[0].body.text
    assert told[0].body.drill == "bad-image"
    assert any("went worse than the last time" in one.says for one in record.entries(incident.id))
    assert record.messages(good.id) == []


def test_a_drill_that_cannot_be_scored_ends_all_the_same(
    record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An announcement that stays would mark real outages as practice."""
    drill = practised(record, NOON, stands=False)

    def broken(*_: object) -> None:
        raise ZeroDivisionError("ours")

    monkeypatch.setattr(drill_phases, "score_and_keep", broken)
    score = drill_phases.scored_drill(drill, FAULT, [], (), NOON)

    assert not score.passed
    assert score.says == "it could not be scored: ours"
