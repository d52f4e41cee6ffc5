from datetime import timedelta

import pytest

from outage.text.durations import EXACT, duration_in_words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s"),
        (0.4, "0 s"),
        (59.4, "59 s"),
        (60, "1 min"),
        (190, "3 min 10 s"),
        (3600, "1 h"),
        (3605, "1 h"),
        (7500, "2 h 5 min"),
        (90_000, "1 d 1 h"),
        (-190, "3 min 10 s"),
    ],
)
def test_a_duration_is_said_the_way_people_say_it(seconds: float, words: str) -> None:
    """No fractions, no zero parts, two units at most."""
    assert duration_in_words(timedelta(seconds=seconds)) == words


def test_an_age_is_told_in_its_largest_unit() -> None:
    """Roughly is enough."""
    assert duration_in_words(timedelta(minutes=119), parts=1) == "1 h"


def test_what_somebody_set_is_told_exactly() -> None:
    """A policy is not rounded."""
    assert duration_in_words(timedelta(days=1, hours=2, minutes=3, seconds=4), EXACT) == "1 d 2 h 3 min 4 s"
