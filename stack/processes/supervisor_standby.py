"""The standby: starts the supervisor anew when it was killed, as the supervisor starts everything else.

Each of the two watches the other, so that one `kill -9` of anything costs seconds. Killed in the same moment both
stay dead, and everything else lives on unwatched: `outage status` says so.
"""

import signal
import sys
import threading
from datetime import UTC, datetime

from blocks.settings import HERE, Settings
from stack.processes import own_processes, state_layout
from stack.processes.heartbeats import show_life
from stack.processes.supervisor import supervisor_state

LOOK_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30.0
STANDBY = "standby"


def start_supervisor(settings: Settings) -> int:
    """Start a supervisor of this home; a second one finds the first at work and leaves. Returns its pid."""
    return own_processes.start_process(
        [sys.executable, "-m", "stack.processes.supervisor"],
        log=state_layout.log_path(settings, "supervisor"),
        folder=HERE,
        environment=state_layout.stack_environment(settings),
    ).pid


def watch_supervisor(settings: Settings, stopping: threading.Event) -> None:
    """Look until told to stop; a supervisor that dies again and again is given longer and longer to come back."""
    pause = LOOK_SECONDS
    while not stopping.wait(LOOK_SECONDS):
        show_life(settings, STANDBY)
        state = supervisor_state(settings, "supervisor")
        if state is None or state_layout.stop_file(settings).exists():
            continue  # `outage up` or `down` is at work
        if state.process.alive:
            pause = LOOK_SECONDS
            continue
        log_standby(
            f"the supervisor, process {state.process.pid}, is dead: started process {start_supervisor(settings)}"
        )
        stopping.wait(pause)
        pause = min(pause * 2, LONGEST_PAUSE_SECONDS)


def log_standby(words: str) -> None:
    """One line in the standby's log."""
    print(f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} {words}", flush=True)  # noqa: T201


def main() -> None:
    """Be the standby."""
    settings, stopping = Settings(), threading.Event()
    for one in (signal.SIGTERM, signal.SIGINT):
        signal.signal(one, lambda *_: stopping.set())
    watch_supervisor(settings, stopping)


if __name__ == "__main__":
    main()
