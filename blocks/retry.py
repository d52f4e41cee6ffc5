"""Asking again for what passes by itself, and waiting for what takes a while: the one loop of each kind.

Ours and not stamina's or tenacity's: how long is waited is the caller's to say, second by second, with the caller's
own clock and rest, because a budget, a policy or a person's patience stands behind every number.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from inspect import isawaitable
from typing import TypeVar

from outage.errors import OutageError

Answer = TypeVar("Answer")
Found = TypeVar("Found")
Errors = tuple[type[OutageError], ...]


class _Tries:
    """What is left of the tries, and which errors are worth one."""

    def __init__(
        self,
        pauses: Iterable[float],
        errors: Errors,
        in_time: Callable[[], bool],
        tell: Callable[[OutageError, float], None],
    ) -> None:
        self._pauses, self._errors, self._in_time, self._tell = iter(pauses), errors, in_time, tell

    def pause_after(self, error: OutageError) -> float:
        """Seconds before the next try; raises the error when there is none."""
        if not (error.transient and isinstance(error, self._errors) and self._in_time()):
            raise error
        pause = next(self._pauses, None)
        if pause is None:
            raise error
        self._tell(error, pause)
        return pause


def retry_transient(
    ask: Callable[[], Answer],
    pauses: Iterable[float],
    *,
    errors: Errors = (OutageError,),
    in_time: Callable[[], bool] = lambda: True,
    tell: Callable[[OutageError, float], None] = lambda error, pause: None,
    rest: Callable[[float], None] = time.sleep,
) -> Answer:
    """Ask, and once more after each pause while what stands against it passes by itself.

    Args:
        ask: Must bear being called once more than there are pauses.
        pauses: Seconds before each further try.
        errors: Those of them that are transient pass; all others come through at once.
        in_time: Whether there is time for another try; asked before each pause.
        tell: Called with the error and the pause before each pause.
        rest: Waits so many seconds.

    Raises:
        OutageError: What is permanent, or still stood when the tries or the time were over. Its `transient` stays.
    """
    tries = _Tries(pauses, errors, in_time, tell)
    while True:
        try:
            return ask()
        except OutageError as error:
            pause = tries.pause_after(error)
        rest(pause)


async def retry_transient_async(
    ask: Callable[[], Awaitable[Answer] | Answer],
    pauses: Iterable[float],
    *,
    errors: Errors = (OutageError,),
    in_time: Callable[[], bool] = lambda: True,
    tell: Callable[[OutageError, float], None] = lambda error, pause: None,
    rest: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> Answer:
    """Do what `retry_transient` does, without holding up the loop; `ask` may be a plain function, too.

    Args:
        ask: Must bear being called once more than there are pauses.
        pauses: Seconds before each further try.
        errors: Those of them that are transient pass; all others come through at once.
        in_time: Whether there is time for another try; asked before each pause.
        tell: Called with the error and the pause before each pause.
        rest: Waits so many seconds.

    Raises:
        OutageError: What is permanent, or still stood when the tries or the time were over. Its `transient`
            stays.
    """
    tries = _Tries(pauses, errors, in_time, tell)
    while True:
        try:
            given = ask()
            return await given if isawaitable(given) else given
        except OutageError as error:
            pause = tries.pause_after(error)
        await rest(pause)


def wait_until(
    look: Callable[[], Found | None],
    within_seconds: float,
    every_seconds: float,
    *,
    passing: Errors = (),
    tell: Callable[[OutageError], None] = lambda error: None,
    clock: Callable[[], float] = time.monotonic,
    rest: Callable[[float], None] = time.sleep,
) -> Found | None:
    """Look until there is something to see.

    Args:
        look: Gives None or False as long as there is nothing yet.
        within_seconds: How long, from the first look; the last one is made when it is over. May be infinite.
        every_seconds: Pause between two looks.
        passing: Errors that say nothing, neither good nor bad, as long as they are transient.
        tell: Called with each of them.
        clock: Seconds since anything.
        rest: Waits so many seconds.

    Returns:
        What was found, or None when the time is over and the last look could see that it is not there.

    Raises:
        OutageError: It is not one that passes, or the last look met it.
    """
    until = clock() + within_seconds
    while True:
        unseen: OutageError | None = None
        try:
            found = look()
            if found is not None and found is not False:
                return found
        except passing as error:
            if not error.transient:
                raise
            unseen = error
            tell(error)
        if clock() >= until:
            if unseen:
                raise unseen
            return None
        rest(every_seconds)
