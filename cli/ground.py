"""Raise what a drill needs: the practice ground, the response, and a baseline of the healthy platform."""

import shlex
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from blocks.record import Record
from blocks.settings import Settings
from cli.answers import give
from outage.approval import Answer
from outage.incident import Phase

Say = Callable[[str], None]

QUIET_EVERY_SECONDS = 2.0
QUIET_TRIES = 60
RAISED = "opened while the practice ground was raised"
GONE = "the practice ground that it was about is gone"


def raise_ground(say: Say) -> None:
    """Bring up the practice cluster and the stack, and point the stack at the ground; quick when both stand.

    Raises:
        PracticeError: The cluster cannot be raised; what is missing and what to do.
        StackError: One of our own processes cannot be started; which and what to do.
    """
    from practice import ground, places
    from practice.cluster import looking
    from stack.up import up

    stood = looking.is_whole()
    began = datetime.now(UTC)
    ground.up(None, say)
    here = Path(__file__).resolve().parent.parent
    chosen = Settings(
        platform_file=places.home() / "platform.yaml",
        policy_file=here / "practice" / "policy.yaml",
        kubeconfig=str(places.kubeconfig()),
        reader_kubeconfig=str(places.home() / "reader.kubeconfig"),
        writer_kubeconfig=str(places.home() / "writer.kubeconfig"),
        node_command=shlex.join([sys.executable, "-m", "cli", "practice", "node"]),
    )
    up(chosen, say)
    if not stood:
        say("waiting until the alerts about ground that was just raised are over")
        await_quiet(began)


def await_quiet(began: datetime) -> None:
    """Wait until no incident is open any more; decline what they ask.

    The monitoring sees half of a platform for a while, and is right to complain. What was open before is about a
    ground that is gone: its plan fits nothing any more, and would keep every drill from being believed.
    """
    settings = Settings()
    with Record.open(settings.record_dsn) as record:
        for _ in range(QUIET_TRIES):
            noisy = record.incidents(open_only=True)
            for one in noisy:
                if one.phase is Phase.AWAITING_APPROVAL and (plans := record.plans(one.id)):
                    why = RAISED if one.opened_at >= began else GONE
                    give(settings, record, one, plans[-1], Answer.DECLINE, "drill", why)
            if not noisy:
                return
            time.sleep(QUIET_EVERY_SECONDS)
