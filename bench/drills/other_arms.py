"""What people try without us: nothing, deleting the pods that fail, undoing whatever changed last."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.diagnose import PracticeBench
from bench.drills.drill_rows import Arm, CameTo, DrillRow
from bench.drills.heal import differing_paths_of, let_incidents_end, objects_of
from blocks.record import Record
from blocks.settings import Settings
from outage.diagnosis import diagnose
from outage.incidents.fault import Fault
from outage.kubernetes.objects import dig, object_ref
from outage.kubernetes.readiness import is_pod_ready
from outage.snapshots.case import Case
from outage.value import Manifest
from practice import places

REACTS_AFTER_SECONDS = 30.0
"""From the fault's showing: about as long as an alert takes to reach somebody who is awake."""
HEALTHY_WITHIN_SECONDS = 240.0
LOOK_EVERY_SECONDS = 3.0
TYPED_SECONDS = 60


def answered_otherwise(fault: Fault, arm: Arm) -> DrillRow:
    """Break, let the arm react, watch whether it heals, put everything back.

    Args:
        fault: Of the catalogue.
        arm: One of the three that are not ours.
    """
    let_incidents_end()
    before, eyes = objects_of(), PracticeBench()
    with announced(fault), eyes.broken(fault):
        began = time.monotonic()
        time.sleep(fault.settle_seconds + REACTS_AFTER_SECONDS)
        writes = REACTIONS[arm](eyes)
        seconds = seconds_until_healthy(eyes, began)
    let_incidents_end()
    collateral = differing_paths_of(before, objects_of())
    healed = seconds is not None and bool(fault.expected.causes)
    came_to = CameTo(
        as_expected=(healed or not fault.expected.causes) and not collateral,
        healed=healed,
        collateral=tuple(collateral),
        writes=writes,
        healthy_seconds=round(seconds, 1) if healed and seconds is not None else None,
        says="healthy" if healed else "not healthy in time",
    )
    return DrillRow.of(arm, fault, came_to)


@contextmanager
def announced(fault: Fault) -> Iterator[None]:
    """Say that it is practice for as long as the block lasts: the response answers it, and nobody says yes."""
    now = datetime.now(UTC)
    with Record.open(Settings().record_dsn) as record:
        drill = record.announce_drill(
            PracticeBench().platform.namespace, fault.name, now + timedelta(hours=1), now
        )
        try:
            yield
        finally:
            record.keep_drill(drill.id, {"says": "an arm of the bench"}, datetime.now(UTC))


def seconds_until_healthy(eyes: PracticeBench, began: float) -> float | None:
    """Seconds from a moment until two looks in a row find nothing; None when they do not in time."""
    well = 0
    while time.monotonic() - began < HEALTHY_WITHIN_SECONDS:
        found = diagnose(Case(snapshot=eyes.picture(), platform=eyes.platform))
        well = 0 if found.hypotheses or found.findings else well + 1
        if well == 2:
            return time.monotonic() - began
        time.sleep(LOOK_EVERY_SECONDS)
    return None


def do_nothing(_: PracticeBench) -> int:
    """Nothing."""
    return 0


def delete_failing_pods(eyes: PracticeBench) -> int:
    """Delete every pod of the platform that is not ready; controllers make new ones."""
    failing = failing_pods(eyes.cluster.list("Pod", eyes.platform.namespace))
    for name in failing:
        typed(["delete", "pod", name, "--wait=false"], eyes)
    return len(failing)


def failing_pods(pods: list[Manifest]) -> list[str]:
    """Names of the pods that are not ready and have not done their work."""
    return [
        object_ref(one, "Pod").name
        for one in pods
        if not is_pod_ready(one) and dig(one, "status.phase", "") != "Succeeded"
    ]


def undo_blindly(eyes: PracticeBench) -> int:
    """Undo each deployment that lacks ready pods; where none does, the one that was rolled out last."""
    chosen = undone_deployments(
        eyes.cluster.list("Deployment", eyes.platform.namespace),
        eyes.cluster.list("ReplicaSet", eyes.platform.namespace),
    )
    for name in chosen:
        typed(["rollout", "undo", f"deployment/{name}"], eyes)
    return len(chosen)


def undone_deployments(deployments: list[Manifest], replica_sets: list[Manifest]) -> list[str]:
    """Names of the deployments that somebody would undo who looks at `kubectl get deployments` alone."""
    lacking = [
        object_ref(one, "Deployment").name
        for one in deployments
        if dig(one, "status.readyReplicas", 0) < dig(one, "spec.replicas", 1)
        or dig(one, "status.updatedReplicas", 0) < dig(one, "spec.replicas", 1)
    ]
    if lacking:
        return lacking
    newest = max(replica_sets, key=lambda one: str(dig(one, "metadata.creationTimestamp", "")), default=None)
    owners = dig(newest, "metadata.ownerReferences", []) if newest else []
    return [owners[0]["name"]] if owners else []


def typed(words: list[str], eyes: PracticeBench) -> None:
    """Run kubectl as a person would; what it refuses is no news to an arm that looks at nothing."""
    place = ["--kubeconfig", str(places.practice_kubeconfig()), "-n", eyes.platform.namespace]
    kubectl = Path(sys.executable).with_name("kubectl")
    subprocess.run([str(kubectl), *place, *words], capture_output=True, timeout=TYPED_SECONDS, check=False)


REACTIONS: dict[Arm, Callable[[PracticeBench], int]] = {
    Arm.NOTHING: do_nothing,
    Arm.DELETE_PODS: delete_failing_pods,
    Arm.BLIND_UNDO: undo_blindly,
}
