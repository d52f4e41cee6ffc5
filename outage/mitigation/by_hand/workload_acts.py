"""Restart, restart all, scale and undo, as a person chose them.

Source: runbook "Service Restart" and "Scale Services".
"""

from graphlib import CycleError, TopologicalSorter

from outage.diagnosis.findings.parked_workloads import autoscalers_of
from outage.diagnosis.findings.workload_signs import desired_replicas
from outage.diagnosis.hypothesis import Action, Change, Repair, Risk
from outage.diagnosis.known_good.plain_templates import plain_template
from outage.diagnosis.remedies.single_repairs import one_change
from outage.diagnosis.resolution_action import ResolutionAction
from outage.kubernetes.objects import ObjectRef, annotations_of, dig, object_ref
from outage.mitigation.by_hand.hand_draft import HandDraft, data_store, refused, serving_workload
from outage.mitigation.mitigation_view import MitigationView
from outage.platforms.platform import Service
from outage.text.listing import some_of
from outage.value import Manifest

REVISION = "deployment.kubernetes.io/revision"


def chosen_restart(sight: MitigationView, action: ResolutionAction) -> HandDraft:
    """Replace the pods of one service, in the way that its own rollout says."""
    service, workload = serving_workload(sight, action)
    about = object_ref(workload)
    if not desired_replicas(workload):
        raise refused(action, f"{about} is scaled to 0: there is no pod to replace")
    expected = f"New pods of {about.name} become ready and answer without errors."
    repair = one_change(Action.RESTART, about, (), f"Restart {about}", expected, Risk.MEDIUM)
    lost = "what the old processes hold in memory is lost, also what would tell why they fail"
    return HandDraft(about=about, repair=repair, heals=(service.name,), against=(lost,))


def chosen_restarts(sight: MitigationView, action: ResolutionAction) -> HandDraft:
    """Replace the pods of every service that keeps no data, what others lean on first, one after the other."""
    stores = [one.name for one in sight.index.platform.services if data_store(sight, one)]
    restarted = [one for one in leaned_on_first(sight) if one.name not in stores and _runs(sight, one)]
    if not restarted:
        raise refused(action, "no service of the platform file runs here and keeps no data")
    targets = list(dict.fromkeys(sight.named(one.workload) for one in restarted))
    changes = tuple(
        Change(
            action=Action.RESTART,
            target=target,
            why="every service is restarted, one after the other",
            expected=f"New pods of {target.name} become ready; only then the next service is restarted.",
            risk=Risk.HIGH,
        )
        for target in targets
    )
    names = some_of([one.name for one in targets], 12)
    left = f"; left alone, since they keep data: {some_of(stores, 12)}" if stores else ""
    repair = Repair(summary=f"Restart {names}, one after the other{left}", changes=changes)
    heals = tuple(one.name for one in restarted)
    return HandDraft(about=targets[0], repair=repair, heals=heals, against=("every service is disturbed",))


def leaned_on_first(sight: MitigationView) -> list[Service]:
    """The services of the platform file, each after those that it depends on; as written where they go in circles."""
    services = sight.index.platform.services
    known = {one.name for one in services}
    order = TopologicalSorter({one.name: known & set(one.depends_on) for one in services})
    try:
        ranks = {name: rank for rank, name in enumerate(order.static_order())}
    except CycleError:
        return list(services)
    return sorted(services, key=lambda one: ranks[one.name])


def _runs(sight: MitigationView, service: Service) -> bool:
    workload = sight.workload(sight.named(service.workload))
    return workload is not None and desired_replicas(workload) > 0


def chosen_scale(sight: MitigationView, action: ResolutionAction) -> HandDraft:
    """Give one service as many pods as the person says; where an autoscaler decides, by the least that it may make."""
    service, workload = serving_workload(sight, action)
    about, now, wanted = object_ref(workload), desired_replicas(workload), action.replicas
    if about.kind == "DaemonSet":
        raise refused(action, f"{about} has a pod on every node and no number of replicas")
    if wanted is None:
        raise refused(action, "the number of replicas is missing")
    if wanted == now:
        raise refused(action, f"{about} has {now} replicas already")
    if wanted < service.replicas_floor:
        floor = service.replicas_floor
        raise refused(action, f"the platform file lets {service.name} never have fewer than {floor}")
    expected = f"{about.name} has {wanted} ready pods."
    scaler = next(iter(autoscalers_of(sight.index, about)), None)
    if scaler is not None and now:  # at 0 it decides nothing
        repair = _least_made(action, {"kind": "HorizontalPodAutoscaler", **scaler}, now, wanted, expected)
        return HandDraft(about=about, repair=repair, heals=(service.name,))
    patch = [{"op": "replace", "path": "/spec/replicas", "value": wanted}]
    words = f"Scale {about} from {now} to {wanted}"
    repair = one_change(Action.SCALE, about, patch, words, expected, Risk.MEDIUM)
    return HandDraft(about=about, repair=repair, heals=(service.name,))


def _least_made(action: ResolutionAction, scaler: Manifest, now: int, wanted: int, expected: str) -> Repair:
    """Have an autoscaler make so many pods at least: what is written to its workload it writes over within seconds."""
    target: ObjectRef = object_ref(scaler)
    least, most = dig(scaler, "spec.minReplicas", 1), dig(scaler, "spec.maxReplicas", 0)
    if not now < wanted <= most:
        why = f"{target} decides, and would write it over: it keeps {least} to {most} pods, now {now}"
        raise refused(action, why)
    # `add` also replaces: the field may be left out
    patch = [{"op": "add", "path": "/spec/minReplicas", "value": wanted}]
    words = f"Raise minReplicas of {target} from {least} to {wanted}"
    return one_change(Action.PATCH, target, patch, words, expected, Risk.MEDIUM)


def chosen_undo(sight: MitigationView, action: ResolutionAction) -> HandDraft:
    """Take one Deployment back to an older revision: the one before, or the one that the person names."""
    service, workload = serving_workload(sight, action)
    about = object_ref(workload)
    if about.kind != "Deployment":
        raise refused(action, f"{about} is no Deployment, and only those keep revisions to go back to")
    live = plain_template(dig(workload, "spec.template", {}))
    older = [
        one
        for one in sight.index.replica_sets(about)
        if plain_template(dig(one, "spec.template", {})) != live
    ]
    chosen = next((one for one in older if action.revision in (None, _revision_of(one))), None)
    if chosen is None:
        known = ", ".join(str(_revision_of(one)) for one in older) or "none"
        raise refused(action, f"{about} has no such revision to go back to; it has {known}")
    template = plain_template(dig(chosen, "spec.template", {}))
    patch = [{"op": "replace", "path": "/spec/template", "value": template}]
    words = f"Undo {about} to revision {_revision_of(chosen)}"
    expected = f"New pods of {about.name} become ready and answer as they did then."
    repair = one_change(Action.UNDO, about, patch, words, expected, Risk.MEDIUM)
    return HandDraft(about=about, repair=repair, heals=(service.name,))


def _revision_of(replica_set: Manifest) -> int:
    number = annotations_of(replica_set).get(REVISION, "")
    return int(number) if number.isdigit() else 0
