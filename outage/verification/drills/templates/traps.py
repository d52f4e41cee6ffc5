"""What looks like an outage and is none, where the right answer is to write nothing."""

from outage.incidents.fault import Injection
from outage.kubernetes.objects import ObjectRef, dig
from outage.verification.drills.drill_target import DrillTarget
from outage.verification.drills.fault_blast import pods_taken_by_rollout
from outage.verification.drills.fitted_fault import FaultShape, Unfit, patch_of

PARKED = "outage-drill-parked"
NOTHING_TO_DO = "NothingToDo"
SETTLES_SECONDS = 15.0


def parked_workload(target: DrillTarget) -> FaultShape | Unfit:
    """A workload that somebody parked at zero replicas, with a Service that nobody calls."""
    labels = {"app": PARKED}
    spec = {
        "replicas": 0,
        "selector": {"matchLabels": labels},
        "template": {
            "metadata": {"labels": labels},
            "spec": {"containers": [{"name": "parked", "image": target.container.get("image")}]},
        },
    }
    port = dig(target.front, "spec.ports.0.port", 80) if target.front else 80
    deployment, front = target.beside("Deployment", PARKED), target.beside("Service", PARKED)
    return FaultShape(
        title="a workload is parked at zero replicas, and nobody calls it",
        blows=(
            _made(deployment, "apps/v1", spec),
            _made(front, "v1", {"selector": labels, "ports": [{"port": port, "targetPort": port}]}),
        ),
        causes=(),
        about=None,
        settle_seconds=SETTLES_SECONDS,
        ending=NOTHING_TO_DO,
    )


def _made(ref: ObjectRef, version: str, spec: dict[str, object]) -> Injection:
    meta = {"name": ref.name, "namespace": ref.namespace}
    manifest = {"apiVersion": version, "kind": ref.kind, "metadata": meta, "spec": spec}
    return Injection(do="create", target=ref, manifest=manifest)


def rolling_restart(target: DrillTarget) -> FaultShape | Unfit:
    """A rollout as on any day: pods come and go, and nobody misses one."""
    if pods_taken_by_rollout(target) >= target.ready:
        return Unfit(reason=f"a restart of {target.name} takes all of its pods: users would feel it")
    return FaultShape(
        title=f"{target.name} is rolled out anew, as on any day",
        blows=(Injection(do="restart", target=target.ref),),
        causes=(),
        about=None,
        settle_seconds=SETTLES_SECONDS,
        ending=NOTHING_TO_DO,
    )


def node_in_maintenance(target: DrillTarget) -> FaultShape | Unfit:
    """One node is cordoned while the others have room."""
    nodes = [one for one in target.snapshot.kind("Node") if not dig(one, "spec.unschedulable")]
    if len(nodes) < 2:
        return Unfit(reason="there is no second node that takes pods")
    ref = ObjectRef(kind="Node", name=nodes[-1]["metadata"]["name"])
    return FaultShape(
        title=f"{ref} is cordoned for maintenance while the others have room",
        blows=(patch_of(ref, {"op": "add", "path": "/spec/unschedulable", "value": True}),),
        causes=(),
        about=None,
        settle_seconds=SETTLES_SECONDS,
        ending=NOTHING_TO_DO,
    )
