"""Rows of the bench add up over runs, as long as neither the program nor the fault was changed."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bench.drills.arms_table import arms_table
from bench.drills.drill_rows import (
    Arm,
    DrillRow,
    fault_version,
    keep_row,
    missing_faults,
    read_rows,
    standing_rows,
)
from practice.faults import fault_catalogue

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
FIRST, SECOND = fault_catalogue()[:2]


def row(number: int = 0, **other: Any) -> DrillRow:
    """A row that is right."""
    told = {
        "arm": Arm.OURS,
        "fault": FIRST.name,
        "stratum": "pod_start",
        "program": "1",
        "fault_version": fault_version(FIRST),
        "at": NOON + timedelta(minutes=number),
        "as_expected": True,
        "right_cause": True,
        "healed": True,
        "healthy_seconds": 90.0 + number,
    }
    return DrillRow.model_validate(told | other)


def test_rows_are_read_back_as_they_were_kept(tmp_path: Path) -> None:
    """In their order; without a file there are none."""
    file = tmp_path / "results" / "rows.jsonl"
    assert read_rows(file) == []

    keep_row(row(), file)
    keep_row(row(1, as_expected=False), file)

    assert read_rows(file) == [row(), row(1, as_expected=False)]


def test_a_run_that_was_killed_while_it_wrote_costs_one_row(tmp_path: Path) -> None:
    """Not the file."""
    file = tmp_path / "rows.jsonl"
    keep_row(row(), file)
    with file.open("a") as opened:
        opened.write('{"arm": "ou')
    keep_row(row(1), file)

    assert read_rows(file) == [row(), row(1)]


def test_the_newest_row_stands_as_long_as_program_and_fault_are_the_same() -> None:
    """A mended rule makes every row of before another program's."""
    rows = [row(), row(1), row(2, program="0"), row(3, fault_version="x"), row(4, fault="gone")]

    assert standing_rows(rows, [FIRST], "1") == [row(1)]
    assert standing_rows(rows, [FIRST], None) == [row(2, program="0")]


def test_what_no_standing_row_tells_of_is_run() -> None:
    """So several runs add up to the whole, arm by arm."""
    assert missing_faults([row()], [FIRST, SECOND], Arm.OURS) == [SECOND]
    assert missing_faults([row()], [FIRST, SECOND], Arm.NOTHING) == [FIRST, SECOND]


def test_the_table_has_arms_side_by_side_and_says_what_is_wrong_of_ours() -> None:
    """That doing nothing heals nothing needs no explanation."""
    nothing = row(arm=Arm.NOTHING, right_cause=None, healed=False, as_expected=False, healthy_seconds=None)
    wrong = row(fault=SECOND.name, as_expected=False, collateral=("configmap/x",), says="ended Declined")

    text = "\n".join(arms_table([row(), wrong, nothing]))

    assert "NOT ours: " + SECOND.name + ": ended Declined; touched configmap/x" in text
    assert "NOT do nothing" not in text
    assert "✓ 90" in text
    assert "100% (34%–100%)" in text
    assert arms_table([]) != []
