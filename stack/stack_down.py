"""Taking the stack down: every process of it, also those whose supervisor is dead, and nothing else.

Flows that are running are killed and not cancelled: their runs stay as they are, and the next `up` takes them up.
"""

import contextlib
import signal
from collections.abc import Callable

from blocks.retry import wait_until
from blocks.settings import Settings
from outage.errors import StackError
from stack.processes import own_processes, state_layout
from stack.processes.supervisor import Supervisor, supervisor_state, sweep_leftovers
from stack.runs import flow_process_files

SUPERVISOR_SECONDS = 45
"""Longer than all processes may take to leave, one after the other."""

DEAD_WITHIN_SECONDS = 5.0
"""After SIGKILL: the kernel needs a moment to let a process go that it was working for."""


def take_stack_down(settings: Settings, say: Callable[[str], None]) -> bool:
    """Stop everything; False when nothing was up.

    Raises:
        StackError: A process did not even die of SIGKILL.
    """
    if (settings.home / "run").is_dir():
        state_layout.stop_file(settings).touch()  # else the standby would bring back what is killed here
    supervisor = supervisor_state(settings, "supervisor")
    anything = bool(sweep_leftovers(settings)) or bool(supervisor and supervisor.process.alive)
    if supervisor and supervisor.process.alive:
        own_processes.end_process(
            supervisor.process, politely=signal.SIGTERM, within_seconds=SUPERVISOR_SECONDS
        )
    Supervisor(settings, say).stop()
    for stray in sweep_leftovers(settings):
        own_processes.send_signal(stray, signal.SIGKILL)
    _await_silence(settings)
    _forget(settings)
    return anything


def _await_silence(settings: Settings) -> None:
    if not wait_until(lambda: not sweep_leftovers(settings), DEAD_WITHIN_SECONDS, 0.05):
        pids = ", ".join(str(one.pid) for one in sweep_leftovers(settings))
        raise StackError(
            f"stop the stack: processes {pids} do not die; look at them with `ps -o stat,cmd -p`"
        )


def _forget(settings: Settings) -> None:
    """Drop what spoke of running processes. Which flow had which process stays: it says whom to take up."""
    run = settings.home / "run"
    spoke = [*run.glob("*.json"), *run.glob("*.beat")]
    for path in (settings.stack_file, *spoke, settings.intake_socket, state_layout.stop_file(settings)):
        with contextlib.suppress(OSError):
            path.unlink()
    if not flow_process_files.flow_processes(state_layout.flow_states(settings)):
        with contextlib.suppress(OSError):
            state_layout.flow_states(settings).rmdir()
