"""The process that is stopped: it takes a lock, begins a write, and sends itself SIGSTOP where it is told to."""

import os
import signal
import sys
from contextlib import ExitStack
from unittest.mock import patch

from outage.errors import OutageError
from tests.blocks.frozen.frozen_writes import (
    DoorsGiven,
    FrozenAt,
    FrozenCase,
    FrozenDoors,
    carry_out,
)

STOPPING = "stopping"


def say(words: str) -> None:
    """One line to whoever started this process."""
    sys.stdout.write(words + "\n")
    sys.stdout.flush()


def outcome_of(doors: FrozenDoors, case: FrozenCase) -> str:
    """Carry one case out; the name of the error that ended it, or `returned`."""

    def stop(point: FrozenAt) -> None:
        if point is case.at:
            say(STOPPING)
            os.kill(os.getpid(), signal.SIGSTOP)

    try:
        with _program(case), doors.record.only_writer(case.target) as fence:
            assert fence
            carry_out(doors, case, fence, stop)
    except OutageError as error:
        return type(error).__name__
    return "returned"


def _program(case: FrozenCase) -> ExitStack:
    """The program as it is, or with the token taken out."""
    without = ExitStack()
    if case.unfenced:
        for place in ("writer_locks", "step_intents", "people.outbox_rows"):
            without.enter_context(patch(f"blocks.record.{place}.refuse_old_fence", lambda *_: None))
    return without


def main() -> None:
    """Carry out one case a line, until there are no more."""
    doors = FrozenDoors.open(DoorsGiven.model_validate_json(sys.argv[1]))
    say("ready")
    for line in sys.stdin:
        say(outcome_of(doors, FrozenCase.model_validate_json(line)))


if __name__ == "__main__":
    main()
