"""Asking again for what did not come because of something that passes by itself. For how long, the caller knows."""

import time
from collections.abc import Callable, Iterable
from typing import TypeVar

from outage.errors import OutageError

Answer = TypeVar("Answer")


def ask_again(
    ask: Callable[[], Answer],
    breaths: Iterable[float],
    errors: tuple[type[OutageError], ...],
    *,
    in_time: Callable[[], bool] = lambda: True,
    rest: Callable[[float], None] = time.sleep,
) -> Answer:
    """Ask, and once more after each breath while what stands against it passes by itself.

    Args:
        ask: Must bear being called once more than there are breaths.
        breaths: Seconds before each further try.
        errors: Those of them that are transient pass; all others come through at once.
        in_time: Whether there is time for another try; asked before each breath.
        rest: Waits so many seconds.

    Raises:
        OutageError: What is permanent, or still stood when the tries or the time were over. Its `transient` stays.
    """
    for breath in breaths:
        try:
            return ask()
        except errors as error:
            if not error.transient or not in_time():
                raise
        rest(breath)
    return ask()
