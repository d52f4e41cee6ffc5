"""What the ways of easing an outage look at, and the shape they all have.

Promise: nothing here looks anywhere but at the diagnosis and the snapshot it was made from, and what cannot be
told counts against a way: whoever asks gets no answer rather than a guess.
"""

from dataclasses import dataclass
from datetime import datetime

from outage.diagnosis.calls.call_graph import CallGraph, ingress_routes_of
from outage.diagnosis.cause import Cause
from outage.diagnosis.findings import Signs
from outage.diagnosis.findings.facts import Sign
from outage.diagnosis.findings.finding import Finding
from outage.diagnosis.hypothesis import NO_CAUSE, Diagnosis, Hypothesis, Mitigation, Repair
from outage.kubernetes.object_times import earliest_of
from outage.kubernetes.objects import ObjectRef, dig, object_ref
from outage.kubernetes.readiness import is_ready
from outage.kubernetes.workloads import workload_ref
from outage.snapshots.case import Case
from outage.text.redaction import redact
from outage.value import Manifest

HIGHEST = 0.2
"""Score of the least harmful way: behind every cause, and far below what counts as a cause that stands."""
EDGE = (Sign.PROBE_FAILING, Sign.UNREACHABLE, Sign.NAME_UNRESOLVED)
"""Signs that a broken way to a service gives as well as the service itself: they accuse no workload."""
NO_WAY = (Sign.UNREACHABLE, Sign.NAME_UNRESOLVED)


@dataclass(frozen=True)
class MitigationDraft:
    """One way to ease the outage, before it has its place among the others."""

    eases: Hypothesis | None
    """The cause that it eases; None when only signs tell of the trouble."""
    about: ObjectRef
    says: str
    repair: Repair
    seen: tuple[str, ...]
    against: tuple[str, ...]
    settle: str
    onset: datetime | None = None
    field: str | None = None
    live: str | None = None
    wanted: str | None = None

    def placed(self, rank: int) -> Mitigation:
        """The mitigation as it is told to people.

        Args:
            rank: 0 for the least harmful way.
        """
        eases = f"{self.eases.cause} on {self.eases.about}" if self.eases else "signs without a cause"
        return Mitigation(
            cause=self.eases.cause if self.eases else Cause.UNKNOWN.value,
            about=self.about,
            field=self.field,
            live=redact(self.live) if self.live else self.live,
            wanted=redact(self.wanted) if self.wanted else self.wanted,
            says=redact(self.says),
            score=round(max(0.0, HIGHEST - rank / 100), 2),
            reasons=(NO_CAUSE, f"what it eases: {eases}"),
            onset=self.onset,
            evidence_for=tuple(dict.fromkeys(redact(one) for one in self.seen)),
            evidence_against=tuple(dict.fromkeys(redact(one) for one in self.against)),
            settle=self.settle,
            repair=self.repair,
        )


class MitigationView:
    """One diagnosis beside the case that it was made from."""

    def __init__(self, diagnosis: Diagnosis, case: Case) -> None:
        """Read no sign anew: the findings of the diagnosis are the signs."""
        self.diagnosis = diagnosis
        self.index = case.index
        self.signs = Signs(self.index, diagnosis.findings)
        self.calls = CallGraph.of(self.index)

    def workload(self, about: ObjectRef) -> Manifest | None:
        """The live workload with its kind, which lists leave out; None when it is not in the picture."""
        there = self.index.get(about)
        return {"kind": about.kind, **there} if there is not None else None

    def named(self, words: str) -> ObjectRef:
        """The workload that the platform file means by `deployment/NAME`."""
        return workload_ref(words, self.index.platform.namespace)

    def hurts(self, about: ObjectRef) -> list[Finding]:
        """What fails about a workload, its pods and the Services in front of it, without what the edge tells."""
        found = [one for one in self.signs.failing if one.sign not in EDGE]
        return [one for one in found if str(about) in ingress_routes_of(self.index, one.about)]

    def blamed(self, about: ObjectRef) -> list[Hypothesis]:
        """The causes on a workload, its pods or the Services in front of it, likeliest first."""
        found = self.diagnosis.hypotheses
        return [one for one in found if str(about) in ingress_routes_of(self.index, one.about)]

    def eased(self, about: ObjectRef) -> Hypothesis | None:
        """The cause that a way on this workload would ease: one on it, or else that nothing explains the trouble."""
        unknown = [one for one in self.diagnosis.hypotheses if one.cause == Cause.UNKNOWN]
        return next(iter([*self.blamed(about), *unknown]), None)

    def onset(self, about: ObjectRef) -> datetime | None:
        """When the trouble of a workload began: as its cause has it, or its first failing sign."""
        eased = self.eased(about)
        return (eased.onset if eased else None) or earliest_of(one.since for one in self.hurts(about))

    def waits_for(self, about: ObjectRef) -> str | None:
        """What a workload waits for that fails itself, as a sentence; None when all it calls is well."""
        for finding in self.signs.about(about, *NO_WAY):
            return finding.says
        for one in self.diagnosis.hypotheses:
            if one.cause == Cause.DEPENDENCY_DOWN and one.caller == about:
                return one.says
        for service in self.calls.uses.get(str(about), {}).values():
            if (why := self._ill(about, service)) is not None:
                return why
        return None

    def _ill(self, caller: ObjectRef, service: ObjectRef) -> str | None:
        there = self.index.get(service)
        if there is None:
            return f"{service} is not there"
        behind = [object_ref(one) for one in self.index.behind(there)]
        if caller in behind:
            return None
        near = {str(one) for one in [service, *behind]}
        for finding in self.signs.failing:
            if finding.sign not in EDGE and ingress_routes_of(self.index, finding.about) & near:
                return finding.says
        return None

    def well_placed(self, pods: list[Manifest]) -> bool:
        """Whether every pod is on a node that answers: what a dead node said last of its pods is not believed."""
        names = {dig(pod, "spec.nodeName") for pod in pods}
        nodes = [one for one in self.index.snapshot.kind("Node") if one["metadata"]["name"] in names]
        return len(nodes) == len(names) and all(is_ready(one) for one in nodes)

    def fronts(self, about: ObjectRef) -> tuple[ObjectRef, ...]:
        """The Services in front of a workload."""
        return tuple(object_ref(one, "Service") for one in self.index.fronts(about))

    def keeps_data(self, about: ObjectRef) -> bool:
        """Whether a workload is the database or has a volume of its own: then its pods are not played with."""
        platform, there = self.index.platform, self.workload(about) or {}
        database = platform.service(platform.database.service) if platform.database else None
        if about.kind == "StatefulSet" or (database and self.named(database.workload) == about):
            return True
        return volume_claims_of(dig(there, "spec.template.spec", {}))


def volume_claims_of(pod_spec: Manifest) -> bool:
    """Whether a pod keeps something on a volume that does not follow it everywhere."""
    volumes = pod_spec.get("volumes") or []
    return any("persistentVolumeClaim" in one or "hostPath" in one or "ephemeral" in one for one in volumes)
