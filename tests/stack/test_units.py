"""The units of `outage install`: systemd finds nothing wrong with them, and what they start shows life and survives."""

import contextlib
import os
import shlex
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from blocks.installation.intake_token import intake_token
from blocks.record import Record
from blocks.settings import HERE, Settings
from cli import group
from outage.errors import StackError
from stack.processes import state_layout
from stack.processes.own_processes import send_signal
from stack.processes.supervisor import sweep_leftovers
from stack.stack_down import take_stack_down
from stack.stack_status import stack_status
from stack.stack_up import bring_stack_up, settled_settings
from stack.units.install_units import (
    install_units,
    installed_units,
    uninstall_units,
    verify_units,
    write_units,
)
from stack.units.unit_files import TARGET, unit_files
from tests.conftest import free_port

PATIENCE_SECONDS = 100
NAMES = ("postgres", "outbox", "timers", "page", "server", "intake", "runner")
SHOW_LIFE = NAMES[1:]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A home and ports of its own."""
    return Settings(
        home=tmp_path / "home",
        prefect_port=free_port(),
        intake_port=free_port(),
        intake_socket=tmp_path / "intake.sock",
        deployments_file=HERE / "tests/stack/deployments.yaml",
        database_url=None,
        record_dsn="",
        prefect_api_url="",
    )


@pytest.mark.parametrize("of_user", [False, True], ids=["of the machine", "of a user"])
def test_there_is_a_unit_for_each_process_and_each_comes_back(settings: Settings, of_user: bool) -> None:
    """And all but PostgreSQL are missed when they are silent."""
    files = unit_files(settled_settings(settings), of_user=of_user)

    assert set(files) == {TARGET, *(f"outage-{name}.service" for name in NAMES)}
    for name in NAMES:
        text = files[f"outage-{name}.service"].splitlines()
        assert {"Restart=always", "NoNewPrivileges=yes"} <= set(text)
        assert ("Type=notify" in text) == ("WatchdogSec=90" in text) == (name in SHOW_LIFE)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd-analyze here")
@pytest.mark.parametrize("of_user", [False, True], ids=["of the machine", "of a user"])
def test_systemd_finds_nothing_wrong_with_them(settings: Settings, of_user: bool) -> None:
    """By its own checker; which does find what is wrong."""
    hard_to_spell = settings.model_copy(update={"home": settings.home / 'a "home", 100% $HOME'})
    files = unit_files(settled_settings(hard_to_spell), of_user=of_user)
    broken = files | {"outage-runner.service": "[Service]\nType=nonsense\nNonsense=yes\n"}

    assert verify_units(files, of_user=of_user) == ""
    assert "outage-runner.service" in verify_units(broken, of_user=of_user)


def test_printing_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a person, or another tool, wants to read first."""
    monkeypatch.setenv("OUTAGE_HOME", str(tmp_path / "home"))

    said = CliRunner().invoke(group, ("install", "--user", "--print"))

    assert said.exit_code == 0
    assert f"# {TARGET}\n[Unit]" in said.output
    assert not (tmp_path / "home").exists()


def test_where_systemd_does_not_run_nothing_is_written(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One sentence says what can be done instead."""
    monkeypatch.setattr("stack.units.install_units.BOOTED", tmp_path / "nowhere")

    with pytest.raises(StackError, match="systemd does not run here; `outage install --print`"):
        install_units(settings, print, of_user=True)

    assert not settings.home.exists()


def test_one_home_has_one_keeper(settings: Settings, tmp_path: Path) -> None:
    """`outage up` beside the units would start everything twice; without them it may again."""
    write_units(settled_settings(settings), tmp_path / "units", of_user=True)

    with pytest.raises(StackError, match=r"systemd keeps .*; `systemctl start outage.target`"):
        bring_stack_up(settings, print)
    assert "systemd's outage.target" in stack_status(Settings(home=settings.home))[0].what

    assert uninstall_units(settings, lambda _: None)
    assert installed_units(settings) is None
    assert list((tmp_path / "units").iterdir()) == []


class Unit:
    """One unit, started as systemd would: its own command, its environment and a real notify socket."""

    def __init__(self, name: str, text: str, folder: Path) -> None:
        words = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
        (folder / f"{name}.notify").unlink(missing_ok=True)
        self.systemd = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.systemd.bind(str(folder / f"{name}.notify"))
        self.systemd.settimeout(PATIENCE_SECONDS)
        given = dict(one.replace("%%", "%").split("=", 1) for one in shlex.split(words["Environment"]))
        kept = {
            key: value for key, value in os.environ.items() if not key.startswith(("OUTAGE_", "PREFECT_"))
        }
        with Path(words["StandardOutput"].removeprefix("append:").replace("%%", "%")).open("ab") as log:
            self.process = subprocess.Popen(
                shlex.split(words["ExecStart"].replace("%%", "%").replace("$$", "$")),
                env={**kept, **given, "NOTIFY_SOCKET": str(folder / f"{name}.notify")},
                cwd=words["WorkingDirectory"],
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def hear(self) -> list[str]:
        """The next notice."""
        return self.systemd.recv(4096).decode().splitlines()


@contextlib.contextmanager
def booted(settings: Settings, units: Path) -> Iterator[dict[str, Unit]]:
    """All units started at once, as at a boot; then the power is cut."""
    started = {
        name: Unit(name, (units / f"outage-{name}.service").read_text(), units.parent) for name in NAMES
    }
    try:
        yield started
    finally:
        for stray in sweep_leftovers(settings):
            send_signal(stray, signal.SIGKILL)
        for unit in started.values():
            unit.process.kill()
            unit.process.wait()
            unit.systemd.close()


def all_well(settings: Settings) -> bool:
    """Whether every process runs and answers; one of the toys cannot be imported, which is not of interest here."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    wrong = {}
    while time.monotonic() < deadline:
        wrong = {one.name: one.wrong for one in stack_status(settings) if one.wrong and one.name != "flows"}
        if not wrong:
            return True
        time.sleep(0.5)
    raise AssertionError(wrong)


def report(settings: Settings, title: str) -> httpx.Response:
    """Tell of an outage by hand."""
    return httpx.post(
        f"{settings.intake_url}/incidents",
        json={"title": title, "namespace": "shop"},
        headers={"Authorization": f"Bearer {intake_token(settings.intake_token_file)}"},
        timeout=30,
        trust_env=False,
    )


@pytest.mark.stack
def test_a_boot_in_between_loses_nothing(settings: Settings, tmp_path: Path) -> None:
    """Every unit's own command shows life to systemd; the power is cut; the next boot has the incident and goes on."""
    units = tmp_path / "units"
    write_units(settled_settings(settings), units, of_user=True)
    stands = Settings(home=settings.home)
    try:
        with booted(stands, units) as first:
            for name in SHOW_LIFE:
                assert first[name].hear() == ["READY=1", "WATCHDOG=1"], name
                assert "WATCHDOG=1" in first[name].hear(), name
            assert all_well(stands)
            told = report(stands, "checkout is slow").json()["alerts"][0]
        assert sweep_leftovers(stands) == []

        with booted(stands, units):
            assert all_well(stands)
            with Record.open(stands.record_dsn) as record:
                assert [one.id for one in record.incidents()] == [told["incident"]]
            again = report(stands, "still slow").json()["alerts"][0]
            died = {one.name for one in stack_status(stands) if one.died_at}
    finally:
        state_layout.units_file(stands).unlink(missing_ok=True)
        take_stack_down(stands, print)

    assert again["says"]
    assert {"runner", "intake"} <= died
