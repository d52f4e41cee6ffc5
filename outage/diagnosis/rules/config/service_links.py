"""Variables that Services write into pods: NAME_PORT=tcp://ADDRESS:PORT, where a program reads a number of its own."""

import re
from collections.abc import Iterator

from outage.diagnosis.cause import Cause
from outage.diagnosis.findings import Signs
from outage.diagnosis.known_good.troubled_workloads import Troubled, troubled_workloads
from outage.diagnosis.remedies.finished_repairs import Words, retarget
from outage.diagnosis.remedies.remedy import Remedy
from outage.diagnosis.rules.rule import CauseEntry, CauseRule
from outage.diagnosis.suspect import SuspectDraft
from outage.diagnosis.weighing.strength import Strength, Support
from outage.errors import cut
from outage.kubernetes.field_differences import MISSING, FieldDifference
from outage.kubernetes.object_times import created_at
from outage.kubernetes.objects import containers_of, dig, object_ref
from outage.snapshots.case_index import CaseIndex
from outage.value import Manifest

EXPECTED = "New pods start without the Services' variables, stay and become ready."
POINTER = "/spec/template/spec/enableServiceLinks"


def suspect_service_links(index: CaseIndex, signs: Signs) -> Iterator[SuspectDraft]:
    """Workloads that choke on what a Service of their namespace put into their environment."""
    for one in troubled_workloads(index, signs):
        spec = dig(one.workload, "spec.template.spec", {})
        if spec.get("enableServiceLinks") is False:
            continue
        said = _log_text(one)
        for service in index.services:
            near = object_ref(service).namespace == one.about.namespace
            if near and (found := _suspect(one, spec, service, said)) is not None:
                yield found
                break


def _log_text(one: Troubled) -> str:
    names = {pod["metadata"]["name"] for pod in one.index.pods_of(one.about)}
    tails = [
        tail
        for tail in one.index.snapshot.logs
        if tail.pod in names and tail.namespace == one.about.namespace
    ]
    return "\n".join(tail.text[-8000:] for tail in tails)


def _suspect(one: Troubled, spec: Manifest, service: Manifest, said: str) -> SuspectDraft | None:
    """The suspect when a log quotes the value that only this Service's variables have, or names such a variable."""
    about = object_ref(service, "Service")
    prefix = about.name.upper().replace("-", "_")
    address = dig(service, "spec.clusterIP", "None")
    variables = {f"{prefix}_PORT", f"{prefix}_SERVICE_HOST", f"{prefix}_SERVICE_PORT"}
    own = {str(env.get("name")) for each in containers_of(spec) for env in each.get("env") or []}
    quoted = address != "None" and re.search(rf"(?:tcp|udp)://{re.escape(address)}:\d+", said)
    named = next((name for name in sorted(variables - own) if re.search(rf"\b{name}\b", said)), None)
    if f"{prefix}_PORT" in own or not (quoted or named):
        return None
    value = quoted.group() if quoted else f"tcp://{address}:…"
    says = f"{one.about} reads {prefix}_PORT, which {about} makes {value} in every pod that starts while it is there"
    found = one.suspect(Cause.SERVICE_LINK_VARIABLE, says, None, "", elsewhere=True)
    found.add(
        Strength.STATED if quoted else Strength.CONTRADICTED,
        "a log quotes the value that the Service's variable has",
    )
    born, first = created_at(service), one.onset
    if born and first and born <= first:
        found.add(
            Support.SYMPTOM, f"the pods were made after {about}, those before it never got the variable"
        )
    line = next((line for line in reversed(said.splitlines()) if value in line or prefix in line), "")
    found.evidence_for = [cut(line, 200), *found.evidence_for] if line else found.evidence_for
    field = FieldDifference(pointer=POINTER, live=spec.get("enableServiceLinks", MISSING), wanted=False)
    words = f"Give the pods of {one.about} no variables of Services (enableServiceLinks: false)"
    retarget(found, one.about, [field], Words(words, EXPECTED), live="(absent, so true)")
    found.settle = (
        f"Whether the program needs any variable of a Service; if it does, {prefix}_PORT set outright heals too. "
        f"{about} stays: somebody asked for it."
    )
    return found


RULES = (
    CauseRule(
        suspect_service_links,
        entries=(
            CauseEntry(
                Cause.SERVICE_LINK_VARIABLE,
                says="A Service's name makes a variable that the program reads as its own setting.",
                shows="a program reads NAME_PORT as a number, and a Service of that name makes it tcp://…",
                evidence="the log quotes the address; enableServiceLinks; age of the Service",
                remedies=(
                    Remedy.DROP,
                    Remedy.PERSON,
                ),
            ),
        ),
    ),
)
