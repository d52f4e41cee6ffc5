"""The intake as a process: on a loopback port, and on a unix socket for senders of another network namespace."""

import asyncio
import contextlib
import os
import socket
from datetime import timedelta
from itertools import repeat
from pathlib import Path

import uvicorn

from blocks.installation.intake_token import intake_token
from blocks.installation.platform_files import PlatformFiles
from blocks.prefect_api import PrefectApi
from blocks.record import Record
from blocks.retry import retry_transient
from blocks.settings import Settings
from stack.intake.answer_health import unanswered_because, uncarried_pools
from stack.intake.deliveries import Intake
from stack.intake.endpoint import log_delivery
from stack.intake.http_app import intake_app
from stack.processes.heartbeats import listening_socket, serve_alive


def main() -> None:
    """Serve until told to stop."""
    settings = Settings()
    intake_token(settings.intake_token_file)
    record = _record(settings)
    files = PlatformFiles(settings)
    intake = Intake(
        record,
        PrefectApi(settings.prefect_api_url),
        timedelta(seconds=settings.reopen_within_seconds),
        files.registry,
        files.policy_of,
    )
    made = intake_app(
        intake,
        settings.intake_token_file,
        tokens_folder=settings.intake_tokens_folder,
        unanswered=lambda: unanswered_because(settings, record, intake.api),
        uncarried=lambda: uncarried_pools(record, files.pools().values()),
    )
    server = uvicorn.Server(
        uvicorn.Config(made, log_level="warning", access_log=False, timeout_graceful_shutdown=3)
    )
    doors = [listening_socket(settings.intake_host, settings.intake_port), _unix(settings.intake_socket)]
    place = f"{settings.intake_host}:{settings.intake_port}"
    log_delivery(f"listening on {place} and {settings.intake_socket}")
    try:
        asyncio.run(serve_alive(settings, "intake", server, doors))
    finally:
        with contextlib.suppress(FileNotFoundError):
            settings.intake_socket.unlink()


def _record(settings: Settings) -> Record:
    """The record; PostgreSQL may be starting at this very moment."""
    return retry_transient(
        lambda: Record.open(settings.record_dsn),
        repeat(0.5),
        tell=lambda error, _: log_delivery(f"waiting: {error}"),
    )


def _unix(path: Path) -> socket.socket:
    path.parent.mkdir(parents=True, exist_ok=True)
    with contextlib.suppress(FileNotFoundError):
        path.unlink()  # left by one that was killed; `up` saw to it that nobody else serves it
    door = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    door.bind(str(path))
    os.chmod(path, 0o660)
    return door


if __name__ == "__main__":
    main()
