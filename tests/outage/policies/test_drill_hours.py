"""A scheduled drill begins in the team's own working hours, and never while something stands against it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from outage.policies.drill_hours import DrillHours, DrillSurroundings, not_begun_reason

TUESDAY = datetime(2030, 1, 8, 10, tzinfo=UTC)
BERLIN = DrillHours(time_zone="Europe/Berlin")
ANGELES = DrillHours(time_zone="America/Los_Angeles")


def utc(text: str) -> datetime:
    """A moment of that week."""
    return datetime.fromisoformat(f"2030-01-{text}+00:00")


def test_in_working_hours_with_a_quiet_platform_nothing_stands_against_it() -> None:
    """The healthy case."""
    assert not_begun_reason(BERLIN, DrillSurroundings(), TUESDAY) == ""


@pytest.mark.parametrize(
    ("around", "says"),
    [
        ({"open_incidents": ("inc-1",)}, "inc-1 is open on the platform"),
        ({"open_incidents": ("inc-1", "inc-2")}, "inc-1, inc-2 are open on the platform"),
        ({"other_drill": "drill-9"}, "another drill goes on there: drill-9"),
        ({"frozen": "a freeze holds until noon: sales"}, "a freeze holds until noon: sales"),
        ({"switched_off": "nothing is written"}, "nothing is written"),
        ({"unknown": "the server is away"}, "it cannot be told whether it may begin: the server is away"),
    ],
)
def test_what_stands_against_it_is_one_sentence(around: dict[str, Any], says: str) -> None:
    """It goes to everybody who was told of the drill."""
    assert not_begun_reason(BERLIN, DrillSurroundings(**around), TUESDAY) == says


def test_outside_of_the_hours_the_sentence_says_both_clocks() -> None:
    """Ten in the morning in UTC is two at night on the other coast."""
    says = not_begun_reason(ANGELES, DrillSurroundings(), TUESDAY)

    assert says.startswith("it is Tue 02:00 in America/Los_Angeles")
    assert "09:00 to 16:00" in says


@pytest.mark.parametrize(
    ("hours", "now", "begins"),
    [
        (BERLIN, TUESDAY, utc("08T11:00")),
        (BERLIN, utc("08T03:00"), utc("08T08:00")),
        (ANGELES, TUESDAY, utc("08T17:00")),
        (BERLIN, utc("08T14:30"), utc("09T08:00")),
        (BERLIN, utc("11T20:00"), utc("14T08:00")),
        (DrillHours(announced=timedelta(minutes=10)), TUESDAY, utc("08T10:10")),
        (DrillHours(days=("mon",)), TUESDAY, None),
    ],
    ids=[
        "an hour later",
        "at their morning",
        "another coast",
        "tomorrow",
        "over a weekend",
        "shorter",
        "too far",
    ],
)
def test_it_begins_at_the_first_working_moment_after_its_announcement(
    hours: DrillHours, now: datetime, begins: datetime | None
) -> None:
    """The schedule fires in UTC; the team's morning is the team's."""
    assert hours.first_moment(now) == begins


@pytest.mark.parametrize(
    "wrong",
    [{"time_zone": "Berlin"}, {"days": []}, {"starts": 900}, {"starts": "17:00"}, {"days": ["monday"]}],
)
def test_hours_that_cannot_be_meant_are_refused(wrong: dict[str, Any]) -> None:
    """The policy file is read by `outage policy check`."""
    with pytest.raises(ValidationError):
        DrillHours.model_validate(wrong)
