"""Faults between the callers and the pods: the Service, the route, the network's rules."""

from typing import Any

from outage.diagnosis.cause import Cause
from outage.incidents.fault import Injection
from outage.kubernetes.objects import dig
from outage.verification.drills.drill_target import DrillTarget, ingress_paths
from outage.verification.drills.fitted_fault import FaultShape, Unfit, patch_of
from outage.verification.drills.templates.pod_faults import ABSENT_NAME, UNSERVED_PORT

SETTLES_SECONDS = 40.0
"""Until the monitoring has counted enough requests that failed."""


def service_selector(target: DrillTarget) -> FaultShape | Unfit:
    """One label too many."""
    if isinstance(none := _front_to_break(target), Unfit):
        return none
    change = {"op": "add", "path": "/spec/selector/outage-drill", "value": "stable"}
    return _of_front(target, "asks for one label too many", Cause.SERVICE_SELECTOR, change)


def service_target_port(target: DrillTarget) -> FaultShape | Unfit:
    """A port that nobody serves."""
    if isinstance(none := _front_to_break(target), Unfit):
        return none
    change = {"op": "replace", "path": "/spec/ports/0/targetPort", "value": UNSERVED_PORT}
    return _of_front(target, "sends to a port that nobody serves", Cause.SERVICE_TARGET_PORT, change)


def service_protocol(target: DrillTarget) -> FaultShape | Unfit:
    """UDP in the place of TCP."""
    if isinstance(none := _front_to_break(target), Unfit):
        return none
    change = {"op": "replace", "path": "/spec/ports/0/protocol", "value": "UDP"}
    return _of_front(target, "speaks UDP", Cause.SERVICE_PROTOCOL, change)


def service_missing(target: DrillTarget) -> FaultShape | Unfit:
    """No Service any more."""
    if isinstance(none := _front_to_break(target), Unfit):
        return none
    if dig(target.front, "spec.type", "ClusterIP") in ("LoadBalancer", "NodePort"):
        return Unfit(
            reason=f"the Service of {target.name} has an outside address that a new one would not get"
        )
    return FaultShape(
        title=f"the Service in front of {target.name} is deleted",
        blows=(Injection(do="delete", target=target.front_ref),),
        causes=(Cause.SERVICE_MISSING,),
        about=target.front_ref,
        settle_seconds=SETTLES_SECONDS,
    )


def _front_to_break(target: DrillTarget) -> Unfit | None:
    front = target.front
    if front is None:
        return Unfit(reason=f"{target.name} has no Service in front of it")
    if not dig(front, "spec.selector") or not dig(front, "spec.ports"):
        return Unfit(reason=f"the Service of {target.name} chooses no pods by their labels")
    return None


def _of_front(target: DrillTarget, says: str, cause: Cause, change: dict[str, Any]) -> FaultShape:
    return FaultShape(
        title=f"the Service in front of {target.name} {says}",
        blows=(patch_of(target.front_ref, change),),
        causes=(cause,),
        about=target.front_ref,
        settle_seconds=SETTLES_SECONDS,
    )


def wrong_backend(target: DrillTarget) -> FaultShape | Unfit:
    """A route to a Service that does not exist."""
    for ingress in target.routes:
        ref = target.beside("Ingress", ingress["metadata"]["name"])
        for rule, number, path in ingress_paths(ingress):
            if dig(path, "backend.service.name") == target.service.service:
                where = f"/spec/rules/{rule}/http/paths/{number}/backend/service/name"
                return FaultShape(
                    title=f"the route of {target.name} leads to a Service that does not exist",
                    blows=(patch_of(ref, {"op": "replace", "path": where, "value": ABSENT_NAME}),),
                    causes=(Cause.WRONG_BACKEND,),
                    about=ref,
                    settle_seconds=SETTLES_SECONDS,
                )
    return Unfit(reason=f"no ingress of {target.namespace} leads to {target.name}")


def network_policy(target: DrillTarget) -> FaultShape | Unfit:
    """A new policy that lets nothing in."""
    if isinstance(none := _front_to_break(target), Unfit):
        return none
    if not target.callers and not target.routes:
        return Unfit(reason=f"nobody is known to call {target.name}, so nobody would miss it")
    ref = target.beside("NetworkPolicy", "outage-drill-quarantine")
    spec = {"podSelector": dig(target.workload, "spec.selector", {}), "policyTypes": ["Ingress"]}
    manifest = {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": ref.name, "namespace": ref.namespace},
        "spec": spec,
    }
    return FaultShape(
        title=f"a new policy lets nothing into {target.name}",
        blows=(Injection(do="create", target=ref, manifest=manifest),),
        causes=(Cause.NETWORK_POLICY,),
        about=ref,
        settle_seconds=45,
    )
