"""Services without a selector whose endpoints are those of pods that are gone: nobody keeps them any more."""

from collections.abc import Iterator

from outage.diagnosis.calls.call_graph import CallGraph
from outage.diagnosis.cause import Cause
from outage.diagnosis.findings import Signs
from outage.diagnosis.rules.rule import CauseRule
from outage.diagnosis.rules.services.broken_service import BrokenService
from outage.diagnosis.suspect import SuspectDraft
from outage.diagnosis.weighing.strength import Strength
from outage.kubernetes.objects import dig, object_ref
from outage.snapshots.case_index import CaseIndex
from outage.value import Manifest


def suspect_left_endpoints(index: CaseIndex, signs: Signs) -> Iterator[SuspectDraft]:
    """Services of the platform's own that lead to addresses which pods had once and no pod has now."""
    for service in index.services:
        about = object_ref(service, "Service")
        if dig(service, "spec.selector") or dig(service, "spec.type") == "ExternalName":
            continue
        dead = _of_gone_pods(index, service) if about.namespace in index.home else []
        if dead and CallGraph.of(index).anyone_needs(about):
            yield _suspect(BrokenService(index, signs, service), dead)


def _of_gone_pods(index: CaseIndex, service: Manifest) -> list[str]:
    """Its addresses, when each was a pod's and none is any more.

    What leads out of the cluster, or is kept by hand, names no pod.
    """
    about = object_ref(service, "Service")
    if not index.snapshot.saw("Pod", about.namespace):
        return []
    ends = [end for one in index.slices_of(about) for end in one.get("endpoints") or []]
    alive = {dig(pod, "status.podIP") for pod in index.pods}
    found = [address for end in ends for address in end.get("addresses") or []]
    named = all(dig(end, "targetRef.kind") == "Pod" for end in ends)
    return found if ends and named and not set(found) & alive else []


def _suspect(one: BrokenService, dead: list[str]) -> SuspectDraft:
    says = f"{one.about} has no selector, and no pod has the addresses it leads to: {', '.join(dead[:3])}"
    known = one.known("/spec/selector")
    found = one.suspect(Cause.SERVICE_SELECTOR, says, known.fields if known else (), certain=True)
    found.add(Strength.STATED, "its endpoints are of pods that are gone, and nothing renews them")
    found.field, found.live = "spec.selector", "(absent)"
    if known is None:
        found.settle = (
            "Which pods it is meant for: nothing recorded tells. Give it their labels as its selector."
        )
    return one.trust(found, known, "a selector")


RULES = (
    CauseRule(
        suspect_left_endpoints,
    ),
)
