"""`make diagnose`: inject every fault of the catalogue on the practice cluster; does the right cause stand first?

Each fault: wait until the platform is healthy, take pictures, break, look, diagnose, put everything back. The table
goes to the terminal, the same rows to results/diagnose.json; `--save DIR` keeps each picture as a bundle.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.reliability import Answered, is_right, reliability_lines
from bench.specimen_files import baseline_of, keep_specimen
from blocks.kubernetes import Cluster
from outage.diagnosis import diagnose
from outage.errors import OutageError
from outage.incidents.fault import Fault
from outage.kubernetes.objects import object_ref
from outage.plans.fence import unshared_fence
from outage.platforms.platform import Platform
from outage.platforms.platform_file import load_platform
from outage.snapshots.case import Case
from outage.snapshots.snapshot import Snapshot
from practice import ground, places
from practice.faults import fault_catalogue, quiet_faults
from tasks.drill.injection import inject_fault
from tasks.drill.marked_ground import MarkedGround
from tasks.drill.restore import restore, take_before_images
from tasks.observe import Budget, collect_snapshot

HEALTHY_WITHIN = timedelta(minutes=3)
HEADING = (
    "right with a baseline, and without one; fault; expected; what stood first; seconds to look and think"
)


@dataclass(frozen=True)
class DiagnoseRow:
    """One line of the table."""

    fault: str
    expected: str
    first_hypothesis: str
    right: bool
    without_baseline: str
    right_without: bool
    seconds: float
    """From asking for the look to the diagnosis."""
    others: tuple[str, ...] = ()
    strength: str | None = None
    """Of the first hypothesis, with a baseline."""
    strength_without: str | None = None


def diagnose_catalogue() -> int:
    """Run the catalogue, or the named faults."""
    ask = argparse.ArgumentParser(prog="make diagnose", description=__doc__)
    ask.add_argument("names", nargs="*", help="Faults; all of them by default.")
    ask.add_argument("--save", type=Path, help="Keep each picture as a bundle in this folder.")
    wanted = ask.parse_args()
    known = (*quiet_faults(), *fault_catalogue())
    faults = [one for one in known if not wanted.names or one.name in wanted.names]
    bench = PracticeBench()
    rows = []
    print_line(HEADING)
    for fault in faults:
        rows.append(bench.row(fault, wanted.save))
        print_line(row_line(rows[-1]))
        _write(rows)
    right, bare = sum(row.right for row in rows), sum(row.right_without for row in rows)
    answers = [Answered(row.strength, row.right) for row in rows]
    bare_answers = [Answered(row.strength_without, row.right_without) for row in rows]
    for line in reliability_lines([*answers, *bare_answers]):
        print_line(line)
    print_line(f"{right} of {len(rows)} right with a baseline, {bare} without one")
    return 0 if right == len(rows) else 1


def print_line(text: str) -> None:
    """Print a line at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def row_line(row: DiagnoseRow) -> str:
    """One row for the terminal."""
    marks = ("ok " if row.right else "NO ") + ("ok" if row.right_without else "no")
    more = f"  (then {', '.join(row.others)})" if row.others else ""
    bare = (
        "" if row.without_baseline == row.first_hypothesis else f"  without baseline: {row.without_baseline}"
    )
    return f"{marks}  {row.fault:26} {row.expected:26} {row.first_hypothesis:60} {row.seconds:5.1f} s{bare}{more}"


def _write(rows: list[DiagnoseRow]) -> None:
    folder = Path("results")
    folder.mkdir(exist_ok=True)
    text = json.dumps([asdict(row) for row in rows], indent=1)
    (folder / "diagnose.json").write_text(text + "\n", encoding="utf-8")


class PracticeBench:
    """The practice ground with eyes on it."""

    def __init__(self) -> None:
        """Open the doors."""
        self.cluster = Cluster.from_kubeconfig(str(places.practice_kubeconfig()))
        self.platform: Platform = load_platform(places.practice_home() / "platform.yaml")
        self.ground = MarkedGround(
            self.cluster,
            self.platform.namespace,
            unshared_fence("the practice ground"),
            self._sql,
            ground.ground_node,
        )

    def picture(self) -> Snapshot:
        """Look at everything."""
        budget = Budget(time=timedelta(seconds=30))
        return collect_snapshot(self.cluster, self.platform, budget, now=lambda: datetime.now(UTC))

    def row(self, fault: Fault, save: Path | None) -> DiagnoseRow:
        """Break, look, diagnose, put back."""
        good = self._healthy()
        if save is not None and not (save / "healthy.json.gz").exists():
            keep_specimen(save / "healthy.json.gz", good, good)
        baseline = baseline_of(good)
        with self.broken(fault):
            time.sleep(fault.settle_seconds)
            began = time.monotonic()
            seen = self.picture()
            said = diagnose(Case(snapshot=seen, platform=self.platform, baseline=baseline))
            took = time.monotonic() - began
        bare = diagnose(Case(snapshot=seen, platform=self.platform))
        if save is not None:
            keep_specimen(save / f"{fault.name}.json.gz", seen, good)
        names = [f"{one.cause} {one.about}" for one in said.hypotheses]
        return DiagnoseRow(
            fault=fault.name,
            expected=fault.expected.causes[0] if fault.expected.causes else "(nothing)",
            first_hypothesis=names[0] if names else "(nothing)",
            right=is_right(said, fault),
            without_baseline=f"{bare.hypotheses[0].cause} {bare.hypotheses[0].about}"
            if bare.hypotheses
            else "(nothing)",
            right_without=is_right(bare, fault),
            seconds=round(took, 2),
            others=tuple(names[1:4]),
            strength=said.hypotheses[0].strength if said.hypotheses else None,
            strength_without=bare.hypotheses[0].strength if bare.hypotheses else None,
        )

    def _healthy(self) -> Snapshot:
        """Wait until nothing is wrong, and give that picture.

        Raises:
            OutageError: The platform does not become healthy.
        """
        until = time.monotonic() + HEALTHY_WITHIN.total_seconds()
        while True:
            seen = self.picture()
            said = diagnose(Case(snapshot=seen, platform=self.platform))
            if not said.hypotheses:
                return seen
            if time.monotonic() > until:
                raise OutageError(f"wait for a healthy platform: still {said.hypotheses[0].says}")
            time.sleep(3)

    @contextmanager
    def broken(self, fault: Fault) -> Iterator[None]:
        """Break it for as long as the block lasts, then put everything back."""
        pictures = take_before_images(self.ground, fault)
        try:
            inject_fault(self.ground, fault)
            yield
        finally:
            for left in restore(self.ground, fault, pictures):
                print_line(f"{fault.name}: {left} is not as it was")

    def _sql(self, statement: str) -> None:
        """Run statements in the database's own pod, one call each, as its superuser."""
        pods = self.cluster.list("Pod", self.platform.namespace)
        pod = next(object_ref(one).name for one in pods if object_ref(one).name.startswith("postgres-"))
        words = ["psql", "-h", "/var/run/postgresql", "-U", "postgres", "-d", "adaptive_learning"]
        for part in statement.split(";"):
            words += ["-c", part.strip()] if part.strip() else []
        self.cluster.execute(self.platform.namespace, pod, words, container="postgres")


if __name__ == "__main__":
    sys.exit(diagnose_catalogue())
