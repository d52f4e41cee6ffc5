"""Intervals of shares and medians."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.drills.intervals import bootstrap_median, wilson


@pytest.mark.parametrize(
    ("right", "of", "low", "high"),
    [(0, 10, 0.0, 0.278), (10, 10, 0.722, 1.0), (5, 10, 0.237, 0.763), (28, 30, 0.787, 0.982)],
)
def test_wilson_is_as_the_books_have_it(right: int, of: int, low: float, high: float) -> None:
    """Also of none and of all, where the plain interval has no width."""
    found = wilson(right, of)

    assert found is not None
    assert found.low == pytest.approx(low, abs=0.001)
    assert found.high == pytest.approx(high, abs=0.001)


def test_nothing_has_no_interval() -> None:
    """The table leaves it empty."""
    assert wilson(0, 0) is None
    assert bootstrap_median([]) is None


@settings(max_examples=15, deadline=None)
@given(st.lists(st.floats(0, 1000), min_size=1, max_size=40))
def test_a_median_lies_in_its_interval(values: list[float]) -> None:
    """And the interval within what was measured."""
    found = bootstrap_median(values)

    assert found is not None
    assert min(values) <= found.low <= found.value <= found.high <= max(values)
    assert bootstrap_median(values) == found
