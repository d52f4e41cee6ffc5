"""Which alert joins the last incident, and which opens a new one."""

from datetime import UTC, datetime, timedelta

import pytest

from outage.incidents.alert import Alert
from outage.incidents.incident import Ending, Incident
from outage.incidents.joining import PracticeWindow, joins_incident
from outage.incidents.severity import Severity

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
WITHIN = 2 * MINUTE


def last(ending: Ending | None = None) -> Incident:
    """The last incident: open, or closed at noon with that ending."""
    return Incident(
        id="inc",
        key="k",
        title="t",
        opened_at=NOON - 10 * MINUTE,
        closed_at=NOON if ending else None,
        ending=ending,
    )


def alert(starts_at: datetime) -> Alert:
    """An alert that began then."""
    return Alert(name="Down", labels={}, starts_at=starts_at)


BEFORE, TAIL, AFTER = NOON - MINUTE, NOON + MINUTE, NOON + 5 * MINUTE
DRILL = PracticeWindow(fault="bad-image", announced_at=NOON + MINUTE / 2)
EARLIER_DRILL = PracticeWindow(fault="bad-image", announced_at=NOON - 5 * MINUTE)


@pytest.mark.parametrize(
    ("ending", "began", "member", "at", "practice", "expected"),
    [
        pytest.param(None, AFTER, False, AFTER, None, True, id="an open incident takes every alert"),
        pytest.param(None, AFTER, False, AFTER, DRILL, True, id="also in a drill"),
        pytest.param(Ending.RECOVERED, BEFORE, True, TAIL, None, True, id="a repeat just after the end"),
        pytest.param(Ending.RECOVERED, TAIL, False, TAIL, None, True, id="a late rule of the same outage"),
        pytest.param(Ending.RECOVERED, AFTER, False, AFTER, None, False, id="the next episode is new"),
        pytest.param(Ending.RECOVERED, BEFORE, True, AFTER, None, False, id="still firing: we were wrong"),
        pytest.param(Ending.DECLINED, BEFORE, True, AFTER, None, True, id="a person has it already"),
        pytest.param(Ending.NOT_RECOVERED, BEFORE, False, AFTER, None, True, id="part of what a person has"),
        pytest.param(Ending.DECLINED, AFTER, False, AFTER, None, False, id="new after a handed-off one"),
        pytest.param(Ending.RECOVERED, TAIL, False, TAIL, DRILL, False, id="the next drill need not wait"),
        pytest.param(Ending.RECOVERED, BEFORE, True, TAIL, DRILL, True, id="the tail of the drill before"),
        pytest.param(Ending.RECOVERED, TAIL, False, TAIL, EARLIER_DRILL, True, id="the tail of this drill"),
    ],
)
def test_an_alert_joins_or_opens(
    ending: Ending | None,
    began: datetime,
    member: bool,
    at: datetime,
    practice: PracticeWindow | None,
    expected: bool,
) -> None:
    """One outage is one incident, and the next outage is the next."""
    decided = joins_incident(
        alert(began), last(ending), member=member, at=at, within=WITHIN, practice=practice
    )

    assert decided is expected


@pytest.mark.parametrize(("ending", "expected"), [(None, True), (Ending.RECOVERED, False)])
def test_a_person_joins_only_an_open_incident(ending: Ending | None, expected: bool) -> None:
    """Whoever asks for an incident after the last was closed means a new one."""
    assert joins_incident(None, last(ending), member=False, at=NOON, within=WITHIN) is expected


@pytest.mark.parametrize(
    ("said", "ending", "began", "expected"),
    [
        pytest.param(
            "warning", Ending.ADVISED, TAIL, True, id="no worse than what was handed over: its tail"
        ),
        pytest.param("critical", Ending.ADVISED, BEFORE, True, id="it had begun before: the person has it"),
        pytest.param("critical", Ending.RECOVERED, TAIL, True, id="it will fire on when we were wrong"),
        pytest.param("critical", Ending.ADVISED, TAIL, False, id="worse, and begun since: another outage"),
        pytest.param("critical", Ending.DECLINED, TAIL, False, id="also after a no"),
    ],
)
def test_what_is_worse_does_not_vanish_in_what_was_handed_to_a_person(
    said: str, ending: Ending, began: datetime, expected: bool
) -> None:
    """The monitoring's own trouble was handed over, and a minute later every login failed."""
    small = last(ending).model_copy(update={"severity": Severity.P2})
    worse = Alert(name="Down", labels={"severity": said}, starts_at=began)

    assert joins_incident(worse, small, member=False, at=TAIL, within=WITHIN) is expected
