"""`make heal`: every fault of the catalogue as a whole drill; is it healed, and is everything else untouched?

Writes results/heal.json: fault, right_cause, ending, healed, collateral, writes, plan_seconds, healthy_seconds.
`--save DIR` also keeps a picture of each outage, taken while the response looks at it, as a bundle for the unit tests.
"""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from blocks.cluster import Cluster
from blocks.record import Record
from blocks.settings import Settings
from cli.ground import raise_ground
from outage.baseline import normalise
from outage.fault import Fault
from outage.objects import ref
from outage.value import Manifest
from practice.diagnose import Bench, keep
from practice.faults import catalogue

RESULTS = Path(__file__).resolve().parent.parent / "results"
KINDS = (
    "Deployment",
    "Service",
    "Ingress",
    "ConfigMap",
    "Secret",
    "ServiceAccount",
    "NetworkPolicy",
    "ResourceQuota",
    "LimitRange",
    "PodDisruptionBudget",
    "CronJob",
    "PersistentVolumeClaim",
)
"""Kinds whose objects must be as before after a heal. A scaler changes replicas by itself, so those are left out."""


def main() -> int:
    """Heal the named faults, or all; the exit status is 0 when each ended as it should."""
    ask = argparse.ArgumentParser(prog="make heal", description=__doc__)
    ask.add_argument("names", nargs="*", help="Faults, in this order; all of them by default.")
    ask.add_argument("--save", type=Path, help="Keep a picture of each outage as a bundle in this folder.")
    wanted = ask.parse_args()
    known = {fault.name: fault for fault in catalogue()}
    faults = [known[name] for name in wanted.names or known]
    raise_ground(print)
    rows = []
    for fault in faults:
        rows.append(heal(fault, wanted.save))
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / "heal.json").write_text(json.dumps(rows, indent=2))
        print(line(rows[-1]), flush=True)
    wrong = [row["fault"] for row in rows if not row["as_expected"]]
    print(
        f"{len(rows) - len(wrong)} of {len(rows)} ended as they should"
        + (f"; not: {', '.join(wrong)}" if wrong else "")
    )
    return 1 if wrong else 0


def heal(fault: Fault, save: Path | None = None) -> dict[str, Any]:
    """One drill, with the platform's objects compared before and after."""
    before = objects()
    began = time.monotonic()
    drill = subprocess.Popen(
        [sys.executable, "-m", "cli", "drill", fault.name, "--yes", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
    )
    if save:
        photograph(fault, save, drill)
    printed, told = drill.communicate(timeout=1200)
    seconds = time.monotonic() - began
    incident = json.loads(printed) if printed.strip().startswith("{") else {}
    causes = [one["cause"] for one in incident.get("hypotheses", [])]
    ending = incident.get("ending") or (told.strip().splitlines() or ["nothing"])[-1]
    right_cause = causes[0] in fault.expected.causes if causes else not fault.expected.causes
    collateral = differing(before, objects())
    return {
        "fault": fault.name,
        "right_cause": right_cause,
        "first_hypothesis": causes[0] if causes else None,
        "ending": ending,
        "expected_ending": fault.expected.ending,
        "as_expected": ending == fault.expected.ending and right_cause and not collateral,
        "healed": ending == "Recovered",
        "collateral": collateral,
        "writes": sum(1 for step in incident.get("steps", []) if step["outcome"] == "Applied"),
        "plan_seconds": (incident.get("times") or {}).get("plan_seconds"),
        "healthy_seconds": (incident.get("times") or {}).get("verified_seconds"),
        "drill_seconds": round(seconds, 1),
    }


def photograph(fault: Fault, folder: Path, drill: subprocess.Popen[str]) -> None:
    """Keep a picture of the healthy platform once, then one of the outage, as soon as it is an incident."""
    eyes = Bench()
    if not (folder / "healthy.json.gz").exists():
        keep(folder / "healthy.json.gz", eyes.picture())
    with Record.open(Settings().record_dsn) as record:
        before = {one.id for one in record.incidents(limit=20)}
        while drill.poll() is None and {one.id for one in record.incidents(limit=20)} <= before:
            time.sleep(0.5)
    if drill.poll() is None:
        keep(folder / f"{fault.name}.json.gz", eyes.picture())


def objects() -> dict[str, Manifest]:
    """The platform's objects, normalised, by name."""
    settings = Settings()
    cluster = Cluster.from_kubeconfig(settings.kubeconfig or "/var/lib/outage-practice/kubeconfig")
    found: dict[str, Manifest] = {}
    for kind in KINDS:
        for one in cluster.list(kind, "adaptive-learning-production"):
            found[str(ref(one, kind))] = without_replicas(normalise(one))
    return found


def without_replicas(manifest: Manifest) -> Manifest:
    """Leave out what a scaler writes and what a rollout marks."""
    spec = {key: value for key, value in (manifest.get("spec") or {}).items() if key != "replicas"}
    return {**manifest, "spec": spec} if "spec" in manifest else manifest


def differing(before: dict[str, Manifest], after: dict[str, Manifest]) -> list[str]:
    """Names of objects that are not as they were."""
    return sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))


def line(row: dict[str, Any]) -> str:
    """One row for people."""
    mark = "ok " if row["as_expected"] else "NOT"
    collateral = f", touched {', '.join(row['collateral'])}" if row["collateral"] else ""
    return (
        f"{mark} {row['fault']:28} {row['ending']:14} cause {row['first_hypothesis']}"
        f" ({'right' if row['right_cause'] else 'wrong'}), {row['writes']} writes,"
        f" plan {row['plan_seconds']} s, healthy {row['healthy_seconds']} s{collateral}"
    )


if __name__ == "__main__":
    sys.exit(main())
