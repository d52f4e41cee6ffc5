"""The maintenance page: when everything is down and nothing else is left, users get a page instead of errors.

Source: runbook "Traffic Routing".
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from outage.diagnosis.calls.call_graph import ingress_backends
from outage.diagnosis.findings.facts import Sign
from outage.diagnosis.findings.user_signs import url_ref
from outage.diagnosis.findings.workload_signs import ready_replicas
from outage.diagnosis.hypothesis import Action, Risk
from outage.diagnosis.remedies.single_repairs import one_change
from outage.incidents.severity import NOBODY_SERVED, Severity, assess_severity
from outage.kubernetes.objects import ObjectRef, dig, object_ref
from outage.mitigation.mitigation_view import MitigationDraft, MitigationView
from outage.plans.plan import Plan
from outage.platforms.platform import Ingress, Platform
from outage.value import Manifest

HEALS_NOTHING = "this heals nothing; users see a page instead of errors"
ROOT = "/"
"""The main path: what users type."""


class WayIn(NamedTuple):
    """One way in, with the Service that it leads to now."""

    pointer: str
    """JSON pointer of the backend."""
    path: str
    """As users see it."""
    service: str


def maintenance_pages(sight: MitigationView) -> Iterator[MitigationDraft]:
    """The ingress of the platform file, at P0 or when its main path serves nobody."""
    named, home = sight.index.platform.ingress, sight.index.platform.namespace
    if named is None or named.maintenance_service is None:
        return
    ingress = sight.index.get(ObjectRef(kind="Ingress", name=named.name, namespace=home))
    page = sight.index.get(ObjectRef(kind="Service", name=named.maintenance_service, namespace=home))
    if ingress is None or page is None or not sight.index.ready_addresses(page):
        return
    dead = {route: why for route in routes_of_ingress(ingress) if (why := _serves_nobody(sight, route[2]))}
    dead = {route: why for route, why in dead.items() if route[2] != named.maintenance_service}
    worst = (
        assess_severity(sight.diagnosis.assessment.impact).severity is Severity.P0
    )  # measured: a label routes nobody away
    main = any(one.path == ROOT for one in dead)
    if dead and (worst or main) and _answers(sight, named):
        yield from _way(sight, {"kind": "Ingress", **ingress}, {"kind": "Service", **page}, dead)


def shows_page(plan: Plan, platform: Platform) -> bool:
    """Whether a plan leads users to the maintenance page."""
    page = platform.ingress.maintenance_service if platform.ingress else None
    return page is not None and any(
        step.change.target.kind == "Ingress" and any(op.get("value") == page for op in step.change.patch)
        for step in plan.steps
    )


def routes_of_ingress(ingress: Manifest) -> list[WayIn]:
    """Every way in, with the Service that it leads to now."""
    found = []
    for pointer, backend in ingress_backends(ingress):
        rule = pointer[1:].replace("/", ".").removesuffix(".backend.service")
        found.append(WayIn(pointer, str(dig(ingress, f"{rule}.path", ROOT)), str(backend.get("name", "?"))))
    return found


def _serves_nobody(sight: MitigationView, name: str) -> str | None:
    """What shows that no user of a Service is served, or None: a share of errors is no reason to cut off the rest."""
    about = ObjectRef(kind="Service", name=name, namespace=sight.index.platform.namespace)
    if empty := sight.signs.about(about, Sign.SERVICE_WITHOUT_ENDPOINTS):
        return empty[0].says
    asked = [
        one for one in sight.index.snapshot.probes if one.user_facing and url_ref(sight.index, one) == about
    ]
    failing = sight.signs.about(about, Sign.PROBE_FAILING)
    if asked and len(failing) == len(asked):
        return failing[0].says
    known = {one.name for one in sight.index.platform.services if one.service == name} | {name}
    ratios = [one.error_ratio or 0.0 for one in sight.index.snapshot.rates if one.service in known]
    return (
        f"{max(ratios):.0%} of requests to {name} fail" if ratios and max(ratios) >= NOBODY_SERVED else None
    )


def _answers(sight: MitigationView, named: Ingress) -> bool:
    """Whether users reach the ingress at all: one that does not answer shows no page either."""
    asked = [one for one in sight.index.snapshot.probes if one.user_facing]
    if asked:
        return any(one.status is not None for one in asked)
    if named.controller is None:
        return False
    about = sight.named(named.controller).model_copy(update={"namespace": named.controller_namespace})
    controller = sight.workload(about)
    return controller is not None and ready_replicas(controller) > 0


def _way(
    sight: MitigationView, ingress: Manifest, page: Manifest, dead: dict[WayIn, str]
) -> Iterator[MitigationDraft]:
    about, to = object_ref(ingress), object_ref(page).name
    patch = [op for one in dead for op in lead_to_page(ingress, page, one.pointer)]
    if not patch:
        return
    paths = ", ".join(dict.fromkeys(one.path for one in dead))
    summary = f"Route {paths} of {about} to {to}: {HEALS_NOTHING}"
    expected = f"Users of {paths} get the page of {to}."
    first = sight.diagnosis.hypotheses
    yield MitigationDraft(
        eases=first[0] if first else None,
        about=about,
        says=f"Nobody is served by {paths}: {HEALS_NOTHING}",
        repair=one_change(Action.PATCH, about, patch, summary, expected, Risk.HIGH),
        seen=(
            sight.diagnosis.assessment.reason,
            *dict.fromkeys(dead.values()),
            f"{to} has {sight.index.ready_addresses(page)} ready endpoints",
        ),
        against=(HEALS_NOTHING, "the page stays until it is taken back, also when the services answer again"),
        settle="Whether a person wants users to see the page; and who takes it back.",
        onset=first[0].onset if first else None,
        field=patch[0]["path"][1:].replace("/", "."),
        live=next(iter(dead))[2],
        wanted=to,
    )


def lead_to_page(ingress: Manifest, page: Manifest, pointer: str) -> list[dict[str, Any]]:
    """The writes that lead one backend to the page; none when no port of the page can be told."""
    name = {"op": "replace", "path": f"{pointer}/name", "value": object_ref(page).name}
    ports = dig(page, "spec.ports", [])
    asked = dig(ingress, f"{pointer[1:].replace('/', '.')}.port", {})
    if any(asked.get("name", asked.get("number")) in (one.get("name"), one.get("port")) for one in ports):
        return [name]
    if len(ports) != 1:
        return []
    return [name, {"op": "replace", "path": f"{pointer}/port", "value": {"number": ports[0].get("port")}}]
