"""Writing the units of a home, having systemd check and start them, and taking them away again."""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from blocks.installation.intake_token import intake_token
from blocks.settings import Settings
from outage.errors import StackError, cut
from outage.value import Value
from stack.processes import state_layout
from stack.processes.supervisor import sweep_leftovers
from stack.runs import flow_process_files
from stack.stack_status import TARGET
from stack.stack_up import settled_settings, write_choice
from stack.units.unit_files import unit_files

BOOTED = Path("/run/systemd/system")
"""Is there when systemd is the machine's first process."""
SYSTEM_FOLDER = Path("/etc/systemd/system")
USER_FOLDER = Path("~/.config/systemd/user")
Say = Callable[[str], None]


class InstalledUnits(Value):
    """What was installed for a home: stands in its `units.json`."""

    folder: Path
    names: tuple[str, ...]
    of_user: bool


def units_folder(*, of_user: bool) -> Path:
    """Where units are kept."""
    return USER_FOLDER.expanduser() if of_user else SYSTEM_FOLDER


def install_units(settings: Settings, say: Say, *, of_user: bool) -> InstalledUnits:
    """Write, check, enable and start the units of a home.

    Raises:
        StackError: Something of this home runs already, systemd is not there, or it refuses; then nothing is left.
    """
    settings = settled_settings(settings)
    if sweep_leftovers(settings):
        raise StackError(f"install units for {settings.home}: its stack is up; `outage down` first")
    if not BOOTED.is_dir():
        raise StackError("enable the units: systemd does not run here; `outage install --print` shows them")
    made = write_units(settings, units_folder(of_user=of_user), of_user=of_user)
    try:
        _systemctl(made, "daemon-reload")
        _systemctl(made, "enable", *made.names)
        _systemctl(made, "start", TARGET)
    except StackError:
        uninstall_units(settings, say)
        raise
    say(f"wrote and started {len(made.names)} units in {made.folder}")
    if of_user:
        say("they end with your last session unless `loginctl enable-linger` was run once")
    return made


def write_units(settings: Settings, folder: Path, *, of_user: bool) -> InstalledUnits:
    """Check the units, then write them and what their processes read; nothing is started.

    Raises:
        StackError: systemd finds something wrong, or the folder cannot be written.
    """
    files = unit_files(settings, of_user=of_user)
    if wrong := verify_units(files, of_user=of_user):
        raise StackError(f"check the units: {cut(wrong)}")
    made = InstalledUnits(folder=folder, names=tuple(files), of_user=of_user)
    try:
        for place in (folder, settings.home / "run", settings.home / "logs"):
            place.mkdir(parents=True, exist_ok=True)
        settings.home.chmod(0o700)
        for name, text in files.items():
            (folder / name).write_text(text, encoding="utf-8")
    except OSError as error:
        raise StackError(f"write the units to {folder}: {error.strerror}") from error
    intake_token(settings.intake_token_file)
    write_choice(settings)
    flow_process_files.replace_file(state_layout.units_file(settings), made.model_dump_json())
    return made


def verify_units(files: dict[str, str], *, of_user: bool) -> str:
    """What `systemd-analyze verify` says against the units; empty when all is well, or when it is not here."""
    program = shutil.which("systemd-analyze")
    if program is None:
        return ""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            (Path(folder) / name).write_text(text, encoding="utf-8")
        paths = [str(Path(folder) / name) for name in files]
        scope = ["--user"] if of_user else []
        done = subprocess.run(
            [program, *scope, "verify", "--man=no", *paths],
            capture_output=True,
            text=True,
            check=False,
            env={"XDG_RUNTIME_DIR": folder, **os.environ},  # without one it does not even begin
        )
    said = (done.stdout + done.stderr).splitlines()
    ours = [line for line in said if any(name in line for name in files)]
    return "; ".join(ours or (said if done.returncode else ()))


def uninstall_units(settings: Settings, say: Say) -> bool:
    """Stop, disable and remove the units of a home; its record and files stay. False when there were none."""
    made = installed_units(settings)
    if made is None:
        return False
    for words in (("stop", TARGET, *made.names), ("disable", *made.names)):
        try:
            _systemctl(made, *words)
        except StackError as error:
            say(str(error))
    for name in made.names:
        (made.folder / name).unlink(missing_ok=True)
    state_layout.units_file(settings).unlink(missing_ok=True)
    settings.stack_file.unlink(missing_ok=True)
    try:
        _systemctl(made, "daemon-reload")
    except StackError as error:
        say(str(error))
    return True


def installed_units(settings: Settings) -> InstalledUnits | None:
    """What was installed for a home; None when nothing was."""
    try:
        return InstalledUnits.model_validate(json.loads(state_layout.units_file(settings).read_text()))
    except (OSError, ValueError):
        return None


def _systemctl(made: InstalledUnits, *words: str) -> None:
    command = ["systemctl", *(["--user"] if made.of_user else []), *words]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError as error:
        raise StackError(f"{' '.join(command[:3])}: {error.strerror}") from error
    if done.returncode != 0:
        raise StackError(f"{' '.join(command[:3])}: {cut(done.stderr or done.stdout)}")
