import os
import socket
import time
from pathlib import Path

import pytest

from blocks.settings import Settings
from stack.processes.heartbeats import (
    SILENT_SECONDS,
    beat_file,
    last_beat,
    notify_manager,
    show_life,
    silence_of,
)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A home with a folder for running things."""
    (tmp_path / "run").mkdir()
    return Settings(home=tmp_path)


def age(settings: Settings, name: str, seconds: float) -> None:
    """Make a heartbeat as old as that."""
    then = time.time() - seconds
    os.utime(beat_file(settings, name), (then, then))


def test_a_loop_that_goes_round_is_believed(settings: Settings) -> None:
    """Its file was touched just now."""
    show_life(settings, "runner")

    assert silence_of(settings, "runner") is None
    assert last_beat(settings, "runner") is not None


@pytest.mark.parametrize(
    ("seconds", "says"),
    [
        pytest.param(SILENT_SECONDS - 5, None, id="busy"),
        pytest.param(SILENT_SECONDS + 5, "its loop did not go round for 65 s", id="stuck"),
    ],
)
def test_silence_is_believed_after_a_while(settings: Settings, seconds: float, says: str | None) -> None:
    """An import takes its time, and is no death."""
    show_life(settings, "runner")
    age(settings, "runner", seconds)

    assert silence_of(settings, "runner") == says


def test_a_process_that_never_showed_life_has_not_begun(settings: Settings) -> None:
    """That is no silence of sixty seconds."""
    assert silence_of(settings, "timers") == "has not begun"
    assert last_beat(settings, "timers") is None


@pytest.mark.parametrize("abstract", [False, True], ids=["a path", "an abstract name"])
def test_systemd_hears_each_round(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, abstract: bool
) -> None:
    """A real socket of the kind that systemd opens, in both spellings."""
    path = str(settings.home / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind("\0" + path if abstract else path)
        systemd.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", "@" + path if abstract else path)

        show_life(settings, "runner")

        assert systemd.recv(4096).decode().splitlines() == ["READY=1", "WATCHDOG=1"]


@pytest.mark.parametrize("address", ["", "relative", "/nowhere/notify"])
def test_without_systemd_nobody_is_told_and_nothing_fails(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    """`outage up` starts the same processes without one."""
    monkeypatch.setenv("NOTIFY_SOCKET", address)

    assert notify_manager("READY=1") is False


def test_a_manager_that_does_not_read_stops_nobody(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its queue is full after a few notices; the loop goes round all the same."""
    path = str(settings.home / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(path)
        monkeypatch.setenv("NOTIFY_SOCKET", path)

        heard = [notify_manager("WATCHDOG=1") for _ in range(2000)]

    assert heard[0]
    assert not heard[-1]
