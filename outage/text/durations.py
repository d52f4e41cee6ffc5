"""A duration the way people say it: the one spelling of every message, report, sentence and line of a terminal."""

from datetime import timedelta

UNITS: tuple[tuple[int, str], ...] = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))
EXACT = len(UNITS)
"""As many parts as there are units: nothing is left out but fractions of a second."""


def duration_in_words(length: timedelta, parts: int = 2) -> str:
    """Say how long something takes: `42 s`, `3 min 10 s`, `2 h 5 min`, `3 d`.

    Args:
        length: Rounded to whole seconds; a negative one is said without its sign.
        parts: The largest unit and at most so many after it; what is smaller is left out, not rounded. 1 for an
            age that is told roughly, `EXACT` for what somebody set.

    Returns:
        The parts that are not zero, the largest first; `0 s` for none.
    """
    left, said = abs(round(length.total_seconds())), list[str]()
    units = UNITS
    while units[0][0] > max(left, 1):
        units = units[1:]
    for seconds, unit in units[:parts]:
        count, left = divmod(left, seconds)
        if count:
            said.append(f"{count} {unit}")
    return " ".join(said) or "0 s"
