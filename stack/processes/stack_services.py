"""The processes of the stack: what starts them, how they are asked whether they live, how they are told to stop."""

import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import httpx

from blocks.settings import Settings
from outage.errors import cut
from stack import embedded_postgres
from stack.processes import state_layout
from stack.processes.fork_target import ForkTarget
from stack.processes.heartbeats import silence_of


@dataclass(frozen=True)
class StackService:
    """One process of the stack."""

    name: str
    what: str
    """For `outage status`: what it is and where."""
    begins: Callable[[], list[str] | ForkTarget]
    """The command to start, or what a fork of the supervisor is to become."""
    sick: Callable[[], str | None]
    """None when it is well, else why not."""
    hangs: Callable[[], str | None] | None = None
    """Why it would help to start it anew, or None when it would not, as when only its neighbour is away; left out,
    whatever is not well would be helped."""
    follows_choice: bool = True
    """Whether it works by what `outage up` chose, and so must be started anew when that is another thing."""
    stop: signal.Signals = signal.SIGTERM
    stop_seconds: float = 8
    patience_seconds: float = 120
    """How long it may hang, once it was well, before it is killed and started anew."""

    def needs_restart(self) -> str | None:
        """Why it would help to start it anew; None when it would not."""
        return self.hangs() if self.hangs else self.sick()


def stack_services(settings: Settings) -> list[StackService]:
    """All processes of a stack, in the order in which they need each other."""
    own = [_postgres(settings, folder)] if (folder := state_layout.embedded_folder(settings)) else []
    return [
        *own,
        _outbox(settings),
        _timers(settings),
        _server(settings),
        _intake(settings),
        _page(settings),
        _runner(settings),
        *([] if state_layout.units_file(settings).exists() else [_standby(settings)]),  # systemd needs none
    ]


def _postgres(settings: Settings, folder: Path) -> StackService:
    return StackService(
        name="postgres",
        what=f"PostgreSQL, unix socket in {embedded_postgres.socket_folder(folder)}",
        begins=lambda: embedded_postgres.postgres_arguments(folder),
        sick=lambda: embedded_postgres.postgres_answers(embedded_postgres.embedded_dsn(folder, "postgres")),
        hangs=lambda: None,  # it is never killed for being slow: that would cost a recovery
        follows_choice=False,
        stop=signal.SIGINT,  # PostgreSQL's fast shutdown: connections are cut, nothing is lost
        stop_seconds=20,
    )


def _outbox(settings: Settings) -> StackService:
    return StackService(
        name="outbox",
        what="outbox, sends what people are told",
        begins=lambda: ForkTarget("stack.outbox.outbox_process"),
        sick=lambda: silence_of(settings, "outbox"),
    )


def _timers(settings: Settings) -> StackService:
    return StackService(
        name="timers",
        what="timers, promised updates and escalation",
        begins=lambda: ForkTarget("stack.timers.timers_process"),
        sick=lambda: silence_of(settings, "timers"),
    )


def _server(settings: Settings) -> StackService:
    return StackService(
        name="server",
        what=f"Prefect, {settings.prefect_ui_url}",
        begins=lambda: ForkTarget("stack.prefect_server", str(settings.prefect_port)),
        sick=lambda: _get(f"{settings.prefect_api_url}/health"),
        follows_choice=False,  # where it listens cannot be chosen anew while it stands
    )


def _intake(settings: Settings) -> StackService:
    return StackService(
        name="intake",
        what=f"intake, {settings.intake_url} and {settings.intake_socket}",
        begins=lambda: ForkTarget("stack.intake.intake_server"),
        sick=lambda: _get(
            f"{settings.intake_url}/health?pools=false"
        ),  # a worker elsewhere is not this stack's
        hangs=lambda: _get(f"{settings.intake_url}/alive"),
    )


def _page(settings: Settings) -> StackService:
    wild = settings.page_host in ("0.0.0.0", "::")  # noqa: S104 - compared, not bound
    host = "127.0.0.1" if wild else settings.page_host
    url = f"{settings.page_scheme}://{f'[{host}]' if ':' in host else host}:{settings.page_port}"
    return StackService(
        name="page",
        what=f"page, {settings.page_base}",
        begins=lambda: ForkTarget("stack.page.page_server"),
        sick=lambda: _get(f"{url}/health"),
        hangs=lambda: _get(f"{url}/alive"),
    )


def _runner(settings: Settings) -> StackService:
    return StackService(
        name="runner",
        what="runner of the flows in prefect.yaml",
        begins=lambda: ForkTarget("stack.runs.runner"),
        sick=lambda: _beats(settings),
        stop=signal.SIGKILL,  # it keeps nothing that could be lost, and may be in the middle of an import
    )


def _standby(settings: Settings) -> StackService:
    return StackService(
        name="standby",
        what="standby, starts the supervisor when that is killed",
        begins=lambda: ForkTarget("stack.processes.supervisor_standby"),
        sick=lambda: silence_of(settings, "standby"),
        follows_choice=False,
        stop_seconds=3,
    )


def _get(url: str) -> str | None:
    try:
        # Our own processes: what name their certificate has is between them and browsers.
        answer = httpx.get(url, timeout=5, trust_env=False, verify=False)  # noqa: S501
    except httpx.HTTPError as error:
        return f"{url} does not answer: {cut(str(error)) or type(error).__name__}"
    return None if answer.is_success else f"{url} answers {answer.status_code}: {cut(answer.text)}"


def _beats(settings: Settings) -> str | None:
    if not state_layout.state_folder(settings, "flows").exists():
        return "is not ready yet"
    return silence_of(settings, "runner")
