"""Network policies that are gone, so that an older deny now cuts calls."""

from collections.abc import Iterator

from outage.diagnosis.calls.network_admission import is_admitted, policy_applies, policy_calls
from outage.diagnosis.cause import Cause
from outage.diagnosis.suspect import Suspect, created_again, names_of
from outage.diagnosis.weighing.strength import Strength, Trust
from outage.kubernetes.objects import ObjectRef, object_ref
from outage.snapshots.case_index import CaseIndex
from outage.value import Manifest

EXPECTED = "The blocked callers reach the pods again."


def missing_policies(index: CaseIndex) -> Iterator[Suspect]:
    """An allow that the baseline has and that is gone, so that an older deny now cuts calls."""
    if index.baseline is None or not index.snapshot.saw("NetworkPolicy"):
        return
    for was in index.baseline.objects.get("NetworkPolicy", ()):
        about = object_ref(was, "NetworkPolicy")
        if about.namespace not in index.home or index.get(about) is not None:
            continue
        lost = [
            (object_ref(c), object_ref(t))
            for c, t in policy_calls(index)
            if (policy_applies(was, t, "Ingress") and is_admitted(index, "Ingress", t, c) is False)
            or (policy_applies(was, c, "Egress") and is_admitted(index, "Egress", c, t) is False)
        ]
        if lost:
            yield _put_back(about, was, lost)


def _put_back(about: ObjectRef, was: Manifest, lost: list[tuple[ObjectRef, ObjectRef]]) -> Suspect:
    says = (
        f"{about} is gone, and nothing else admits {', '.join(f'{c.name} → {t.name}' for c, t in lost[:4])}"
    )
    found = Suspect(
        cause=Cause.NETWORK_POLICY, about=about, says=says, explains=names_of(*(o for p in lost for o in p))
    )
    found.add(Strength.CONTRADICTED, "known calls are no longer admitted").add(
        Trust.BASELINE, "the baseline has the policy"
    )
    found.wanted = "as in the baseline"
    found.repair = created_again(about, was, "networking.k8s.io/v1", EXPECTED)
    return found
