"""Addresses in templates and ConfigMaps that lead nowhere: no such Service, or not that port."""

import difflib
import re
from collections.abc import Iterator
from datetime import datetime

from outage.diagnosis.calls.call_graph import CallGraph
from outage.diagnosis.calls.mentions import Mention, in_hosts_file
from outage.diagnosis.cause import Cause
from outage.diagnosis.findings import Signs
from outage.diagnosis.findings.caller_complaints import lost_calls
from outage.diagnosis.findings.service_signs import missed_claims
from outage.diagnosis.findings.symptoms_near import EXPECTED, first_failure, hurt_near
from outage.diagnosis.known_good.template_revisions import template_changed, template_fix
from outage.diagnosis.known_good.troubled_workloads import Troubled
from outage.diagnosis.remedies.finished_repairs import Words, retarget
from outage.diagnosis.remedies.remedy import Remedy
from outage.diagnosis.rules.rule import CauseEntry, CauseRule
from outage.diagnosis.suspect import SuspectDraft, names_of
from outage.diagnosis.thresholds import NAME_LIKENESS
from outage.diagnosis.weighing.doubts import Doubt
from outage.diagnosis.weighing.strength import Strength, Support, Trust
from outage.kubernetes.field_differences import FieldDifference, shown_value
from outage.kubernetes.object_times import changed_at
from outage.kubernetes.objects import ObjectRef, containers_of, dig, object_ref
from outage.snapshots.case_index import CaseIndex
from outage.value import Manifest


def suspect_wrong_addresses(index: CaseIndex, signs: Signs) -> Iterator[SuspectDraft]:
    """Addresses in templates and ConfigMaps that name no Service, or a port that its Service does not have."""
    calls = CallGraph.of(index)
    absent = {(str(one.service), str(one.caller)) for one in calls.dangling if missed_claims(index, one)}
    for mention in calls.mentions:
        service = calls.service_of(mention)
        if service is None or service.namespace not in index.home:
            continue
        live = index.get(service)
        if live is None and (str(service), str(mention.workload)) in absent:
            if index.baseline is None or index.baseline.get(service) is None:
                yield from _to_nothing(index, signs, mention, service)
        elif live is not None and mention.port and _lacks(index, live, mention):
            yield _wrong_port(index, signs, mention, live)


def _ports(service: Manifest) -> set[int]:
    return {int(one.get("port") or 0) for one in dig(service, "spec.ports", [])}


def _lacks(index: CaseIndex, service: Manifest, mention: Mention) -> bool:
    """Whether the Service does not have the port; one without an address of its own hands out every port of its pods.

    What may be no address at all, and a port that pods may serve without declaring it, count when a log says so.
    """
    ports, spec = _ports(service), dig(index.get(mention.workload), "spec.template.spec", {})
    outside = dig(service, "spec.type") == "ExternalName" or in_hosts_file(spec, mention.host)
    own = bool(mention.spot) and service in index.fronts(mention.workload)  # where it listens itself
    if outside or own or not ports or mention.port in ports:
        return False
    if _headless(service):
        inside = {port.get("containerPort") for pod in index.selected(service) for port in _declared(pod)}
        targets = {one.get("targetPort") for one in dig(service, "spec.ports", [])}
        return mention.port not in inside | targets and _said_so(index, mention)
    return mention.sure or _said_so(index, mention)


def _headless(service: Manifest) -> bool:
    return bool(dig(service, "spec.clusterIP") == "None")


def _declared(pod: Manifest) -> Iterator[Manifest]:
    for container in containers_of(dig(pod, "spec", {})):
        yield from container.get("ports") or []


def _to_nothing(
    index: CaseIndex, signs: Signs, mention: Mention, service: ObjectRef
) -> Iterator[SuspectDraft]:
    """A misspelt name: the Service that is nearly called so is wanted."""
    if any(object_ref(one).name == service.name for one in index.workloads):
        return
    there = [object_ref(one).name for one in index.services if object_ref(one).namespace == service.namespace]
    near = difflib.get_close_matches(service.name, there, n=1, cutoff=NAME_LIKENESS)
    says = f"{mention.workload}: {mention.key or 'an argument'} names {mention.host}, and there is no such Service"
    wanted = mention.text.replace(service.name, near[0], 1) if near else None
    found = _address(index, signs, mention, says, wanted)
    if near and not found.repair:
        found.add(Trust.SIBLINGS, f"there is a Service {near[0]}")
    yield found


def _wrong_port(index: CaseIndex, signs: Signs, mention: Mention, service: Manifest) -> SuspectDraft:
    ports = _ports(service)
    says = f"{mention.workload}: {mention.key or 'an argument'} names port {mention.port} of {mention.host}, which has "
    says += " and ".join(str(port) for port in sorted(ports))
    only = len(ports) == 1 and not _headless(service)
    wanted = mention.with_port(ports.pop()) if only else None
    return _address(index, signs, mention, says, wanted)


def _address(index: CaseIndex, signs: Signs, mention: Mention, says: str, wanted: str | None) -> SuspectDraft:
    """A suspect about one address; the known good value goes before the guessed one."""
    hurt = hurt_near(index, signs, [mention.workload])
    onset = first_failure(signs, hurt)
    about = mention.holder
    found = SuspectDraft(
        cause=Cause.WRONG_ADDRESS, about=about, says=says, explains=names_of(mention.workload, about)
    )
    service = CallGraph.of(index).service_of(mention)
    found.explains |= names_of(service) if service and index.get(service) is None else set()
    found.field, found.live, found.wanted = mention.pointer[1:].replace("/", "."), mention.text, wanted
    found.evidence_for = [each.says for each in hurt[:5]]
    found.alone = _said_so(index, mention)
    found.add(Strength.CONTRADICTED, "the address leads nowhere").add(
        Support.SYMPTOM if hurt else None, f"{mention.workload.name} fails"
    )
    in_template = about == mention.workload
    workload = next((one for one in index.workloads if object_ref(one) == mention.workload), None)
    holder = index.get(about)
    if in_template and workload is not None:
        found.time(template_changed(index, workload), onset)
        _put_template_right(index, signs, found, workload, mention, onset)
    elif holder is not None:
        found.time(changed_at(holder), onset)
    if found.repair is None and wanted:
        words = Words(f"Set {mention.key or found.field} of {about} to {shown_value(wanted)}", EXPECTED)
        field = FieldDifference(pointer=mention.pointer, live=mention.text, wanted=wanted)
        retarget(found, about, [field], words, live=mention.text, wanted=wanted)
    found.settle = "A connection to that address from inside the caller's pod."
    return found


def _said_so(index: CaseIndex, mention: Mention) -> bool:
    """Whether the caller's own log speaks of that host beside an error."""
    word = re.compile(rf"(?<![\w.-]){re.escape(mention.host)}(?![\w-])")
    return any(word.search(line) for line, _ in lost_calls(index, mention.workload))


def _put_template_right(
    index: CaseIndex,
    signs: Signs,
    found: SuspectDraft,
    workload: Manifest,
    mention: Mention,
    onset: datetime | None,
) -> None:
    one = Troubled(index, signs, workload)
    fix = template_fix(index, workload, onset, lambda d: mention.pointer.startswith(d.pointer))
    if fix is not None:
        found.wanted = shown_value(fix.chosen[0].wanted)
        found.repair = one.repair(fix, EXPECTED)
        found.add(fix.known.trust, f"{fix.known.source} has {found.wanted}")


RULES = (
    CauseRule(
        suspect_wrong_addresses,
        entries=(
            CauseEntry(
                Cause.WRONG_ADDRESS,
                says="The address of a dependency is wrong in the caller's configuration.",
                shows="a configured address names no Service or port that exists, or another than the known good",
                evidence="env, ConfigMaps and arguments against Services and their ports; the log of the caller",
                remedies=(Remedy.UNDO, Remedy.PUT_BACK, Remedy.RETARGET, Remedy.PERSON),
                doubts=(Doubt.LONG_UNCHANGED, Doubt.EXPLAINED),
            ),
        ),
    ),
)
