"""How much is hurt, measured from the picture: the numbers that severity is decided from."""

from outage.diagnosis.calls.call_graph import CallGraph, ingress_backends
from outage.diagnosis.findings import Signs
from outage.diagnosis.findings.facts import Sign
from outage.diagnosis.findings.facts.sign_facts import ProbeFacts
from outage.diagnosis.findings.workload_signs import desired_replicas, ready_replicas
from outage.diagnosis.history.stalled_rollouts import rollout_stands_still
from outage.incidents.severity import Impact
from outage.kubernetes.objects import ObjectRef, dig, object_ref
from outage.kubernetes.workloads import workload_ref
from outage.snapshots.case_index import CaseIndex
from outage.value import Manifest


def impact(index: CaseIndex, signs: Signs) -> Impact:
    """Services down and degraded, probes failing, share of requests failing."""
    workloads = _services(index)
    down = {name for name, one in workloads.items() if _down(index, signs, one)}
    degraded = {name for name, one in workloads.items() if name not in down and _degraded(index, signs, one)}
    stalled = {
        name
        for name, (about, one) in workloads.items()
        if name not in down | degraded and one is not None
        if rollout_stands_still(index, signs, {"kind": about.kind, **one})
    }
    probes = [one for one in index.snapshot.probes if one.user_facing]
    failing = {one.facts.url for one in signs.all if isinstance(one.facts, ProbeFacts)}
    routes = _routes(index)
    return Impact(
        services=len(workloads),
        services_down=tuple(sorted(down)),
        services_degraded=tuple(sorted(degraded)),
        rollouts_stalled=tuple(sorted(stalled)),
        probes=len(probes) or None,
        probes_failing=tuple(one.url for one in probes if one.url in failing),
        error_ratio=error_ratio(index),
        routes=len(routes) or None,
        routes_dead=tuple(name for name, dead in routes.items() if dead),
    )


def _routes(index: CaseIndex) -> dict[str, bool]:
    """The Services that the platform's ingresses lead to, and whether a route to them leads into nothing."""
    found: dict[str, bool] = {}
    for ingress in index.all("Ingress"):
        home = object_ref(ingress).namespace
        for _, backend in ingress_backends(ingress) if home in index.home else ():
            name = str(backend.get("name", "?"))
            service = index.get(ObjectRef(kind="Service", name=name, namespace=home))
            gone = service is None and index.snapshot.saw("Service", home, name)
            lame = service is not None and _no_such_port(service, backend)
            found[name] = found.get(name, False) or gone or lame
    return found


def _no_such_port(service: Manifest, backend: Manifest) -> bool:
    """Whether a route asks for a port that its Service does not have; one without ports has none to lack."""
    ports = dig(service, "spec.ports", [])
    asked = ((dig(backend, "port.number"), "port"), (dig(backend, "port.name"), "name"))
    return bool(ports) and any(
        value is not None and value not in [one.get(of) for one in ports] for value, of in asked
    )


def _services(index: CaseIndex) -> dict[str, tuple[ObjectRef, Manifest | None]]:
    """The platform's services by name: those of its file, or else every workload somebody can call."""
    found: dict[str, tuple[ObjectRef, Manifest | None]] = {}
    for one in index.platform.services:
        about = workload_ref(one.workload, index.platform.namespace)
        found[one.name] = (about, index.get(about))
    if found:
        return found
    called = {str(object_ref(one)) for service in index.services for one in index.behind(service)}
    return {
        object_ref(one).name: (object_ref(one), one)
        for one in index.workloads
        if object_ref(one).namespace in index.home and str(object_ref(one)) in called
    }


def _down(index: CaseIndex, signs: Signs, service: tuple[ObjectRef, Manifest | None]) -> bool:
    about, workload = service
    if workload is None:
        return bool(signs.about(about, Sign.WORKLOAD_MISSING))
    if signs.about(about, Sign.WORKLOAD_DOWN):
        return True
    fronts = _fronts(index, about)
    empty = [one for one in fronts if signs.about(object_ref(one, "Service"), Sign.SERVICE_WITHOUT_ENDPOINTS)]
    parked = desired_replicas(workload) == 0
    needed = any(CallGraph.of(index).anyone_needs(object_ref(one, "Service")) for one in fronts)
    return bool(fronts) and len(empty) == len(fronts) and (not parked or needed)


def _fronts(index: CaseIndex, about: ObjectRef) -> list[Manifest]:
    """The Service that the platform's file names, though it may select nothing; else those that select its pods."""
    written = index.platform.by_workload(about.kind, about.name)
    named = written and written.service
    live = index.get(ObjectRef(kind="Service", name=named, namespace=about.namespace)) if named else None
    return [{"kind": "Service", **live}] if live else index.fronts(about)


def _degraded(index: CaseIndex, signs: Signs, service: tuple[ObjectRef, Manifest | None]) -> bool:
    """Whether it lacks pods, or has them all and its requests fail."""
    about, workload = service
    if signs.about(about, Sign.WORKLOAD_DEGRADED, Sign.ROLLOUT_STUCK):
        return True
    if any(signs.about(object_ref(one, "Service"), Sign.ERROR_RATIO_HIGH) for one in _fronts(index, about)):
        return True
    return (
        workload is not None
        and desired_replicas(workload) > 0
        and ready_replicas(workload) == 0
        and bool(signs.about(about))
    )


def error_ratio(index: CaseIndex) -> float | None:
    """The share of requests that fail over all services, weighted by their traffic when it is known.

    A service with traffic and without a ratio has none failing: Prometheus gives no series for what never happened.
    """
    seen = [one for one in index.snapshot.rates if one.error_ratio is not None]
    if not seen:
        return None
    weighed = [
        ((one.error_ratio or 0.0), one.requests_per_second)
        for one in index.snapshot.rates
        if one.requests_per_second
    ]
    if not weighed:
        return max(one.error_ratio or 0.0 for one in seen)
    return sum(ratio * weight for ratio, weight in weighed) / sum(weight for _, weight in weighed)
