"""Our own sign of life, once a minute while all that answers an outage is well: its absence calls somebody elsewhere.

A URL that fails is said by `outage status`, and is no reason to stop anything.
"""

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from pydantic import ValidationError

from blocks.channels.heartbeat_url import ask_heartbeat, heartbeat_host
from blocks.clients import clients
from blocks.installation.platform_files import PlatformFiles
from blocks.settings import Settings
from outage.errors import OutageError
from outage.value import Value
from stack.intake.answer_health import uncarried_pools
from stack.processes.stack_services import stack_services
from stack.runs.flow_process_files import replace_file

EVERY_SECONDS = 60.0
NEEDED = ("runner", "intake")
"""Processes without which an outage is not answered; and the record."""


class HeartbeatState(Value):
    """What became of the last sign of life."""

    at: datetime
    host: str
    given: bool
    says: str = ""
    """Why it was not given, or not taken; empty when it was."""


class HeartbeatSender:
    """A thread beside the timers: a slow service must not delay a call."""

    def __init__(self, settings: Settings, stopping: threading.Event) -> None:
        """Begin nothing yet."""
        self.settings, self.stopping = settings, stopping
        self._thread: threading.Thread | None = None

    def begin(self) -> None:
        """Begin, once; nothing begins without a URL."""
        if self.settings.heartbeat_url and self._thread is None:
            self._thread = threading.Thread(target=self._beat, name="heartbeat", daemon=True)
            self._thread.start()

    def _beat(self) -> None:
        while not self.stopping.is_set():
            keep_heartbeat(self.settings, give_heartbeat(self.settings, what_is_sick, datetime.now(UTC)))
            self.stopping.wait(EVERY_SECONDS)


def what_is_sick(settings: Settings) -> list[str]:
    """What of the runner, the intake, the record and the work pools is not well, a sentence each."""
    # In a cluster the intake says of the runner what the record knows.
    needed = ("intake",) if settings.in_cluster else NEEDED
    found = [
        f"{one.name}: {why}" for one in stack_services(settings) if one.name in needed and (why := one.sick())
    ]
    try:
        record = clients().record.healthy()
        pools = uncarried_pools(clients().record, PlatformFiles(settings).pools().values())
    except OutageError as error:
        return [*found, str(error)]
    return [*found, *([record] if record else []), *pools]


def give_heartbeat(
    settings: Settings, sick: Callable[[Settings], list[str]], now: datetime
) -> HeartbeatState:
    """Give one sign of life, if all is well.

    Args:
        settings: Name the URL.
        sick: Says what is not well.
        now: The time.
    """
    url = settings.heartbeat_url or ""
    if wrong := sick(settings):
        says = f"no sign of life was given: {'; '.join(wrong)}"
        return HeartbeatState(at=now, host=heartbeat_host(url), given=False, says=says)
    failed = ask_heartbeat(url, settings.heartbeat_method)
    return HeartbeatState(at=now, host=heartbeat_host(url), given=not failed, says=failed)


def heartbeat_file(settings: Settings) -> Path:
    """Where it stands what became of the last one."""
    return settings.home / "run" / "heartbeat.state"


def keep_heartbeat(settings: Settings, state: HeartbeatState) -> None:
    """Write down what became of one, for `outage status`; a full disk keeps no sign of life back."""
    try:
        replace_file(heartbeat_file(settings), state.model_dump_json())
    except OSError:
        return


def last_heartbeat(settings: Settings) -> HeartbeatState | None:
    """What became of the last one; None when there was none."""
    try:
        return HeartbeatState.model_validate_json(heartbeat_file(settings).read_text(encoding="utf-8"))
    except (OSError, ValidationError):
        return None
