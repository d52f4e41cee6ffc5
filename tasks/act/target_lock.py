"""Waiting for our turn: one writer per target at a time, whoever else runs."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from outage.plans.fence import Fence
from tasks.act.step_store import StepStore
from tasks.record.keep_phase import HELD_PLACE

TURN_SECONDS = 30.0
"""How long another run of ours may hold a target before we give up; longer than a write with all its retries."""
TRY_EVERY_SECONDS = 1.0


@contextmanager
def target_lock(
    ledger: StepStore, target: str, rest: Callable[[float], None], within_seconds: float = TURN_SECONDS
) -> Iterator[Fence | None]:
    """Hold the right to write to a target; yields None when somebody kept it all the time.

    Args:
        ledger: Where the lock is held; it goes with its holder.
        target: As `str(ObjectRef)`, or the name of what else only one may use.
        rest: Waits so many seconds.
        within_seconds: How long others may keep it.
    """
    waited = 0.0
    while True:
        with ledger.only_writer(target) as fence:
            if fence or waited >= within_seconds:
                yield replace(fence, place=HELD_PLACE.get()) if fence else None
                return
        rest(TRY_EVERY_SECONDS)
        waited += TRY_EVERY_SECONDS
