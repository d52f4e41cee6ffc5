"""An Ingress of a class that no controller serves: its routes exist on paper alone."""

from collections.abc import Iterator

from outage.diagnosis.cause import Cause
from outage.diagnosis.edges.broken_hop import BrokenHop, Hop
from outage.diagnosis.edges.route_walk import broken_routes
from outage.diagnosis.findings import Signs
from outage.diagnosis.findings.facts import Sign
from outage.diagnosis.remedies.finished_repairs import Words, retarget
from outage.diagnosis.remedies.remedy import Remedy
from outage.diagnosis.rules.ingress.missing_ingresses import EXPECTED, backend_names
from outage.diagnosis.rules.rule import CauseEntry, CauseRule
from outage.diagnosis.suspect import SuspectDraft
from outage.diagnosis.weighing.strength import Strength, Support, Trust
from outage.kubernetes.field_differences import FieldDifference
from outage.kubernetes.object_times import changed_at, earliest_of
from outage.kubernetes.objects import dig
from outage.snapshots.case_index import CaseIndex
from outage.value import Manifest

AT_THE_EDGE = (Sign.PROBE_FAILING, Sign.ERROR_RATIO_HIGH, Sign.HEALTH_FAILING)
"""What users see of routes that nobody serves."""


def suspect_unserved_classes(index: CaseIndex, signs: Signs) -> Iterator[SuspectDraft]:
    """Every Ingress of the platform whose users are hurt, where the cluster's classes were seen."""
    hurt = signs.of(*AT_THE_EDGE)
    for ingress in index.all("Ingress") if hurt else ():
        if dig(ingress, "metadata.namespace") in index.home:
            for hop in broken_routes(index, ingress):
                if hop.hop is Hop.ROUTE_CLASS:
                    yield _suspect(index, signs, ingress, hop)


def _suspect(index: CaseIndex, signs: Signs, ingress: Manifest, hop: BrokenHop) -> SuspectDraft:
    hurt = signs.of(*AT_THE_EDGE)
    found = SuspectDraft(
        cause=Cause.INGRESS_CLASS_UNSERVED,
        about=hop.about,
        says=hop.says,
        explains=backend_names(hop.about, ingress),
    )
    found.field, found.live, found.wanted = hop.field, hop.live, hop.wanted or None
    found.add(Strength.STATED, "there is no such class").add(
        Support.SYMPTOM, f"{len(hurt)} signs at the edge"
    )
    found.time(changed_at(ingress), earliest_of(one.since for one in signs.failing))
    found.evidence_for = [one.says for one in hurt][:5]
    found.settle = "Which controller is meant to serve it, and the class that this controller watches."
    if hop.wanted:
        found.add(Trust.SIBLINGS, f"{hop.wanted} is the only class of this cluster")
        field = FieldDifference(pointer="/spec/ingressClassName", live=hop.live, wanted=hop.wanted)
        retarget(found, hop.about, [field], Words(f"Set the class of {hop.about} to {hop.wanted}", EXPECTED))
    return found


RULES = (
    CauseRule(
        suspect_unserved_classes,
        entries=(
            CauseEntry(
                Cause.INGRESS_CLASS_UNSERVED,
                says="No controller serves the class of the Ingress.",
                shows="an Ingress names a class that the cluster has not, and its users are not served",
                evidence="ingressClassName against the IngressClasses; signs at the edge",
                remedies=(Remedy.RETARGET, Remedy.PERSON),
            ),
        ),
    ),
)
