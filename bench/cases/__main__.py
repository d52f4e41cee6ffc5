"""`make cases`: raise each case on the practice cluster, break it, investigate, compare with its truth.

The table goes to the terminal, the same rows to results/cases.json (name, said, right and the parts of it); `--renamed`
runs them with other names, images and ports; `--save DIR` keeps each picture as a specimen.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path

from bench.cases.case_renaming import renamed_case
from bench.cases.case_verdict import CaseAnswer, judged_answer
from bench.specimen_files import baseline_of, keep_specimen
from blocks.kubernetes import Cluster
from cli.investigate_command import look_around
from outage.diagnosis import diagnose
from outage.errors import OutageError
from outage.snapshots.case import Case
from practice import places
from practice.faults.cases import PracticeCase, read_cases
from practice.images.case_images import load_case_images

RESULTS = Path(__file__).resolve().parents[2] / "results"
HEALTHY_WITHIN = timedelta(minutes=4)
WELL_SECONDS = 20
"""How long the visitor must have been content before a case is broken."""
LOOK_SECONDS = 45.0
SETTLE_MORE = 5.0


@dataclass(frozen=True)
class CaseRow:
    """One line of the table."""

    name: str
    said: str
    right: bool
    cause: bool
    about: bool
    field: bool
    repair: bool
    repaired_by: str
    with_baseline: str
    right_with_baseline: bool | None
    seconds: float
    """From asking for the look to the diagnosis."""


def investigate_cases() -> int:
    """Run the cases, or the named ones; 0 when each was answered rightly."""
    wanted = _asked()
    cases = [one for one in read_cases() if not wanted.names or one.name[:2] in wanted.names]
    if wanted.renamed:
        cases = [renamed_case(one) for one in cases]
    load_case_images(print)
    bench = CaseBench(wanted.age, wanted.save)
    with ThreadPoolExecutor(wanted.together) as pool:
        rows = []
        for row in pool.map(bench.row, cases):
            rows.append(row)
            print(row_of_case(row), flush=True)
    _keep_rows(RESULTS / ("cases-renamed.json" if wanted.renamed else "cases.json"), rows)
    right = sum(one.right for one in rows)
    print(
        f"{right} of {len(rows)} right, {sum(bool(one.right_with_baseline) for one in rows)} with a baseline"
    )
    return 0 if right == len(rows) else 1


def _keep_rows(path: Path, rows: list[CaseRow]) -> None:
    """Write the rows; those of cases that were not run this time stay as they were."""
    path.parent.mkdir(exist_ok=True)
    known = {one["name"]: one for one in json.loads(path.read_text())} if path.exists() else {}
    known |= {one.name: asdict(one) for one in rows}
    path.write_text(json.dumps([known[name] for name in sorted(known)], indent=1) + "\n", encoding="utf-8")


def _asked() -> argparse.Namespace:
    ask = argparse.ArgumentParser(prog="make cases", description=__doc__)
    ask.add_argument("names", nargs="*", help="Numbers of cases, as 04; all of them by default.")
    ask.add_argument("--renamed", action="store_true", help="With other names, images and ports.")
    ask.add_argument("--save", type=Path, help="Keep each picture as a specimen in this folder.")
    ask.add_argument("--together", type=int, default=1, help="Cases at once, each in its own namespace.")
    ask.add_argument(
        "--age", type=float, default=60.0, help="Seconds that all must be well before the fault."
    )
    return ask.parse_args()


def row_of_case(row: CaseRow) -> str:
    """One row for the terminal."""
    parts = "".join(
        letter if good else "-"
        for letter, good in zip("cofr", (row.cause, row.about, row.field, row.repair), strict=True)
    )
    base = {True: "ok", False: "no", None: "  "}[row.right_with_baseline]
    mark = "ok" if row.right else "NO"
    return f"{mark} {base} {parts}  {row.name:28} {row.said:70} {row.repaired_by[:90]}  {row.seconds:.1f} s"


class CaseBench:
    """The practice cluster with cases on it."""

    def __init__(self, age: float, save: Path | None) -> None:
        """Open the door."""
        self.kubeconfig = str(places.practice_kubeconfig())
        self.cluster = Cluster.from_kubeconfig(self.kubeconfig)
        self.age, self.save = age, save

    def row(self, case: PracticeCase) -> CaseRow:
        """Raise, break, look, diagnose, clean up."""
        try:
            return self._measured(case)
        except (OutageError, subprocess.SubprocessError) as error:
            said = f"(not measured: {str(error)[:300]})"
            return CaseRow(case.name, said, False, False, False, False, False, "", "", None, 0.0)
        finally:
            self._shell(f"{case.truth.cleanup} || true")

    def _measured(self, case: PracticeCase) -> CaseRow:
        self._kubectl("apply", "-f", "-", given=case.before)
        self._await_content(case)
        well = self._picture(case).snapshot
        self._shell(case.script)
        time.sleep(case.truth.settle_seconds + SETTLE_MORE)
        began = time.monotonic()
        looked = self._picture(case)
        seen = looked.snapshot
        bare = judged_answer(diagnose(looked), case.truth)
        took = time.monotonic() - began
        if self.save:
            keep_specimen(self.save / f"{case.name}.json.gz", seen, well)
            keep_specimen(self.save / f"{case.name}.well.json.gz", well, well)
        based = None
        if case.truth.baseline:
            known = looked.model_copy(update={"baseline": baseline_of(well)})
            based = judged_answer(diagnose(known), case.truth)
        return _row(case, bare, based, took)

    def _await_content(self, case: PracticeCase) -> None:
        """Wait until the visitor has been content for a while.

        Raises:
            OutageError: It does not become content.
        """
        until = time.monotonic() + HEALTHY_WITHIN.total_seconds()
        visitor = next(one for one in ("visitor", "guest") if f"name: {one}\n" in case.before)
        while True:
            words = ("-n", case.namespace, "logs", f"deploy/{visitor}", f"--tail={WELL_SECONDS}")
            said = self._kubectl("--request-timeout=10s", *words, check=False).splitlines()
            if len(said) >= WELL_SECONDS and all(" ok" in line for line in said):
                time.sleep(max(0.0, self.age - WELL_SECONDS))
                return
            if time.monotonic() > until:
                raise OutageError(
                    f"wait for a content visitor of {case.name}: {said[-1:] or 'it says nothing'}"
                )
            time.sleep(2)

    def _picture(self, case: PracticeCase) -> Case:
        return look_around(self.cluster, (case.namespace,), None, timedelta(seconds=LOOK_SECONDS))

    def _kubectl(self, *words: str, given: str | None = None, check: bool = True) -> str:
        return self._run(["kubectl", *words], given, check)

    def _shell(self, script: str) -> str:
        return self._run(["bash", "-c", script], None, check=True)

    def _run(self, command: Sequence[str], given: str | None, check: bool) -> str:
        known = {**os.environ, "KUBECONFIG": self.kubeconfig}
        done = subprocess.run(
            command, input=given, env=known, text=True, capture_output=True, timeout=900, check=False
        )
        if check and done.returncode:
            raise OutageError(f"{' '.join(command)[:80]}: {done.stderr.strip()[-300:]}")
        return done.stdout


def _row(case: PracticeCase, bare: CaseAnswer, based: CaseAnswer | None, took: float) -> CaseRow:
    return CaseRow(
        name=case.name,
        said=bare.said,
        right=bare.right,
        cause=bare.cause,
        about=bare.about,
        field=bare.field,
        repair=bare.repair,
        repaired_by=bare.repaired_by,
        with_baseline=based.said if based else "",
        right_with_baseline=based.right if based else None,
        seconds=round(took, 1),
    )


if __name__ == "__main__":
    sys.exit(investigate_cases())
