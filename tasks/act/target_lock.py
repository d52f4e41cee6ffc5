"""Waiting for our turn: one writer per target at a time, whoever else runs."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tasks.act.step_store import StepStore

TURN_SECONDS = 30.0
"""How long another run of ours may hold a target before we give up; longer than a write with all its retries."""
TRY_EVERY_SECONDS = 1.0


@contextmanager
def target_lock(
    ledger: StepStore, target: str, rest: Callable[[float], None], within_seconds: float = TURN_SECONDS
) -> Iterator[bool]:
    """Hold the right to write to a target; yields False when somebody kept it all the time.

    Args:
        ledger: Where the lock is held; it goes with its holder.
        target: As `str(ObjectRef)`, or the name of what else only one may use.
        rest: Waits so many seconds.
        within_seconds: How long others may keep it.
    """
    waited = 0.0
    while True:
        with ledger.only_writer(target) as mine:
            if mine or waited >= within_seconds:
                yield mine
                return
        rest(TRY_EVERY_SECONDS)
        waited += TRY_EVERY_SECONDS
