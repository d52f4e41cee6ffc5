"""`make heal`: every fault of the catalogue as a whole drill; is it healed, and is everything else untouched?

Each row is kept in results/drill-rows.jsonl under the versions of program and fault, so that several runs add up to the
whole; results/heal.json has those that hold now.
`--save DIR` also keeps a picture of each outage, taken while the response looks at it, as a bundle for the unit tests.
"""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from bench.diagnose import PracticeBench
from bench.drills.drill_rows import (
    Arm,
    CameTo,
    DrillRow,
    keep_row,
    missing_faults,
    read_rows,
    standing_rows,
)
from bench.specimen_files import keep_specimen
from blocks.installation.program_version import program_version
from blocks.kubernetes import Cluster
from blocks.record import Record
from blocks.settings import Settings
from cli.drills.drill_preparation import raise_ground
from outage.incidents.fault import Fault
from outage.kubernetes.objects import ObjectRef, object_ref
from outage.snapshots.baseline import normalised
from outage.value import Manifest
from practice.faults import fault_catalogue, quiet_faults

RESULTS = Path(__file__).resolve().parents[2] / "results"
WATCHED_SECONDS = 90.0
"""Longer than any alert of the ground takes, and than the watch takes to come by."""
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
    "StatefulSet",
    "DaemonSet",
    "HorizontalPodAutoscaler",
    "Role",
    "RoleBinding",
    "Job",
)
WIDE_KINDS = (
    "Node",
    "Namespace",
    "PriorityClass",
    "ValidatingWebhookConfiguration",
    "MutatingWebhookConfiguration",
)
SYSTEM_KINDS = ("ConfigMap", "Deployment", "DaemonSet", "Service")
"""Of kube-system: the cluster's DNS and its agents."""


def heal_catalogue() -> int:
    """Heal the named faults, or all that no kept row tells of; the exit status is 0 when each ended as it should."""
    ask = argparse.ArgumentParser(prog="make heal", description=__doc__)
    ask.add_argument("names", nargs="*", help="Faults, in this order; all of them by default.")
    ask.add_argument("--save", type=Path, help="Keep a picture of each outage as a bundle in this folder.")
    ask.add_argument("--again", action="store_true", help="Also what an earlier run of this program told.")
    wanted = ask.parse_args()
    known = {fault.name: fault for fault in (*quiet_faults(), *fault_catalogue())}
    faults = [known[name] for name in wanted.names or known]
    kept = standing_rows(read_rows(), faults, program_version())
    open_still = faults if wanted.again else missing_faults(kept, faults, Arm.OURS)
    if open_still:
        raise_ground(print)
    for fault in open_still:
        row = heal(fault, wanted.save) if fault.expected.causes else leave_alone(fault)
        keep_row(row_of(fault, row, Arm.OURS))
        print(heal_line(row), flush=True)
    rows = [one for one in standing_rows(read_rows(), faults, program_version()) if one.arm is Arm.OURS]
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "heal.json").write_text(json.dumps([one.model_dump(mode="json") for one in rows], indent=2))
    wrong = [row.fault for row in rows if not row.as_expected]
    print(
        f"{len(rows) - len(wrong)} of {len(rows)} ended as they should"
        + (f" ({len(rows) - len(open_still)} of an earlier run)" if len(rows) > len(open_still) else "")
        + (f"; not: {', '.join(wrong)}" if wrong else "")
    )
    return 1 if wrong else 0


def row_of(fault: Fault, row: dict[str, Any], arm: Arm) -> DrillRow:
    """What one drill came to, under what it holds for."""
    cause = "right" if row["right_cause"] else f"wrong: {row['first_hypothesis']}"
    came_to = CameTo(
        as_expected=row["as_expected"],
        right_cause=row["right_cause"],
        healed=row["healed"],
        collateral=tuple(row["collateral"]),
        writes=row["writes"],
        healthy_seconds=row["healthy_seconds"],
        says=f"{row['ending']} (should be {row['expected_ending']}), cause {cause}",
    )
    return DrillRow.of(arm, fault, came_to)


def heal(fault: Fault, save: Path | None = None) -> dict[str, Any]:
    """One drill, with the platform's objects compared before and after."""
    let_incidents_end()
    before = objects_of()
    began = time.monotonic()
    drill = subprocess.Popen(
        [sys.executable, "-m", "cli", "drill", fault.name, "--yes", "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
    )
    if save:
        object_pictures(fault, save, drill)
    printed, told = drill.communicate()
    seconds = time.monotonic() - began
    incident = json.loads(printed) if printed.strip().startswith("{") else {}
    causes = [one["cause"] for one in incident.get("hypotheses", [])]
    ending = incident.get("ending") or (told.strip().splitlines() or ["nothing"])[-1]
    right_cause = causes[0] in fault.expected.causes if causes else not fault.expected.causes
    collateral = differing_paths_of(before, objects_of())
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
        "plan_seconds": seconds_of(incident, "plan_seconds"),
        "healthy_seconds": seconds_from_fault(incident),
        "drill_seconds": round(seconds, 1),
    }


def let_incidents_end() -> None:
    """Give what an earlier drill left behind time to end; a question that nobody will answer is declined."""
    with Record.open(Settings().record_dsn) as record:
        until = time.monotonic() + WATCHED_SECONDS
        while (still := record.open_incidents()) and time.monotonic() < until:
            time.sleep(1)
        for one in still:
            print(f"  declined {one.id}, opened between drills: {one.title}", flush=True)
            words = ["decline", one.id, "--by", "bench", "--why", "opened between two drills of the bench"]
            subprocess.run([sys.executable, "-m", "cli", *words], check=False, capture_output=True)
        while still and record.open_incidents() and time.monotonic() < until + WATCHED_SECONDS:
            time.sleep(1)


def seconds_of(incident: dict[str, Any], name: str) -> float | None:
    """One of an incident's times, to the tenth."""
    value = (incident.get("times") or {}).get(name)
    return None if value is None else round(value, 1)


def seconds_from_fault(incident: dict[str, Any]) -> float | None:
    """From the fault until recovery was proven; an incident's own times begin with its opening."""
    detected, verified = (seconds_of(incident, name) for name in ("detect_seconds", "verified_seconds"))
    return None if detected is None or verified is None else round(detected + verified, 1)


def leave_alone(case: Fault) -> dict[str, Any]:
    """What is no outage: nothing may be opened or written while it stands."""
    before, eyes = objects_of(), PracticeBench()
    with Record.open(Settings().record_dsn) as record:
        known = {one.id for one in record.incidents(limit=20)}
        with eyes.broken(case):
            time.sleep(case.settle_seconds + WATCHED_SECONDS)
        opened = [one for one in record.incidents(limit=20) if one.id not in known]
        writes = sum(len(record.intents(one.id)) for one in opened)
    collateral = differing_paths_of(before, objects_of())
    return {
        "fault": case.name,
        "right_cause": not opened,
        "first_hypothesis": opened[0].title if opened else None,
        "ending": "left alone" if not opened else "opened an incident",
        "expected_ending": "left alone",
        "as_expected": not opened and not writes and not collateral,
        "healed": False,
        "collateral": collateral,
        "writes": writes,
        "plan_seconds": None,
        "healthy_seconds": None,
    }


def object_pictures(fault: Fault, folder: Path, drill: subprocess.Popen[str]) -> None:
    """Keep a picture of the healthy platform once, then one of the outage, as soon as it is an incident."""
    eyes = PracticeBench()
    well = eyes.picture()  # the drill looks for a baseline of its own before it breaks anything
    if not (folder / "healthy.json.gz").exists():
        keep_specimen(folder / "healthy.json.gz", well, well)
    with Record.open(Settings().record_dsn) as record:
        before = {one.id for one in record.incidents(limit=20)}
        while drill.poll() is None and {one.id for one in record.incidents(limit=20)} <= before:
            time.sleep(0.5)
    if drill.poll() is None:
        keep_specimen(folder / f"{fault.name}.json.gz", eyes.picture(), well)


def objects_of() -> dict[str, Manifest]:
    """The platform's objects, normalised, by name."""
    settings = Settings()
    cluster = Cluster.from_kubeconfig(settings.kubeconfig or "/var/lib/outage-practice/kubeconfig")
    found: dict[str, Manifest] = {}
    places: list[tuple[str, str | None]] = [(kind, "adaptive-learning-production") for kind in KINDS]
    places += [(kind, "kube-system") for kind in SYSTEM_KINDS] + [(kind, None) for kind in WIDE_KINDS]
    for kind, namespace in places:
        for one in cluster.list(kind, namespace):
            found[str(object_ref(one, kind))] = normalised(one)
    for scaler in [one for name, one in found.items() if name.startswith("horizontalpodautoscaler/")]:
        target = ObjectRef(namespace="adaptive-learning-production", **scaled_replicas(scaler))
        if str(target) in found:
            found[str(target)] = without_replicas(found[str(target)])
    return found


def scaled_replicas(scaler: Manifest) -> dict[str, str]:
    """Kind and name of what an autoscaler scales."""
    target = scaler["spec"]["scaleTargetRef"]
    return {"kind": target["kind"], "name": target["name"]}


def without_replicas(manifest: Manifest) -> Manifest:
    """Leave out what the scaler of this workload writes."""
    spec = {key: value for key, value in (manifest.get("spec") or {}).items() if key != "replicas"}
    return {**manifest, "spec": spec} if "spec" in manifest else manifest


def differing_paths_of(before: dict[str, Manifest], after: dict[str, Manifest]) -> list[str]:
    """Names of objects that are not as they were."""
    return sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))


def heal_line(row: dict[str, Any]) -> str:
    """One row for people."""
    mark = "ok " if row["as_expected"] else "NOT"
    collateral = f", touched {', '.join(row['collateral'])}" if row["collateral"] else ""
    return (
        f"{mark} {row['fault']:28} {row['ending']:14} cause {row['first_hypothesis']}"
        f" ({'right' if row['right_cause'] else 'wrong'}), {row['writes']} writes,"
        f" plan {row['plan_seconds']} s, healthy {row['healthy_seconds']} s{collateral}"
    )


if __name__ == "__main__":
    sys.exit(heal_catalogue())
