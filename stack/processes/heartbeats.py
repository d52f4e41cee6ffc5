"""Signs of life: a file that each loop of ours touches, and the same for whoever started us and waits for them."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from blocks.settings import Settings

if TYPE_CHECKING:  # those who only beat or listen need no server
    import uvicorn

BEAT_EVERY_SECONDS = 1.0
SILENT_SECONDS = 60
"""A process whose loop did not go round for this long is stuck. Importing everything takes a sixth of it."""


def beat_file(settings: Settings, name: str) -> Path:
    """What the loop of a process touches: `run/runner.beat`."""
    return settings.home / "run" / f"{name}.beat"


def show_life(settings: Settings, name: str) -> None:
    """Show that a loop goes round: to our supervisor by a file, to systemd by its socket."""
    file = beat_file(settings, name)
    file.parent.mkdir(parents=True, exist_ok=True)  # a pod's home is empty, and nobody made it ready
    file.touch()
    notify_manager("READY=1", "WATCHDOG=1")


async def serve_alive(
    settings: Settings, name: str, server: uvicorn.Server, doors: list[socket.socket] | None = None
) -> None:
    """Serve until told to stop, and show from when it listens that its loop goes round.

    Args:
        settings: Whose home the server serves.
        name: Of the process.
        server: What answers.
        doors: Where it listens; None for where its configuration says.
    """
    life = asyncio.create_task(_show_life_of(settings, name, server))
    await server.serve(sockets=doors)
    life.cancel()


def listening_socket(host: str, port: int) -> socket.socket:
    """A socket that listens there."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    door = socket.socket(family, socket.SOCK_STREAM)
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    door.bind((host, port))
    return door


async def _show_life_of(settings: Settings, name: str, server: uvicorn.Server) -> None:
    while True:
        if server.started:
            show_life(settings, name)
        await asyncio.sleep(BEAT_EVERY_SECONDS)


def notify_manager(*words: str) -> bool:
    """Tell systemd, when it started us with `Type=notify`, how we are.

    Args:
        words: Assignments of its protocol: `READY=1`, `WATCHDOG=1`, `STATUS=…`.

    Returns:
        Whether somebody listens. A notice that gets lost is no reason for us to fail: a silent watchdog is one for
        systemd.
    """
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return False
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as door:
        door.setblocking(False)  # a manager that does not read must not stop us
        door.connect("\0" + address[1:] if address.startswith("@") else address)
        door.sendall("\n".join(words).encode())
        return True
    return False


def silence_of(settings: Settings, name: str) -> str | None:
    """Why a process is not believed to live by its heartbeat, or None when it is."""
    last = last_beat(settings, name)
    if last is None:
        return "has not begun"
    silent = time.time() - last.timestamp()
    return f"its loop did not go round for {silent:.0f} s" if silent > SILENT_SECONDS else None


def last_beat(settings: Settings, name: str) -> datetime | None:
    """When a process showed life last; None when it never did."""
    try:
        return datetime.fromtimestamp(beat_file(settings, name).stat().st_mtime, UTC)
    except OSError:
        return None
