"""Services that answer only on nodes that run one of their pods."""

from collections.abc import Iterator
from datetime import timedelta

from outage.causes import Cause
from outage.diagnosis.families.broken import Broken, fronting
from outage.diagnosis.moments import changed, condition, created
from outage.diagnosis.signs import Signs
from outage.diagnosis.suspect import SIGNATURE, Suspect
from outage.diagnosis.world import World
from outage.differences import Difference
from outage.objects import dig


def suspects(world: World, signs: Signs) -> Iterator[Suspect]:
    """Traffic policies of the Services that stand before pods."""
    for service in fronting(world):
        yield from Local(world, signs, service).policy()


class Local(Broken):
    """One Service, seen by its traffic policies."""

    def policy(self) -> Iterator[Suspect]:
        """Answers only on nodes that run one of its pods."""
        for field in ("internalTrafficPolicy", "externalTrafficPolicy"):
            if dig(self.service, f"spec.{field}") != "Local" or not (lonely := self._nodes_without_pod()):
                continue
            known = self.known(f"/spec/{field}")
            at, born = changed(self.service), created(self.service)
            edited = bool(at and born and at - born > timedelta(minutes=1))
            if known is None and not (edited and self.hurts()):
                continue
            says = f"{self.about}: {field} is Local and {', '.join(lonely)} run none of its pods"
            fields = (Difference(pointer=f"/spec/{field}", live="Local", wanted="Cluster"),)
            found = self.suspect(
                Cause.TRAFFIC_POLICY_LOCAL, says, known[2] if known else fields, known is not None
            )
            found.alone = (known is not None and not self._balanced(field)) or self.complained()
            found.add(SIGNATURE, "callers on those nodes get no answer")
            yield found.add(known[1], f"{known[0]} has it otherwise") if known else found

    def _nodes_without_pod(self) -> list[str]:
        ready = {
            dig(pod, "spec.nodeName")
            for pod in self.world.selected(self.service)
            if condition(pod, "Ready").get("status") == "True"
        }
        names_of = [node["metadata"]["name"] for node in self.world.snapshot.kind("Node")]
        busy = {dig(pod, "spec.nodeName") for pod in self.world.pods}
        return sorted(name for name in names_of if name not in ready and name in busy)

    def _balanced(self, field: str) -> bool:
        """Whether a load balancer sends outside traffic only to nodes that answer, as it does with this policy."""
        return field == "externalTrafficPolicy" and dig(self.service, "spec.type") == "LoadBalancer"
