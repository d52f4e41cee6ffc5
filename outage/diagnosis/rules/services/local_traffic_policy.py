"""Services that answer only on nodes that run one of their pods."""

from collections.abc import Iterator

from outage.diagnosis.cause import Cause
from outage.diagnosis.findings import Signs
from outage.diagnosis.remedies.remedy import Remedy
from outage.diagnosis.rules.rule import CauseEntry, CauseRule
from outage.diagnosis.rules.services.broken_service import BrokenService, services_fronting
from outage.diagnosis.suspect import SuspectDraft
from outage.diagnosis.thresholds import BEING_MADE
from outage.diagnosis.weighing.doubts import Doubt
from outage.diagnosis.weighing.strength import Strength
from outage.kubernetes.field_differences import FieldDifference
from outage.kubernetes.object_times import edited_at
from outage.kubernetes.objects import dig
from outage.kubernetes.readiness import is_ready
from outage.snapshots.case_index import CaseIndex


def suspect_local_traffic_policy(index: CaseIndex, signs: Signs) -> Iterator[SuspectDraft]:
    """Traffic policies of the Services that stand before pods."""
    for service in services_fronting(index):
        yield from LocalTrafficService(index, signs, service).policy()


class LocalTrafficService(BrokenService):
    """One Service, seen by its traffic policies."""

    def policy(self) -> Iterator[SuspectDraft]:
        """Answers only on nodes that run one of its pods."""
        for field in ("internalTrafficPolicy", "externalTrafficPolicy"):
            if dig(self.service, f"spec.{field}") != "Local" or not (lonely := self._nodes_without_pod()):
                continue
            known = self.known(f"/spec/{field}")
            if known is None and not (edited_at(self.service, BEING_MADE) and self.hurts()):
                continue
            says = f"{self.about}: {field} is Local and {', '.join(lonely)} run none of its pods"
            fields = (FieldDifference(pointer=f"/spec/{field}", live="Local", wanted="Cluster"),)
            chosen = known.fields if known else fields
            found = self.suspect(Cause.TRAFFIC_POLICY_LOCAL, says, chosen, known is not None)
            found.alone = (known is not None and not self._balanced(field)) or self.complained()
            found.add(Strength.CONTRADICTED, "callers on those nodes get no answer")
            yield self.trust(found, known)

    def _nodes_without_pod(self) -> list[str]:
        ready = {dig(pod, "spec.nodeName") for pod in self.index.selected(self.service) if is_ready(pod)}
        names_of = [node["metadata"]["name"] for node in self.index.snapshot.kind("Node")]
        busy = {dig(pod, "spec.nodeName") for pod in self.index.pods}
        return sorted(name for name in names_of if name not in ready and name in busy)

    def _balanced(self, field: str) -> bool:
        """Whether a load balancer sends outside traffic only to nodes that answer, as it does with this policy."""
        return field == "externalTrafficPolicy" and dig(self.service, "spec.type") == "LoadBalancer"


RULES = (
    CauseRule(
        suspect_local_traffic_policy,
        entries=(
            CauseEntry(
                Cause.TRAFFIC_POLICY_LOCAL,
                says="The Service only answers on nodes that run one of its pods.",
                shows="the traffic policy is Local, and callers run on nodes without a pod of it",
                evidence="internalTrafficPolicy, externalTrafficPolicy; where callers and pods run",
                remedies=(Remedy.PUT_BACK, Remedy.RETARGET, Remedy.PERSON),
                doubts=(Doubt.LONG_UNCHANGED,),
            ),
        ),
    ),
)
