"""Network policies that are gone, so that an older deny now cuts calls."""

from outage.diagnosis.calls.network_admission import is_admitted, policy_applies, policy_calls
from outage.diagnosis.cause import Cause
from outage.diagnosis.findings import Signs
from outage.diagnosis.rules.changes.gone_objects import Gone, Loss
from outage.diagnosis.rules.rule import CauseRule
from outage.diagnosis.suspect import names_of
from outage.diagnosis.weighing.strength import Strength
from outage.kubernetes.objects import ObjectRef, object_ref
from outage.snapshots.case_index import CaseIndex
from outage.value import Manifest

EXPECTED = "The blocked callers reach the pods again."


def calls_cut_since(index: CaseIndex, _: Signs, about: ObjectRef, was: Manifest) -> Loss | None:
    """Known calls that the policy admitted and nothing else does."""
    lost = [
        (object_ref(c), object_ref(t))
        for c, t in policy_calls(index)
        if (policy_applies(was, t, "Ingress") and is_admitted(index, "Ingress", t, c) is False)
        or (policy_applies(was, c, "Egress") and is_admitted(index, "Egress", c, t) is False)
    ]
    if not lost:
        return None
    calls = ", ".join(f"{caller.name} → {target.name}" for caller, target in lost[:4])
    return Loss(
        says=f"{about} is gone, and nothing else admits {calls}",
        strength=Strength.CONTRADICTED,
        shown_by="known calls are no longer admitted",
        explains=frozenset(names_of(*(one for pair in lost for one in pair))),
    )


RULES = (
    CauseRule(
        Gone(("NetworkPolicy",), Cause.NETWORK_POLICY, missed_by=calls_cut_since, expected=EXPECTED).find
    ),
)
