"""Which process carries which flow run: small files that outlive the runner which wrote them."""

import contextlib
import json
import os
from pathlib import Path

from pydantic import ValidationError

from outage.value import Value
from stack.processes.own_processes import Running


class FlowProcess(Value):
    """The process of a flow run."""

    run_id: str
    process: Running
    times: int = 0
    """How often the run was taken up after a process of it had died."""


def keep_flow_process(folder: Path, carrier: FlowProcess) -> None:
    """Write down which process carries a run; the newest stands."""
    folder.mkdir(parents=True, exist_ok=True)
    replace_file(folder / f"{carrier.run_id}.json", carrier.model_dump_json())


def flow_process_of(folder: Path, run_id: str) -> FlowProcess | None:
    """The process that carried a run last, or None."""
    try:
        return FlowProcess.model_validate_json((folder / f"{run_id}.json").read_text(encoding="utf-8"))
    except (OSError, ValidationError):
        return None


def flow_processes(folder: Path) -> list[FlowProcess]:
    """All that are written down, living or dead."""
    names = [path.stem for path in folder.glob("*.json")] if folder.is_dir() else []
    return [one for name in names if (one := flow_process_of(folder, name))]


def forget_flow_process(folder: Path, run_id: str) -> None:
    """The run is over."""
    with contextlib.suppress(FileNotFoundError):
        (folder / f"{run_id}.json").unlink()


def replace_file(path: Path, text: str, mode: int = 0o644) -> None:
    """Write a file so that a reader sees the old one or the new one and nothing between.

    Args:
        path: The file; folders above it are made.
        text: All that shall stand in it.
        mode: Who may read it, from the first byte on.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.unlink(missing_ok=True)
    with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w", encoding="utf-8") as file:
        file.write(text)
    fresh.replace(path)


def read_state_file(path: Path) -> dict[str, object]:
    """A small JSON file of ours; empty when it is not there or torn."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
