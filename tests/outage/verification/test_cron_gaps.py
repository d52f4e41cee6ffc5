"""How long to wait for one tick of a CronJob."""

from datetime import timedelta

import pytest

from outage.verification.cron_gaps import longest_gap, next_tick


@pytest.mark.parametrize(
    ("schedule", "minutes"),
    [
        pytest.param("* * * * *", 1, id="every minute"),
        pytest.param("*/2 * * * *", 2, id="every other minute"),
        pytest.param("*/7 * * * *", 7, id="a step that does not fit the hour"),
        pytest.param("*/45 * * * *", 45, id="two unequal gaps: the longer one"),
        pytest.param("0,15,30,45 * * * *", 15, id="a list"),
        pytest.param("0,5 * * * *", 55, id="a list with a long rest"),
        pytest.param("0-30 * * * *", 30, id="a range"),
        pytest.param("0-50/10 * * * *", 10, id="a range with a step"),
        pytest.param("5/10 * * * *", 10, id="from five on, every ten"),
        pytest.param("0-9,30-59/10 * * * *", 21, id="a list of ranges"),
        pytest.param("7 * * * *", 60, id="once an hour"),
        pytest.param("0 */6 * * *", 360, id="every six hours"),
        pytest.param("* 9-17 * * *", 15 * 60 + 1, id="every minute, but only by day"),
        pytest.param("30 3 * * *", 24 * 60, id="once a day"),
        pytest.param("0 0 1-31 1-12 0-6", 24 * 60, id="every day, spelled out"),
        pytest.param("@hourly", 60, id="a macro"),
    ],
)
def test_the_longest_gap_of_a_schedule_is_known(schedule: str, minutes: int) -> None:
    """Across midnight and across the hour."""
    assert longest_gap(schedule) == timedelta(minutes=minutes)


@pytest.mark.parametrize(
    "schedule",
    [
        pytest.param("* * * * mon-fri", id="days by name"),
        pytest.param("* * * * 1-5", id="not at the weekend"),
        pytest.param("* * 1 * *", id="the first of the month"),
        pytest.param("* * * jan *", id="one month"),
        pytest.param("*/0 * * * *", id="a step of nothing"),
        pytest.param("*/ * * * *", id="a step without a number"),
        pytest.param("70 * * * *", id="a minute that no hour has"),
        pytest.param("9-5 * * * *", id="a range backwards"),
        pytest.param("* * * *", id="four fields"),
        pytest.param("@every 5m", id="a word that we do not know"),
        pytest.param("", id="nothing"),
    ],
)
def test_what_leaves_days_out_or_cannot_be_read_is_not_waited_for(schedule: str) -> None:
    """Guessing would call it passed too early."""
    assert longest_gap(schedule) is None


@pytest.mark.parametrize(
    ("up_to", "tick"),
    [
        pytest.param(timedelta(minutes=10), timedelta(minutes=5), id="soon enough"),
        pytest.param(timedelta(minutes=5), timedelta(minutes=5), id="the limit itself"),
        pytest.param(timedelta(minutes=4), None, id="too seldom"),
    ],
)
def test_a_tick_is_waited_for_as_long_as_policy_allows(up_to: timedelta, tick: timedelta | None) -> None:
    """Longer ones are told instead."""
    assert next_tick({"spec": {"schedule": "*/5 * * * *"}}, up_to) == tick
    assert next_tick(None, up_to) is None
