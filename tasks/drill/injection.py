"""Break things on the practice ground as a fault of the catalogue says.

Promises: the caller has taken pictures first; nothing outside a namespace that is marked for drills is broken.
"""

from datetime import UTC, datetime
from typing import Any

from blocks.kubernetes.drill_writer import JSON_PATCH, STRATEGIC_PATCH
from outage.errors import ClusterRejected, cut
from outage.incidents.fault import Fault, Injection
from outage.kubernetes.json_patch import patched_object
from outage.kubernetes.objects import dig, labels_of, object_ref, selects_labels
from outage.plans.planning import RESTARTED_AT
from outage.value import Manifest
from tasks.drill.marked_ground import MarkedGround, forbidden_reason


def inject_fault(ground: MarkedGround, fault: Fault, later: bool = False) -> None:
    """Break it.

    Args:
        ground: Where.
        fault: What.
        later: Those of its blows that wait for a phase of the response, in the place of the others.

    Source: the fault's own entry in the catalogue.
    Changes: whatever the fault's blows say.
    Take back: `mend` with the pictures taken before.

    Raises:
        ClusterRejected: The fault may not be injected here, or a blow does not fit. Permanent.
        FenceLost: Another process holds the ground since. Permanent.
    """
    if because := forbidden_reason(ground, fault):
        raise ClusterRejected(f"inject {fault.name}: {because}")
    for blow in fault.later_blows if later else fault.first_blows:
        anew = fault.destroys_history and blow.do == "patch"
        inject_step(ground, blow.model_copy(update={"do": "replace"}) if anew else blow)


def inject_step(ground: MarkedGround, blow: Injection) -> None:
    """One blow.

    Raises:
        FenceLost: Another process holds the ground since. Permanent.
    """
    ground.fence.confirm_held()
    target = blow.target
    match blow.do:
        case "patch":
            _patch(ground, blow)
        case "restart":
            note = {RESTARTED_AT: datetime.now(UTC).isoformat()}
            _patch(ground, blow.model_copy(update={"merge": _template_note(note)}))
        case "create":
            ground.writer.create(target, _whole(blow))
        case "delete":
            ground.writer.delete(target)
        case "replace":
            _replace(ground, blow)
        case "sql":
            _sql(ground, blow)
        case "run":
            _run(ground, blow)
        case "stop-node" | "start-node" | "stop-part" | "start-part":
            _power(ground, blow)


def _sql(ground: MarkedGround, blow: Injection) -> None:
    if ground.sql is None:
        raise ClusterRejected(f"inject into {blow.target}: nobody here can speak to the database")
    ground.sql(blow.sql)


def _power(ground: MarkedGround, blow: Injection) -> None:
    if ground.nodes is None:
        raise ClusterRejected(f"{blow.do} {blow.target.name}: nobody here has power over nodes")
    ground.nodes(blow.do.partition("-")[0], blow.target.name)


def _run(ground: MarkedGround, blow: Injection) -> None:
    """Carry out a command in every pod of a workload: one that is spared would go on serving."""
    cluster, target = ground.cluster, blow.target
    what = f"run {' '.join(blow.command)} in the pods of {target}"
    wanted = dig(cluster.get(target), "spec.selector.matchLabels", {})
    pods = [pod for pod in cluster.list("Pod", target.namespace) if selects_labels(wanted, labels_of(pod))]
    if not pods:
        raise ClusterRejected(f"{what}: it has none")
    for pod in pods:
        ground.fence.confirm_held()
        said = cluster.execute(target.namespace, object_ref(pod).name, list(blow.command))
        if said.code:
            raise ClusterRejected(f"{what}: {object_ref(pod).name} ended with {said.code}: {cut(said.err)}")


def _template_note(note: dict[str, str]) -> dict[str, Any]:
    return {"spec": {"template": {"metadata": {"annotations": note}}}}


def _whole(blow: Injection) -> Manifest:
    if blow.manifest is None:
        raise ClusterRejected(f"{blow.do} {blow.target}: the blow has no manifest")
    return blow.manifest


def _patch(ground: MarkedGround, blow: Injection) -> None:
    body: Any = blow.patch or blow.merge
    ground.writer.patch(blow.target, body, JSON_PATCH if blow.patch else STRATEGIC_PATCH)


def _replace(ground: MarkedGround, blow: Injection) -> None:
    """Delete and create anew, so that no revision and no last-applied is left to return to."""
    writer, manifest = ground.writer, blow.manifest
    if manifest is None:
        live = ground.cluster.get(blow.target)
        if blow.merge:
            live = writer.try_patch(blow.target, blow.merge)
        manifest = patched_object(live, tuple(blow.patch)) if blow.patch else live
        notes = manifest["metadata"].get("annotations") or {}
        notes.pop("kubectl.kubernetes.io/last-applied-configuration", None)
        notes.pop("deployment.kubernetes.io/revision", None)
    writer.delete(blow.target)
    writer.create(blow.target, manifest)
