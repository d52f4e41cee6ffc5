"""What a unit starts: the same process as the supervisor would, in the same environment, under the same name.

It becomes that process (exec), so that systemd's main process is the one that shows life.
"""

import os
import sys
from datetime import UTC, datetime

from blocks.settings import Settings
from outage.errors import OutageError, StackError
from stack import embedded_postgres
from stack.processes import own_processes, state_layout
from stack.processes.fork_target import ForkTarget
from stack.processes.heartbeats import last_beat
from stack.processes.own_processes import Running
from stack.processes.stack_services import StackService, stack_services
from stack.processes.supervisor import SupervisorState, log_supervisor, supervisor_state
from stack.runs import flow_process_files

DATABASE_SECONDS = 60.0


def become_service(settings: Settings, name: str) -> None:
    """Prepare what the process needs, write down who it is, and become it.

    Raises:
        StackError: The stack has no such process, or its database does not answer. systemd tries again.
    """
    service = next((one for one in stack_services(settings) if one.name == name), None)
    if service is None:
        raise StackError(f"start {name}: the stack of {settings.home} has no process of that name")
    (settings.home / "run").mkdir(parents=True, exist_ok=True)
    _prepare(settings, name)
    command = service_command(service)
    _write_down(settings, name)
    os.chdir("/")
    os.execvpe(command[0], command, state_layout.stack_environment(settings))  # noqa: S606 - a list, no shell


def service_command(service: StackService) -> list[str]:
    """The command that is the process; what a supervisor forks is started as a module."""
    begins = service.begins()
    if isinstance(begins, ForkTarget):
        return [sys.executable, "-m", begins.module, *begins.arguments]
    return begins


def _prepare(settings: Settings, name: str) -> None:
    folder = state_layout.embedded_folder(settings)
    if name == "postgres" and folder:
        embedded_postgres.prepare_postgres(folder)
        return
    url = state_layout.database_file(settings, "postgres")
    embedded_postgres.await_answer(url, DATABASE_SECONDS)
    embedded_postgres.make_databases(url, "prefect", "outage")


def _write_down(settings: Settings, name: str) -> None:
    """For `outage status` and the intake's health, as the supervisor does it."""
    before = supervisor_state(settings, name)
    me = own_processes.identify_process(os.getpid()) or Running(pid=os.getpid(), born=0)
    state = SupervisorState(
        name=name,
        process=me,
        started_at=datetime.now(UTC),
        why="died" if before else "",
        died_at=last_beat(settings, name) if before else None,
    )
    flow_process_files.replace_file(state_layout.state_folder(settings, name), state.model_dump_json())


def main() -> int:
    """Be the process that the unit names."""
    try:
        become_service(Settings(), sys.argv[1])
    except OutageError as error:
        log_supervisor(str(error))
    return 1


if __name__ == "__main__":
    raise SystemExit(main())
