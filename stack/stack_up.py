"""Bringing the stack up: everything or nothing, and nothing anew when it already stands."""

import contextlib
import errno
import fcntl
import json
import os
import socket
import time
from collections.abc import Callable
from pathlib import Path

from blocks.installation.intake_token import intake_token
from blocks.installation.platform_files import PlatformFiles
from blocks.installation.switch_variables import make_switches
from blocks.prefect_api import PrefectApi
from blocks.retry import wait_until
from blocks.settings import Settings
from outage.errors import StackError, cut
from stack import embedded_postgres
from stack.page.page_door import unsafe_place
from stack.processes import own_processes, state_layout
from stack.processes.stack_services import StackService, stack_services
from stack.processes.supervisor import supervisor_state, sweep_leftovers
from stack.processes.supervisor_standby import start_supervisor
from stack.runs import flow_process_files
from stack.stack_down import take_stack_down
from stack.stack_status import OFTEN

COLD_SECONDS = 300.0
"""Time for everything to answer: a first start makes a database and takes a tenth of this on two idle cores."""

Say = Callable[[str], None]


def bring_stack_up(settings: Settings, say: Say) -> bool:
    """Bring up what is not up; False when everything was.

    Raises:
        StackError: A port is taken, or a process does not come up; then nothing is left running, unless something
            ran before.
    """
    settings = settled_settings(settings)
    refuse_units(settings, "bring the stack up", "start")
    with _one_at_a_time(settings):
        supervisor = supervisor_state(settings, "supervisor")
        keeper_lives = bool(supervisor and supervisor.process.alive)
        anything_stood = bool(sweep_leftovers(settings))
        if anything_stood:
            _check_same_places(settings)
        if keeper_lives and not [one for one in stack_services(settings) if one.sick()]:
            if write_choice(settings):
                say("another platform, policy or cluster was named: what works by it is started anew")
                _await_all(settings, say)
            _make_switches(settings)  # and another platform may be there
            return False
        intake_token(settings.intake_token_file)
        _check_places(settings)
        write_choice(settings)
        try:
            if not keeper_lives:
                _start_keeper(settings)
            _await_all(settings, say)
        except BaseException:
            if not anything_stood:  # nothing left half up; but what stood before we came is not ours to fell
                take_stack_down(settings, lambda _: None)
            raise
        _make_switches(settings)
    return True


def refuse_units(settings: Settings, what: str, word: str) -> None:
    """Two keepers of one home would start everything twice.

    Args:
        settings: Name the home.
        what: What was asked for, for the sentence.
        word: What is asked of systemctl instead, as `start`.

    Raises:
        StackError: The units of `outage install` keep this home.
    """
    if state_layout.units_file(settings).exists():
        raise StackError(
            f"{what}: systemd keeps {settings.home} since `outage install`; `systemctl {word} outage.target`"
            " (with --user if it was installed so), or `outage uninstall` first"
        )


def _make_switches(settings: Settings) -> None:
    """The kill switches are there before anybody needs them."""
    with PrefectApi(settings.prefect_api_url) as api:
        make_switches(api, [one.name for one in PlatformFiles(settings).registry().platforms])


def settled_settings(settings: Settings) -> Settings:
    """The settings with everything filled in that follows from the others."""
    return settings.model_copy(
        update={
            "record_dsn": state_layout.database_file(settings, "outage"),
            "prefect_api_url": f"http://127.0.0.1:{settings.prefect_port}/api",
        }
    )


@contextlib.contextmanager
def _one_at_a_time(settings: Settings):  # type: ignore[no-untyped-def]
    try:
        (settings.home / "run").mkdir(parents=True, exist_ok=True)
        settings.home.chmod(0o700)
        lock = (settings.home / "run" / "up.lock").open("w")
    except OSError as error:
        raise StackError(
            f"use {settings.home} as home: {error.strerror}; name another in OUTAGE_HOME"
        ) from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _check_same_places(settings: Settings) -> None:
    """Refuse to bring up a second stack beside the one of this home."""
    stands = flow_process_files.read_state_file(settings.stack_file)
    wanted = settings.model_dump(mode="json")
    for name in (
        "prefect_port",
        "intake_port",
        "page_port",
        "page_host",
        "page_certificate",
        "intake_socket",
        "database_url",
    ):
        if stands and stands.get(name) != wanted[name]:
            raise StackError(
                f"bring the stack up with another OUTAGE_{name.upper()}: it runs with"
                f" {_shown(name, stands.get(name))}; `outage down` first, then `outage up`"
            )


def _shown(name: str, value: object) -> str:
    return "another one" if name == "database_url" and value else str(value or "none")


def _check_places(settings: Settings) -> None:
    """Refuse before anything is started when somebody else has our place, or ours to go to is not there."""
    if settings.database_url and (why := embedded_postgres.postgres_answers(settings.database_url)):
        raise StackError(f"reach the PostgreSQL of OUTAGE_DATABASE_URL: {why}")
    if unsafe := unsafe_place(settings):
        raise StackError(unsafe)
    for name, host, port, variable in (
        ("server", "127.0.0.1", settings.prefect_port, "OUTAGE_PREFECT_PORT"),
        ("intake", "127.0.0.1", settings.intake_port, "OUTAGE_INTAKE_PORT"),
        ("page", settings.page_host, settings.page_port, "OUTAGE_PAGE_PORT"),
    ):
        state = supervisor_state(settings, name)
        if not (state and state.process.alive) and (who := _taken(port, host)):
            raise StackError(
                f"listen on {host}:{port} for the {name}: {who}; stop that, or choose another port with {variable}"
            )
    state = supervisor_state(settings, "intake")
    if not (state and state.process.alive):
        _check_socket(settings.intake_socket)


def _check_socket(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not os.access(path.parent, os.W_OK):
            raise PermissionError(13, "Permission denied")
    except OSError as error:
        raise StackError(
            f"listen on {path}: {error.strerror}; choose another place with OUTAGE_INTAKE_SOCKET"
        ) from error
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asked:
        asked.settimeout(1)
        asked.connect(str(path))
        raise StackError(
            f"listen on {path}: another stack serves it; take that down, or choose another with OUTAGE_INTAKE_SOCKET"
        )


def _taken(port: int, host: str) -> str | None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((host, port))
        except PermissionError:
            return "ports below 1024 need root"
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                return f"{error.strerror or error}"
            return f"{own_processes.listener_pid(port) or 'another program'} listens there"
    return None


def write_choice(settings: Settings) -> bool:
    """Write stack.json: what was chosen, for every later command and every process of the stack.

    Returns:
        Whether it is another choice than before; the supervisor starts anew what works by it.
    """
    before = state_layout.choice_mark(settings)
    chosen = settings.model_dump(mode="json", exclude={"home"}, exclude_none=True)
    # A DSN may hold a password; and a process that reads half a choice would look at another cluster.
    flow_process_files.replace_file(settings.stack_file, json.dumps(chosen, indent=2) + "\n", mode=0o600)
    return state_layout.choice_mark(settings) != before


def _start_keeper(settings: Settings) -> None:
    state_layout.state_folder(settings, "supervisor").unlink(missing_ok=True)
    runner = supervisor_state(settings, "runner")
    if not (runner and runner.process.alive):  # a living one says only once what it can run
        state_layout.state_folder(settings, "flows").unlink(missing_ok=True)
    state_layout.stop_file(settings).unlink(missing_ok=True)  # of a `down` that was killed
    start_supervisor(settings)


def _await_all(settings: Settings, say: Say) -> None:
    began = time.monotonic()
    waiting, choice = stack_services(settings), state_layout.choice_mark(settings)

    def all_well() -> bool:
        _give_up_on_a_dying_one(settings, waiting)
        for one in list(waiting):
            state = supervisor_state(settings, one.name)
            if state and state.process.alive and state.follows(one, choice) and one.sick() is None:
                say(f"{one.what}: up after {time.monotonic() - began:.1f} s")
                waiting.remove(one)
        return not waiting

    if not wait_until(all_well, COLD_SECONDS, 0.1):
        raise StackError(_late(settings, waiting[0]))


def _give_up_on_a_dying_one(settings: Settings, waiting: list[StackService]) -> None:
    for one in waiting:
        state = supervisor_state(settings, one.name)
        if state and state.deaths >= OFTEN:
            raise StackError(
                f"start {one.name}: it died {state.deaths} times; its last words in"
                f" {state_layout.log_path(settings, one.name)}: {_last_words(settings, one.name)}"
            )
    supervisor = supervisor_state(settings, "supervisor")
    if supervisor and not supervisor.process.alive:
        raise StackError(f"start the stack: {_last_words(settings, 'supervisor')}")


def _late(settings: Settings, first: StackService) -> str:
    return (
        f"start {first.name}: not up within {COLD_SECONDS:.0f} s: {first.sick()}; its last words in"
        f" {state_layout.log_path(settings, first.name)}: {_last_words(settings, first.name)}"
    )


def _last_words(settings: Settings, name: str) -> str:
    try:
        lines = (
            state_layout.log_path(settings, name).read_text(encoding="utf-8", errors="replace").splitlines()
        )
    except OSError:
        return "none"
    return cut(next((line for line in reversed(lines) if line.strip()), "none"))
