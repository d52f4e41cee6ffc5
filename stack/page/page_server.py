"""The page as a process: on loopback unless told."""

import asyncio
from datetime import UTC, datetime
from itertools import repeat

import uvicorn

from blocks.record import Record
from blocks.retry import retry_transient
from blocks.settings import Settings
from outage.errors import StackError
from stack.page.page_app import page_app
from stack.page.page_door import unsafe_place
from stack.processes.heartbeats import listening_socket, serve_alive


def log_page(words: str) -> None:
    """One line in the page's log."""
    print(f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} {words}", flush=True)  # noqa: T201


def main() -> None:
    """Serve until told to stop.

    Raises:
        StackError: The settings would show the page to others without TLS. Permanent.
    """
    settings = Settings()
    if unsafe := unsafe_place(settings):
        raise StackError(unsafe)
    record = retry_transient(
        lambda: Record.open(settings.record_dsn),
        repeat(0.5),
        tell=lambda error, _: log_page(f"waiting: {error}"),
    )
    server = uvicorn.Server(
        uvicorn.Config(
            page_app(record, settings, log_page),
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=3,
            timeout_keep_alive=5,
            ssl_certfile=settings.page_certificate,
            ssl_keyfile=settings.page_certificate_key,
        )
    )
    log_page(f"listening on {settings.page_host}:{settings.page_port}, shown as {settings.page_base}")
    door = listening_socket(settings.page_host, settings.page_port)
    asyncio.run(serve_alive(settings, "page", server, [door]))


if __name__ == "__main__":
    main()
