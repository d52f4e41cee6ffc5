"""How sure a share or a median is: Wilson's interval, and a bootstrap."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from random import Random
from statistics import median

Z95 = 1.959963984540054
"""Standard deviations on either side of 95 % of a normal distribution."""
RESAMPLES = 2000


@dataclass(frozen=True)
class Estimate:
    """A number with the interval in which it lies with 95 % confidence."""

    value: float
    low: float
    high: float


def wilson(right: int, of: int) -> Estimate | None:
    """A share with Wilson's score interval, which holds for few rows and for shares of none and all, too.

    Returns:
        Shares from 0 to 1; None of no rows.
    """
    if of == 0:
        return None
    share, square = right / of, Z95**2
    middle = (share + square / (2 * of)) / (1 + square / of)
    reach = Z95 * sqrt(share * (1 - share) / of + square / (4 * of * of)) / (1 + square / of)
    return Estimate(share, max(0.0, middle - reach), min(1.0, middle + reach))


def bootstrap_median(values: Sequence[float], seed: int = 0) -> Estimate | None:
    """A median with the percentiles of resampled ones; None of no values."""
    if not values:
        return None
    drawing = Random(seed)  # noqa: S311 - a sample, no secret
    medians = sorted(median(drawing.choices(values, k=len(values))) for _ in range(RESAMPLES))
    return Estimate(median(values), medians[int(0.025 * RESAMPLES)], medians[int(0.975 * RESAMPLES) - 1])
