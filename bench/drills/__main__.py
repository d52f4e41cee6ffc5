"""`make drills`: arms side by side on a sample of the catalogue, each row kept, so that several runs add up.

The sample is drawn by layers, with its seed printed; every fault is answered by every arm. The table goes to the
terminal, the rows that hold to results/drills.json. `--table` runs nothing.
"""

import argparse
import json
import sys
from collections.abc import Callable

from bench.drills.arms_table import arms_table
from bench.drills.drill_rows import ROWS, Arm, DrillRow, keep_row, missing_faults, read_rows, standing_rows
from bench.drills.fault_sample import sample_in_words, stratified_sample
from bench.drills.heal import heal, leave_alone, row_of
from bench.drills.hidden_baselines import show_baselines, without_baselines
from bench.drills.other_arms import REACTIONS, answered_otherwise
from blocks.installation.program_version import program_version
from blocks.record import Record
from blocks.settings import Settings
from cli.drills.drill_preparation import raise_ground
from outage.incidents.fault import Fault
from practice.faults import fault_catalogue, quiet_faults

SEED = 20301130
"""Any; the same one draws the same faults."""
FEWEST = 30
"""Rows of an arm below which its intervals say little."""


def compare_arms() -> int:
    """Run what is missing of the sample, print the table; 0 when every row of ours is right."""
    wanted = _asked()
    catalogue = (*quiet_faults(), *fault_catalogue())
    known = {one.name: one for one in catalogue}
    drawn = [known[name] for name in wanted.names] or stratified_sample(catalogue, wanted.rows, wanted.seed)
    program = None if wanted.any_program else program_version()
    print(sample_in_words(drawn, wanted.seed), flush=True)
    if not wanted.table:
        _run_missing(drawn, program)
    rows = standing_rows(read_rows(), drawn, program)
    if rows:
        told = json.dumps([one.model_dump(mode="json") for one in rows], indent=1)
        ROWS.with_name("drills.json").write_text(told)
    print("\n".join(arms_table(rows)))
    if few := [arm for arm in Arm if sum(one.arm is arm for one in rows) < FEWEST]:
        print(f"fewer than {FEWEST} rows: {', '.join(few)}")
    return 1 if any(one.arm is Arm.OURS and not one.as_expected for one in rows) else 0


def _asked() -> argparse.Namespace:
    ask = argparse.ArgumentParser(prog="make drills", description=__doc__)
    ask.add_argument("names", nargs="*", help="Faults in place of a sample.")
    ask.add_argument("--rows", type=int, default=FEWEST, help="Faults of the sample.")
    ask.add_argument("--seed", type=int, default=SEED)
    ask.add_argument("--table", action="store_true", help="Run nothing: the table of what is kept.")
    ask.add_argument("--any-program", action="store_true", help="Also rows of other versions of the program.")
    return ask.parse_args()


def _run_missing(drawn: list[Fault], program: str | None) -> None:
    """Fault by fault and not arm by arm: a run that is stopped leaves rows that can be compared."""
    rows = standing_rows(read_rows(), drawn, program)
    missing = {arm: {one.name for one in missing_faults(rows, drawn, arm)} for arm in Arm}
    if not any(missing.values()):
        return
    raise_ground(print)
    with Record.open(Settings().record_dsn) as record:
        show_baselines(record)  # an earlier run may have been killed
    for fault in drawn:
        for arm in Arm:
            if fault.name in missing[arm]:
                row = answered(fault, arm)
                keep_row(row)
                mark = "ok " if row.as_expected else "NOT"
                print(f"{mark} {arm:24} {fault.name:28} {row.says}", flush=True)


def answered(fault: Fault, arm: Arm) -> DrillRow:
    """One fault, answered by one arm."""
    if arm in REACTIONS:
        return answered_otherwise(fault, arm)
    ours: Callable[[Fault], dict[str, object]] = heal if fault.expected.causes else leave_alone
    if arm is Arm.OURS:
        return row_of(fault, ours(fault), arm)
    with Record.open(Settings().record_dsn) as record, without_baselines(record, fault.name):
        return row_of(fault, ours(fault), arm)


if __name__ == "__main__":
    sys.exit(compare_arms())
