"""Waiting for what passes by itself: a record that is restarted, an API server that answers 503."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from prefect.logging import get_logger

from blocks.retry import retry_transient_async
from outage.errors import OutageError

T = TypeVar("T")
Rest = Callable[[float], Awaitable[None]]

PAUSES_SECONDS = (1.0, 2.0, 5.0, 10.0, 20.0, 35.0, 50.0)
"""Before each further try, two minutes in all: a control plane that is restarted is back within one. What lasts
longer is an outage of its own, and a person should know."""

log = get_logger("outage.weather")


async def retry_in_flow(
    doing: Callable[..., Awaitable[T] | T], *words: object, rest: Rest = asyncio.sleep
) -> T:
    """Do something again while its error is one that passes by itself, with growing pauses, and log each new error.

    Only our own errors can be weather: a suspension, a cancellation and every mistake come through at once.

    Args:
        doing: What to do; must bear being done twice.
        words: Its arguments.
        rest: Waits so many seconds.

    Raises:
        OutageError: What stood against it, when it is permanent or did not pass in two minutes. Then it is
            permanent for every caller: whoever waits around us must not begin the waiting anew.
    """
    told: set[str] = set()

    def tell(error: OutageError, pause: float) -> None:
        if str(error) not in told:
            told.add(str(error))
            log.warning("%s; it may pass, trying again in %.0f s", error, pause)

    try:
        return await retry_transient_async(lambda: doing(*words), PAUSES_SECONDS, tell=tell, rest=rest)
    except OutageError as error:
        error.transient = False
        raise
