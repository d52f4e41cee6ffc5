"""Rows of whole drills that outlive a run: kept under what they hold for, so that several runs add up to the whole."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from pathlib import Path

from bench.drills.fault_sample import stratum_of
from blocks.installation.program_version import program_version
from outage.incidents.fault import Fault
from outage.value import Value

ROWS = Path(__file__).resolve().parents[2] / "results" / "drill-rows.jsonl"


class Arm(StrEnum):
    """Who answers the outage."""

    NOTHING = "do nothing"
    DELETE_PODS = "delete failing pods"
    BLIND_UNDO = "blind undo"
    OURS_BARE = "ours without baseline"
    OURS = "ours"


class CameTo(Value):
    """What one drill came to."""

    as_expected: bool
    right_cause: bool | None = None
    """None of an arm that names no cause."""
    healed: bool
    collateral: tuple[str, ...] = ()
    """Objects that were not as before when everything had been put back."""
    writes: int | None = None
    healthy_seconds: float | None = None
    """From the fault until the platform was seen to be healthy; None when it was not."""
    says: str = ""
    """What happened, for a row that is not right."""


class DrillRow(CameTo):
    """One fault, answered by one arm."""

    arm: Arm
    fault: str
    stratum: str
    """Layer of the rules in which its cause lies."""
    program: str
    fault_version: str
    at: datetime

    @classmethod
    def of(cls, arm: Arm, fault: Fault, came_to: CameTo) -> "DrillRow":
        """What one drill came to just now, under what it holds for: this program and this very fault."""
        return cls(
            arm=arm,
            fault=fault.name,
            stratum=stratum_of(fault),
            program=program_version(),
            fault_version=fault_version(fault),
            at=datetime.now(UTC),
            **dict(came_to),
        )

    @property
    def key(self) -> tuple[Arm, str]:
        """A newer row of these takes the place of an older one."""
        return self.arm, self.fault


def fault_version(fault: Fault) -> str:
    """A word that changes with any line of a fault."""
    return sha256(fault.model_dump_json().encode()).hexdigest()[:12]


def read_rows(file: Path = ROWS) -> list[DrillRow]:
    """All rows, oldest first; none when there is no file."""
    if not file.exists():
        return []
    lines = file.read_text(encoding="utf-8").splitlines()
    return [DrillRow.model_validate_json(line) for line in lines if _whole(line)]


def _whole(line: str) -> bool:
    """A run that was killed while it wrote leaves half a line."""
    try:
        json.loads(line)
    except ValueError:
        return False
    return True


def keep_row(row: DrillRow, file: Path = ROWS) -> None:
    """Add a row."""
    file.parent.mkdir(parents=True, exist_ok=True)
    broken = file.exists() and not file.read_bytes().endswith(b"\n")
    with file.open("a", encoding="utf-8") as opened:
        opened.write(("\n" if broken else "") + row.model_dump_json() + "\n")


def standing_rows(rows: Iterable[DrillRow], faults: Iterable[Fault], program: str | None) -> list[DrillRow]:
    """The newest row of each arm and fault that still holds.

    Args:
        rows: All of them, oldest first.
        faults: The catalogue as it is now: a row of a fault that was changed since holds no more.
        program: Only of this version of the program; None: of any.
    """
    known = {one.name: fault_version(one) for one in faults}
    newest = {
        one.key: one
        for one in rows
        if known.get(one.fault) == one.fault_version and program in (None, one.program)
    }
    return list(newest.values())


def missing_faults(rows: Iterable[DrillRow], faults: Iterable[Fault], arm: Arm) -> list[Fault]:
    """The faults of which an arm has no standing row yet.

    Args:
        rows: Standing ones.
        faults: Wanted.
        arm: Which.
    """
    there = {one.fault for one in rows if one.arm is arm}
    return [one for one in faults if one.name not in there]
