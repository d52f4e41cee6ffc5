"""Ingresses that are gone, and whom a route of one hurts."""

from collections.abc import Iterator

from outage.diagnosis.calls.call_graph import ingress_backends
from outage.diagnosis.cause import Cause
from outage.diagnosis.suspect import Suspect, created_again, names_of
from outage.diagnosis.weighing.strength import Strength, Trust
from outage.kubernetes.objects import ObjectRef, dig, object_ref
from outage.snapshots.case_index import CaseIndex
from outage.value import Manifest

EXPECTED = "Requests by this route are answered by the right service."


def missing_ingresses(index: CaseIndex) -> Iterator[Suspect]:
    """An Ingress that the baseline has and that was deleted, when nothing else leads where it led."""
    if index.baseline is None or not index.snapshot.saw("Ingress"):
        return
    for was in index.baseline.objects.get("Ingress", ()):
        about = object_ref(was, "Ingress")
        missed = index.get(about) is None and not _led_elsewhere(index, was)
        if about.namespace in index.home and missed:
            yield _put_back(about, was)


def _put_back(about: ObjectRef, was: Manifest) -> Suspect:
    found = to_backends(about, was, f"{about} was there when all was well and is gone")
    found.alone = True
    found.add(Strength.STATED, "it is not there").add(Trust.BASELINE, "the baseline has it")
    found.repair = created_again(about, was, "networking.k8s.io/v1", EXPECTED)
    found.wanted = "as in the baseline"
    return found


def to_backends(about: ObjectRef, ingress: Manifest, says: str) -> Suspect:
    """A suspect about an Ingress, which explains what fails of the Services that it leads to."""
    found = Suspect(cause=Cause.WRONG_BACKEND, about=about, says=says, explains=names_of(about))
    found.settle = "A request by that route, compared with one to the Service itself."
    for _, backend in ingress_backends(ingress):
        found.explains |= names_of(
            ObjectRef(kind="Service", name=backend.get("name", "?"), namespace=about.namespace)
        )
    return found


def _led_elsewhere(index: CaseIndex, was: Manifest) -> bool:
    """Whether others lead everywhere it led, as after a change of its name."""
    home = object_ref(was).namespace
    live = [one for one in index.all("Ingress") if object_ref(one).namespace == home]
    return bool(_ways(was)) and _ways(was) <= {way for one in live for way in _ways(one)}


def _ways(ingress: Manifest) -> set[tuple[str, str, str]]:
    """Host, path and Service of every route."""
    return {
        (str(rule.get("host")), str(path.get("path")), str(dig(path, "backend.service.name")))
        for rule in dig(ingress, "spec.rules", [])
        for path in dig(rule, "http.paths", [])
    }
