"""Ingresses that are gone, and whom a route of one hurts."""

from typing import NamedTuple

from outage.diagnosis.calls.call_graph import ingress_backends
from outage.diagnosis.cause import Cause
from outage.diagnosis.findings import Signs
from outage.diagnosis.rules.changes.gone_objects import Gone, Loss
from outage.diagnosis.rules.rule import CauseRule
from outage.diagnosis.suspect import names_of
from outage.diagnosis.weighing.strength import Strength
from outage.kubernetes.objects import ObjectRef, dig, object_ref
from outage.snapshots.case_index import CaseIndex
from outage.value import Manifest

EXPECTED = "Requests by this route are answered by the right service."
SETTLE_ROUTE = "A request by that route, compared with one to the Service itself."


class IngressPath(NamedTuple):
    """One route of an Ingress, as far as two of them are compared."""

    host: str
    path: str
    service: str


def routes_lost(index: CaseIndex, _: Signs, about: ObjectRef, was: Manifest) -> Loss | None:
    """What a deleted Ingress led to, when nothing else leads there."""
    if _led_elsewhere(index, was):
        return None
    return Loss(
        says=f"{about} was there when all was well and is gone",
        strength=Strength.STATED,
        shown_by="it is not there",
        explains=frozenset(backend_names(about, was)),
        alone=True,
        settle=SETTLE_ROUTE,
    )


def backend_names(about: ObjectRef, ingress: Manifest) -> set[str]:
    """An Ingress and the Services that it leads to: what fails of these it explains."""
    named = [backend.get("name", "?") for _, backend in ingress_backends(ingress)]
    return names_of(about, *(ObjectRef(kind="Service", name=one, namespace=about.namespace) for one in named))


def _led_elsewhere(index: CaseIndex, was: Manifest) -> bool:
    """Whether others lead everywhere it led, as after a change of its name."""
    home = object_ref(was).namespace
    live = [one for one in index.all("Ingress") if object_ref(one).namespace == home]
    return bool(_ways(was)) and _ways(was) <= {way for one in live for way in _ways(one)}


def _ways(ingress: Manifest) -> set[IngressPath]:
    return {
        IngressPath(str(rule.get("host")), str(path.get("path")), str(dig(path, "backend.service.name")))
        for rule in dig(ingress, "spec.rules", [])
        for path in dig(rule, "http.paths", [])
    }


RULES = (CauseRule(Gone(("Ingress",), Cause.WRONG_BACKEND, missed_by=routes_lost, expected=EXPECTED).find),)
