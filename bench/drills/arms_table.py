"""The table of the catalogue: arms side by side, pooled shares with intervals, and every row that is not right."""

from collections.abc import Iterable, Iterator, Sequence

from bench.drills.drill_rows import Arm, DrillRow
from bench.drills.intervals import Estimate, bootstrap_median, wilson

SHORT = {
    Arm.NOTHING: "nothing",
    Arm.DELETE_PODS: "pods",
    Arm.BLIND_UNDO: "undo",
    Arm.OURS_BARE: "ours-",
    Arm.OURS: "ours",
}
"""Heads of the narrow columns; `ours-` is ours without a baseline."""


def arms_table(rows: Sequence[DrillRow]) -> list[str]:
    """The lines of the table.

    Args:
        rows: Standing ones: one for each arm and fault.
    """
    if not rows:
        return [
            "no drill of this program and these faults is kept: `make drills` or `make heal NAMES=…` makes some"
        ]
    return [*_pooled(rows), "", *_side_by_side(rows), "", *_wrong(rows)]


def _pooled(rows: Sequence[DrillRow]) -> Iterator[str]:
    yield (
        f"{'arm':24}{'rows':>5}  {'right cause':>20}  {'healed':>20}  {'no collateral':>20}"
        f"  {'seconds until healthy':>24}"
    )
    for arm in Arm:
        own = [one for one in rows if one.arm is arm]
        if not own:
            continue
        outages = [one for one in own if one.stratum != "no outage"]
        named = [one for one in outages if one.right_cause is not None]
        times = [one.healthy_seconds for one in outages if one.healthy_seconds is not None]
        yield (
            f"{arm:24}{len(own):>5}"
            f"  {_share(wilson(sum(one.right_cause is True for one in named), len(named))):>20}"
            f"  {_share(wilson(sum(one.healed for one in outages), len(outages))):>20}"
            f"  {_share(wilson(sum(not one.collateral for one in own), len(own))):>20}"
            f"  {_seconds(bootstrap_median(times)):>24}"
        )
    yield "shares with Wilson's 95 % interval, medians with a bootstrap's; healed and cause of outages alone; seconds"
    yield "from the fault: ours until its proof and soak are over, the others until two looks in a row found nothing"


def _share(found: Estimate | None) -> str:
    return f"{found.value:.0%} ({found.low:.0%}–{found.high:.0%})" if found else "–"


def _seconds(found: Estimate | None) -> str:
    return f"{found.value:.0f} ({found.low:.0f}–{found.high:.0f})" if found else "–"


def _side_by_side(rows: Sequence[DrillRow]) -> Iterator[str]:
    arms = [arm for arm in Arm if any(one.arm is arm for one in rows)]
    by = {one.key: one for one in rows}
    names = sorted({(one.stratum, one.fault) for one in rows})
    yield f"{'layer':18}{'fault':30}" + "".join(f"{SHORT[arm]:>12}" for arm in arms)
    for stratum, fault in names:
        cells = [by.get((arm, fault)) for arm in arms]
        yield f"{stratum:18}{fault:30}" + "".join(f"{_cell(one):>12}" for one in cells)
    yield "✓ as it should be, with seconds until healthy; ✗ not; C collateral"


def _cell(row: DrillRow | None) -> str:
    if row is None:
        return ""
    mark = "✓" if row.as_expected else "✗"
    seconds = f" {row.healthy_seconds:.0f}" if row.healthy_seconds is not None else ""
    return f"{mark}{seconds}{' C' if row.collateral else ''}"


def _wrong(rows: Iterable[DrillRow]) -> Iterator[str]:
    """Ours that are not right; that the others are not is what they are there for."""
    for one in rows:
        if one.arm in (Arm.OURS, Arm.OURS_BARE) and not one.as_expected:
            touched = f"; touched {', '.join(one.collateral)}" if one.collateral else ""
            yield f"NOT {one.arm}: {one.fault}: {one.says}{touched}"
