"""Waiting through the cluster's weather: an API server that is away for a while is no answer, good or bad."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar

from blocks.retry import wait_until
from outage.errors import OutageError

LOOK_EVERY_SECONDS = 1.0
"""What is waited for takes seconds, and one question a second is no load."""
SEEN_WITHIN = timedelta(seconds=60)
"""For one look that something depends on: longer than the restart of an API server."""

Found = TypeVar("Found")


def await_cluster(
    look: Callable[[], Found | None],
    within: timedelta,
    *,
    now: Callable[[], datetime],
    rest: Callable[[float], None],
    tell: Callable[[str], None] = lambda says: None,
) -> Found | None:
    """Look until there is something to see; errors that pass by themselves are waited out.

    Args:
        look: Gives None as long as there is nothing yet.
        within: How long, from the first look; the last one is made when it is over.
        now: The clock.
        rest: Waits so many seconds.
        tell: Called with the reason whenever nothing could be seen.

    Returns:
        What was found, or None when the time is over and the last look could see that it is not there.

    Raises:
        OutageError: It is permanent, or it is transient and still stood when the time was over.
    """
    return wait_until(
        look,
        within.total_seconds(),
        LOOK_EVERY_SECONDS,
        passing=(OutageError,),
        tell=lambda error: tell(f"waiting, nothing can be seen: {error}"),
        clock=lambda: now().timestamp(),
        rest=rest,
    )
