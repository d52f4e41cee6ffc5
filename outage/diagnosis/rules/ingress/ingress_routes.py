"""The way in: routes that lead to the wrong place, certificates that have expired."""

import difflib
import re
from collections.abc import Iterator
from typing import NamedTuple

from outage.diagnosis.calls.call_graph import ingress_backends
from outage.diagnosis.cause import Cause
from outage.diagnosis.findings import Signs
from outage.diagnosis.findings.facts import Sign
from outage.diagnosis.findings.facts.sign_facts import ProbeFacts
from outage.diagnosis.findings.finding import Finding
from outage.diagnosis.hypothesis import Risk
from outage.diagnosis.known_good.known_objects import known_objects
from outage.diagnosis.remedies.finished_repairs import Words, put_fields_back, retarget
from outage.diagnosis.remedies.remedy import Remedy
from outage.diagnosis.rules.ingress.missing_ingresses import EXPECTED, SETTLE_ROUTE, backend_names
from outage.diagnosis.rules.rule import CauseEntry, CauseRule
from outage.diagnosis.suspect import SuspectDraft
from outage.diagnosis.thresholds import NAME_LIKENESS
from outage.diagnosis.weighing.doubts import Doubt
from outage.diagnosis.weighing.strength import Strength, Support, Trust
from outage.kubernetes.field_differences import FieldDifference, field_differences
from outage.kubernetes.object_times import changed_at, earliest_of
from outage.kubernetes.objects import ObjectRef, annotations_of, dig, labels_of, object_ref
from outage.snapshots.case_index import CaseIndex
from outage.value import Manifest

MEANT = re.compile(r"canary|maintenance|weight", re.I)
UNRESOLVED = re.compile(r"not known|no such host|NXDOMAIN|Name or service", re.I)
"""Words of a resolver that does not know a name."""


class DeadEnd(NamedTuple):
    """A backend of a route that does not exist, or a port that it does not have."""

    pointer: str
    """Of the field that is wrong."""
    live: str
    wanted: str | None
    """What should stand there; None when nothing speaks for a name or a port."""
    says: str


def suspect_ingress_routes(index: CaseIndex, signs: Signs) -> Iterator[SuspectDraft]:
    """Every Ingress of the platform, and expired certificates."""
    for ingress in index.all("Ingress"):
        if dig(ingress, "metadata.namespace") in index.home:
            yield from _ingress(index, signs, {"kind": "Ingress", **ingress})
    yield from _public_names(index, signs)
    for finding in signs.of(Sign.CERTIFICATE_EXPIRED):
        says = f"A certificate that users see has expired: {finding.says}"
        found = SuspectDraft(
            cause=Cause.CERTIFICATE_EXPIRED, about=finding.about, says=says, explains={"everything"}
        )
        found.onset = finding.since
        found.evidence_for = [finding.says]
        found.settle = "Ask whoever issues the certificate for a new one; we cannot make one."
        yield found.add(Strength.STATED, "its date lies in the past")


def _ingress(index: CaseIndex, signs: Signs, ingress: Manifest) -> Iterator[SuspectDraft]:
    about = object_ref(ingress)
    hurt = signs.of(Sign.PROBE_FAILING, Sign.ERROR_RATIO_HIGH, Sign.HEALTH_FAILING)
    onset = earliest_of(one.since for one in signs.failing)
    wrong = list(_dead_ends(index, ingress))
    meant = any(
        MEANT.search(f"{key}={value}")
        for key, value in {**annotations_of(ingress), **labels_of(ingress)}.items()
    )
    for known in known_objects(index, about, onset):
        fields = field_differences(ingress.get("spec", {}), dig(known.manifest, "spec", {}), "/spec")
        if fields:
            found = _route_suspect(about, ingress, f"{about} does not route as {known.source} does")
            found.add(Strength.CONTRADICTED if hurt or wrong else Strength.FITS, "its routes were changed")
            put_fields_back(found, known, fields, EXPECTED, what=f"the routes of {about}", because=found.says)
            found.add(Support.SYMPTOM if hurt else None, f"{len(hurt)} signs at the edge").time(
                changed_at(ingress), onset, certain=True
            )
            found.add(Doubt.MARKED_AS_MEANT if meant or _to_maintenance(index, ingress) else None)
            found.evidence_for = [one.says for one in hurt][:5] + [one.says for one in wrong]
            found.alone = bool(wrong)
            yield found
            return
    for pointer, live, wanted, says in wrong:
        found = _route_suspect(about, ingress, says)
        found.alone = True
        found.field, found.live, found.wanted = pointer[1:].replace("/", "."), live, wanted
        found.add(Strength.STATED, says).time(changed_at(ingress), onset)
        found.add(Support.SYMPTOM if hurt else None, f"{len(hurt)} signs at the edge")
        found.evidence_for = [one.says for one in hurt][:5]
        if wanted is not None:
            found.add(Trust.SIBLINGS, f"its path and the Services there are speak for {wanted}")
            value = int(wanted) if wanted.isdigit() else wanted
            field = FieldDifference(pointer=pointer, live=live, wanted=value)
            words = Words(f"Set {field.field} of {about} to {wanted}", EXPECTED)
            retarget(found, about, [field], words, risk=Risk.LOW)
        yield found


def _route_suspect(about: ObjectRef, ingress: Manifest, says: str) -> SuspectDraft:
    explains = backend_names(about, ingress)
    return SuspectDraft(
        cause=Cause.WRONG_BACKEND, about=about, says=says, explains=explains, settle=SETTLE_ROUTE
    )


def _to_maintenance(index: CaseIndex, ingress: Manifest) -> bool:
    page = index.platform.ingress.maintenance_service if index.platform.ingress else None
    return bool(page) and all(backend.get("name") == page for _, backend in ingress_backends(ingress))


def _dead_ends(index: CaseIndex, ingress: Manifest) -> Iterator[DeadEnd]:
    if not index.snapshot.saw("Service"):
        return
    home = object_ref(ingress).namespace
    for pointer, backend in ingress_backends(ingress):
        name = backend.get("name", "?")
        service = index.get(ObjectRef(kind="Service", name=name, namespace=home))
        if service is None and _deleted(index, name, home):
            continue
        if service is None:
            yield DeadEnd(
                f"{pointer}/name",
                name,
                _by_path(index, ingress, pointer) or _nearly(index, name, home),
                f"the route leads to {name}, which is no Service",
            )
            continue
        ports = dig(service, "spec.ports", [])
        if not ports:  # a name outside, or one without an address of its own: it has no port to lack
            continue
        for field, of in (("number", "port"), ("name", "name")):
            value = dig(backend, f"port.{field}")
            there = [one.get(of) for one in ports]
            if value is not None and value not in there and not _had(index, service, of, value):
                only = str(ports[0].get(of)) if len(ports) == 1 and ports[0].get(of) else None
                says = f"the route leads to port {value} of {name}, which has no such port"
                yield DeadEnd(f"{pointer}/port/{field}", str(value), only, says)


def _had(index: CaseIndex, service: Manifest, of: str, value: object) -> bool:
    """Whether the Service had that port when all was well: then it is the Service that was changed, not the route."""
    known = next(known_objects(index, object_ref(service, "Service"), None), None)
    return known is not None and value in [one.get(of) for one in dig(known.manifest, "spec.ports", [])]


def _deleted(index: CaseIndex, name: str, home: str) -> bool:
    """Whether the name is right and the Service is gone: then it is the Service that is missing."""
    about = ObjectRef(kind="Service", name=name, namespace=home)
    known = index.baseline is not None and index.baseline.get(about) is not None
    return known or any(
        (object_ref(one).name, object_ref(one).namespace) == (name, home) for one in index.workloads
    )


def _by_path(index: CaseIndex, ingress: Manifest, pointer: str) -> str | None:
    """The Service whose name begins like the path: `/auth` → `auth-service`."""
    path = dig(ingress, pointer[1:].replace("/", ".").removesuffix(".backend.service") + ".path", "")
    word = str(path).strip("/").split("/")[0].rstrip("s")
    there = [
        object_ref(one).name
        for one in index.services
        if object_ref(one).namespace == object_ref(ingress).namespace
    ]
    fitting = [name for name in there if word and name.startswith(word)]
    return fitting[0] if len(fitting) == 1 else None


def _nearly(index: CaseIndex, name: str, home: str) -> str | None:
    """The Service that is nearly called so: then the route has a slip of the pen."""
    there = [object_ref(one).name for one in index.services if object_ref(one).namespace == home]
    near = difflib.get_close_matches(name, there, n=1, cutoff=NAME_LIKENESS)
    return near[0] if near else None


def _unresolved(finding: Finding) -> bool:
    """Whether a probe failed since the host's name is not known; pictures of old bundles have its words only."""
    of_name = isinstance(finding.facts, ProbeFacts) and finding.facts.unresolved
    return of_name or bool(UNRESOLVED.search(finding.quoted))


def _public_names(index: CaseIndex, signs: Signs) -> Iterator[SuspectDraft]:
    """Public names that do not resolve from where we look: nothing in the cluster mends that."""
    lost = [one for one in signs.of(Sign.PROBE_FAILING) if _unresolved(one)]
    if not lost:
        return
    says = f"{len(lost)} public addresses do not resolve from here: {lost[0].says}"
    found = SuspectDraft(cause=Cause.PUBLIC_NAME_LOST, about=lost[0].about, says=says, explains=set())
    found.explains = {str(one.about) for one in lost}
    found.evidence_for = [one.says for one in lost][:5]
    found.add(Strength.CONTRADICTED, "the name itself is not known")
    found.evidence_against.append("the resolver of this machine may be the one that is wrong")
    found.settle = (
        "Resolve the names elsewhere; the zone at whoever serves the public DNS, or `resolve` in the file."
    )
    yield found


RULES = (
    CauseRule(
        suspect_ingress_routes,
        entries=(
            CauseEntry(
                Cause.WRONG_BACKEND,
                says="The route leads to the wrong backend.",
                shows="a route names a backend or port that does not exist, or another than the known good",
                evidence="Ingress rules against Services and the baseline; signs at the edge",
                remedies=(Remedy.PUT_BACK, Remedy.RETARGET, Remedy.CREATE_AGAIN, Remedy.PERSON),
                doubts=(Doubt.MARKED_AS_MEANT, Doubt.LONG_UNCHANGED),
            ),
            CauseEntry(
                Cause.CERTIFICATE_EXPIRED,
                says="A certificate that users see has expired.",
                shows="the date of a certificate that users see lies in the past",
                evidence="the certificate, as a request from outside sees it",
                remedies=(Remedy.PERSON,),
            ),
            CauseEntry(
                Cause.PUBLIC_NAME_LOST,
                says="The public names that users type do not resolve.",
                shows="the public name itself is not known to the resolver",
                evidence="name resolution from where the response runs",
                remedies=(Remedy.PERSON,),
            ),
        ),
    ),
)
