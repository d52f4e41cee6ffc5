"""The night drill: a real pager's double rings, nobody answers, and the clock is moved through the night."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from outage.incidents.incident import Incident
from outage.incidents.severity import Severity
from stack.timers.timers_process import LONGEST_AFTER_CLOSE
from tasks.tell.read_pagers import read_pagers
from tests.blocks.channels.pagerduty_double import PagerDutyDouble
from tests.stack.outbox.told_house import ToldHouse, told_house

RUNGS = {"L1": ["max"], "L2": ["ana"], "L3": ["bob"], "L4": ["bosses"]}
PEOPLE = {"ana": {}, "bob": {"pagerduty": "P0BOB000"}, "max": {}, "eve": {}}
APPROVERS = {"on-call": ["ana", "bob"], "bosses": ["eve", "max"]}


@pytest.fixture
def house(tmp_path: Path, record_dsn: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[ToldHouse]:
    """A home whose pager may be told of practice."""
    with told_house(tmp_path, record_dsn, monkeypatch, ("pagerduty",)) as made:
        section = made.section("pagerduty", made.services["pagerduty"]) | {"drills": True}
        made.write_policy(
            people=PEOPLE,
            approvers=APPROVERS,
            escalation={"rungs": RUNGS, "acknowledged_for": "30m"},
            channels={made.name("pagerduty"): section},
        )
        yield made


class Night:
    """Minutes after the outage began, and who was rung in each."""

    def __init__(self, house: ToldHouse) -> None:
        self.house = house
        self.pager: PagerDutyDouble = house.services["pagerduty"]
        opened = house.opened_incident()
        self.incident: Incident = house.record.update(opened.id, severity=Severity.P1, drill="bad-image")
        self.rung: list[str] = []

    def passes(self, since: int, until: int) -> None:
        """Let the timers look once a minute, and the outbox send."""
        for minute in range(since, until + 1):
            self.house.now = self.incident.opened_at + timedelta(minutes=minute)
            before = len(self.pager.pages)
            self.house.show(self.incident)
            self.rung += [
                f"{minute} {one['dedup_key'].split('/', 2)[2]}" for one in self.pager.pages[before:]
            ]


def test_a_night_in_which_nobody_answers_until_the_last_rung_does(house: ToldHouse) -> None:
    """L2, L3 and L4 ring on time, the last again and again; an acknowledgement there ends it, silence rings anew."""
    night = Night(house)
    night.passes(0, 152)
    assert night.rung == [
        *("0 L1/max", "15 L2/ana", "60 L3/bob", "120 L4/eve", "120 L4/max"),
        *(
            f"{minute} L4.{turn}/{who}"
            for turn, minute in ((2, 130), (3, 140), (4, 150))
            for who in ("eve", "max")
        ),
    ]
    assert night.pager.calls == len(night.rung)
    assert all(one["payload"]["summary"].startswith("DRILL bad-image P1") for one in night.pager.pages)

    key = next(key for key in night.pager.alerts if key.endswith("L3/bob"))
    night.pager.press(key, "acknowledged", {"id": "P0BOB000"}, house.now)
    read_pagers(house.now, LONGEST_AFTER_CLOSE)
    night.passes(153, 181)
    assert len(night.rung) == night.pager.calls == 11
    assert set(night.pager.alerts.values()) == {"acknowledged"}
    night.passes(182, 183)

    assert night.rung[11:] == ["182 L4.5/eve", "182 L4.5/max"]
