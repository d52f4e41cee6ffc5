"""Who is on call, whatever the calendar's zone, and when nobody is."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outage.errors import FileError
from outage.people.on_call import OnCall, Shift, gaps_ahead, on_call_at, person_of, shifts_between
from outage.people.rotation import Override, Person, Rotation

BERLIN = ZoneInfo("Europe/Berlin")
PEOPLE = {"ana": Person(name="Ana Lima", mail="ana@example.com"), "bob": Person(), "eve": Person(name="Eve")}
DAILY = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//test//EN
BEGIN:VEVENT
UID:day@example.com
DTSTAMP:20300101T000000Z
DTSTART;TZID=Europe/Berlin:20300301T080000
DTEND;TZID=Europe/Berlin:20300301T200000
RRULE:FREQ=DAILY
SUMMARY:On call: ana
END:VEVENT
BEGIN:VEVENT
UID:night@example.com
DTSTAMP:20300101T000000Z
DTSTART;TZID=Europe/Berlin:20300301T200000
DTEND;TZID=Europe/Berlin:20300302T080000
RRULE:FREQ=DAILY
SUMMARY:Bob has the pager
END:VEVENT
END:VCALENDAR
"""


PLAIN = Rotation()


def asked(at: datetime, rotation: Rotation = PLAIN, calendar: str = DAILY) -> OnCall:
    """Who is on call at a moment."""
    shifts = shifts_between(calendar, at - timedelta(days=2), at + timedelta(days=2), rotation.time_zone)
    return on_call_at(rotation, PEOPLE, shifts, at)


@pytest.mark.parametrize(
    ("at", "person"),
    [
        (datetime(2030, 3, 30, 6, 59, tzinfo=UTC), "bob"),  # winter: 7:59 in Berlin
        (datetime(2030, 3, 30, 7, 0, tzinfo=UTC), "ana"),
        (datetime(2030, 3, 31, 5, 59, tzinfo=UTC), "bob"),  # the clock went forward in the night
        (datetime(2030, 3, 31, 6, 0, tzinfo=UTC), "ana"),
        (datetime(2030, 10, 27, 6, 59, tzinfo=UTC), "bob"),  # and back
        (datetime(2030, 10, 27, 7, 0, tzinfo=UTC), "ana"),
        (datetime(2030, 10, 27, 8, 0, tzinfo=BERLIN), "ana"),
    ],
)
def test_a_shift_begins_when_the_clock_on_the_wall_says_so(at: datetime, person: str) -> None:
    """Summer time moves it in UTC, not for the person."""
    assert asked(at).person == person


def test_it_says_why_and_until_when() -> None:
    """So that it can be argued with."""
    found = asked(datetime(2030, 6, 1, 12, tzinfo=UTC))

    assert found.why == "calendar: On call: ana"
    assert found.until == datetime(2030, 6, 1, 20, tzinfo=BERLIN)


def test_an_override_goes_before_the_calendar() -> None:
    """And ends by itself."""
    noon = datetime(2030, 6, 1, 12, tzinfo=UTC)
    rotation = Rotation(
        overrides=(Override(person="eve", starts=noon, ends=noon + timedelta(hours=1), why="swap"),)
    )

    assert asked(noon, rotation) == OnCall(
        person="eve", why="override: swap", until=noon + timedelta(hours=1)
    )
    assert asked(noon + timedelta(hours=1), rotation).person == "ana"
    assert asked(noon - timedelta(minutes=1), rotation).until == noon


@pytest.mark.parametrize(
    ("says", "mails", "person"),
    [
        ("Ana Lima on call", (), "ana"),
        ("whoever", ("ana@example.com",), "ana"),
        ("BOB", (), "bob"),
        ("bobby", (), ""),
        ("Steve", (), ""),
        ("", (), ""),
    ],
)
def test_a_shift_names_its_person(says: str, mails: tuple[str, ...], person: str) -> None:
    """By mail, handle or name, as whole words."""
    noon = datetime(2030, 6, 1, 12, tzinfo=UTC)

    assert person_of(Shift(starts=noon, ends=noon, says=says, mails=mails), PEOPLE) == person


def test_gaps_are_seen_before_they_hurt() -> None:
    """One without a shift, one whose shift names nobody; a covered calendar has none."""
    now = datetime(2030, 6, 1, 12, tzinfo=UTC)
    shifts = shifts_between(DAILY, now, now + timedelta(days=15), "UTC")
    assert gaps_ahead(Rotation(), PEOPLE, shifts, now) == ()
    stranger = [one.model_copy(update={"says": "Zoe"}) if "Bob" in one.says else one for one in shifts]
    assert {one.why for one in gaps_ahead(Rotation(), PEOPLE, stranger, now)} == {
        "the calendar's `Zoe` names nobody of the policy"
    }

    empty = gaps_ahead(Rotation(), PEOPLE, (), now)

    assert [(one.starts, one.ends, one.why) for one in empty] == [
        (now, now + timedelta(days=14), "no shift covers it")
    ]


def test_what_is_no_calendar_is_said() -> None:
    """One sentence."""
    with pytest.raises(FileError, match="read the calendar"):
        shifts_between("hello", datetime(2030, 1, 1, tzinfo=UTC), datetime(2030, 1, 2, tzinfo=UTC), "UTC")


HOURS = st.integers(min_value=1, max_value=23)


@settings(max_examples=40, deadline=None)
@given(
    HOURS,
    st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC"]),
    st.integers(0, 700),
)
def test_two_shifts_that_meet_leave_no_gap_and_never_both(hour: int, zone: str, day: int) -> None:
    """Whatever the zone's clocks do, every moment of two weeks belongs to exactly one of them."""
    start = datetime(2030, 1, 1, hour, tzinfo=ZoneInfo(zone))
    calendar = (
        "BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//t//EN\n"
        + "".join(
            f"BEGIN:VEVENT\nUID:{who}@t\nDTSTAMP:20290101T000000Z\n"
            f"DTSTART;TZID={zone}:{start + timedelta(days=one):%Y%m%dT%H%M%S}\n"
            f"DTEND;TZID={zone}:{start + timedelta(days=one + 1):%Y%m%dT%H%M%S}\nRRULE:FREQ=DAILY;INTERVAL=2\n"
            f"SUMMARY:{who}\nEND:VEVENT\n"
            for one, who in enumerate(("ana", "bob"))
        )
        + "END:VCALENDAR\n"
    )
    now = datetime(2030, 1, 3, tzinfo=UTC) + timedelta(days=day)
    shifts = shifts_between(calendar, now - timedelta(days=2), now + timedelta(days=15), "UTC")

    assert gaps_ahead(Rotation(), PEOPLE, shifts, now) == ()
    for step in range(0, 14 * 24 * 60, 97):
        at = now + timedelta(minutes=step)
        assert len([one for one in shifts if one.starts <= at < one.ends]) == 1
