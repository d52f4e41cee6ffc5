"""What fails near some workloads, and the words in which a login is refused."""

from collections.abc import Iterable
from datetime import datetime

from outage.diagnosis.calls.call_graph import CallGraph, ingress_routes_of
from outage.diagnosis.findings import Signs
from outage.diagnosis.findings.finding import Finding
from outage.diagnosis.suspect import names_of
from outage.kubernetes.object_times import earliest_of
from outage.kubernetes.objects import ObjectRef
from outage.snapshots.case_index import CaseIndex
from outage.text.logs.trouble_kinds import TroubleKind, trouble_pattern

REFUSED = trouble_pattern(
    TroubleKind.CREDENTIAL_REFUSED,
    more=r"auth(?:entication|orization)? ?(?:failed|failure|error)|access denied|WRONGPASS|NOAUTH|unauthori[sz]ed"
    r"|login failed|(?:invalid|incorrect|wrong) (?:username|user|password|credential|token)|not authori[sz]ed",
)
EXPECTED = "The readers of this value reach what they need again."


def hurt_near(index: CaseIndex, signs: Signs, workloads: list[ObjectRef]) -> list[Finding]:
    """Signs about these workloads and what depends on them."""
    near = CallGraph.of(index).dependents(names_of(*workloads))
    return [one for one in signs.all if ingress_routes_of(index, one.about) & near]


def first_failure(signs: Signs, findings: Iterable[Finding]) -> datetime | None:
    """When the first of these findings began that hurts; None when none does, or none tells."""
    return earliest_of(one.since for one in findings if signs.hurts(one))
