"""How far each strength may be trusted: of all first causes that show so, how many are right.

`python -m bench.reliability` diagnoses the pictures under tests/specimens/bundles again, with the healthy one as the
baseline and without one; `make diagnose` does the same with a real cluster.
"""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from bench.specimen_files import baseline_of, read_specimen
from outage.diagnosis import diagnose
from outage.diagnosis.hypothesis import Diagnosis
from outage.diagnosis.weighing.strength import Strength
from outage.incidents.fault import Fault
from outage.platforms.platform_file import load_platform
from outage.snapshots.case import Case
from practice.faults import fault_catalogue, quiet_faults

HOUSE = Path(__file__).resolve().parents[1]
BUNDLES = HOUSE / "tests/specimens/bundles"
SILENCE = "nothing said"


class Answered(NamedTuple):
    """One diagnosis of a known fault."""

    strength: str | None
    """Of the first hypothesis; None when there was none."""
    right: bool


def is_right(said: Diagnosis, fault: Fault) -> bool:
    """Whether the first hypothesis is one that the fault expects, about the right object."""
    if not said.hypotheses or not fault.expected.causes:
        return not said.hypotheses and not fault.expected.causes
    first = said.hypotheses[0]
    about = fault.expected.about
    return first.cause in fault.expected.causes and (about is None or about == first.about)


def reliability_lines(answers: Iterable[Answered]) -> Iterator[str]:
    """The table: strength, how many first causes showed so, the share of them that is right.

    Args:
        answers: One for each diagnosis of a fault whose cause is known.
    """
    kept = list(answers)
    yield f"{'strength':14} {'first causes':>12} {'right':>6} {'share':>6}"
    for word in (*(one.word for one in Strength), SILENCE):
        mine = [one.right for one in kept if (one.strength or SILENCE) == word]
        share = f"{sum(mine) / len(mine):.0%}" if mine else "-"
        yield f"{word:14} {len(mine):12} {sum(mine):6} {share:>6}"


def recorded_answers() -> Iterator[Answered]:
    """What is said today of every recorded picture, with and without a baseline."""
    platform, healthy = load_platform(HOUSE / "practice/platform.yaml"), BUNDLES / "healthy.json.gz"
    baseline = baseline_of(read_specimen(healthy))
    for fault in (*quiet_faults(), *fault_catalogue()):
        path = BUNDLES / f"{fault.name}.json.gz"
        for known in (baseline, None) if path.exists() else ():
            said = diagnose(Case(snapshot=read_specimen(path), platform=platform, baseline=known))
            yield Answered(said.hypotheses[0].strength if said.hypotheses else None, is_right(said, fault))


if __name__ == "__main__":
    sys.stdout.writelines(f"{line}\n" for line in reliability_lines(recorded_answers()))
