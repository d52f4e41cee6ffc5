"""The cluster DNS where we may not look, judged by what several workloads say of names that exist."""

import re
from collections.abc import Iterator

from outage.diagnosis.calls.call_graph import CallGraph
from outage.diagnosis.calls.dns_admission import dns_admitted
from outage.diagnosis.calls.network_admission import DNS
from outage.diagnosis.cause import Cause
from outage.diagnosis.findings import Signs
from outage.diagnosis.findings.caller_complaints import lost_calls
from outage.diagnosis.suspect import SuspectDraft, names_of
from outage.diagnosis.thresholds import NAMELESS_WORKLOADS, RESTART_PACE
from outage.diagnosis.weighing.strength import Strength, Support
from outage.kubernetes.object_times import earliest_of
from outage.kubernetes.objects import ObjectRef, dig, object_ref
from outage.snapshots.case_index import CaseIndex
from outage.text.logs.trouble_kinds import TroubleKind, trouble_pattern
from outage.value import Manifest

UNRESOLVED = trouble_pattern(TroubleKind.NAME_UNKNOWN, more=r"lookup .*timeout")
HOST = re.compile(
    r"(?:ENOTFOUND|EAI_AGAIN|lookup|UnknownHostException:?|(?:translate|resolve)(?: the)?(?: host(?: ?name)?)?:?)"
    r"\s+[\"'`]?([A-Za-z0-9][\w.-]*)",
    re.I,
)
"""The name that was asked for, where a line says it in one of the usual ways."""


def out_of_sight(index: CaseIndex, signs: Signs) -> Iterator[SuspectDraft]:
    """Several workloads find no names of Services that exist, and the DNS itself is where we may not look."""
    if any(is_dns(one) for one in index.workloads):
        return
    said = {object_ref(one): lines for one in index.workloads if (lines := lost_names(index, one))}
    if len(said) < NAMELESS_WORKLOADS:
        return
    says = f"{len(said)} workloads cannot resolve Services that exist; the cluster DNS was not seen"
    found = SuspectDraft(cause=Cause.DNS_DOWN, about=DNS, says=says, explains=names_of(DNS, *said))
    found.evidence_for = [f"{about}: {lines[-1]}" for about, lines in said.items()][:6]
    found.evidence_against.append("nothing of the cluster DNS could be seen")
    found.add(Strength.CONTRADICTED, f"{len(said)} workloads say so of names that exist").add(
        Support.SYMPTOM, "names fail"
    )
    found.onset = earliest_of(one.since for one in signs.failing)
    found.settle = "The pods of the cluster DNS, for who may read them; a name resolved from inside a pod."
    yield found


def is_dns(workload: Manifest) -> bool:
    """Whether a workload is the cluster DNS, by the label that all of them carry."""
    return bool(dig(workload, "spec.template.metadata.labels", {}).get("k8s-app") == "kube-dns")


def lost_names(index: CaseIndex, workload: Manifest) -> list[str]:
    """What a workload said lately of existing Services that do not resolve, if it asks the cluster DNS and may."""
    own = dig(workload, "spec.template.spec.dnsPolicy", "ClusterFirst") in ("Default", "None")
    if own or dns_admitted(index, workload) is False:
        return []
    return [
        line
        for line, at in lost_calls(index, object_ref(workload))
        if UNRESOLVED.search(line)
        and (at is None or index.now - at < RESTART_PACE)
        and any(_always_resolves(index, one) for one in _asked(index, object_ref(workload), line))
    ]


def _asked(index: CaseIndex, caller: ObjectRef, line: str) -> list[ObjectRef]:
    """The Services whose names a line says it asked for; where it does not say how, those called that it names."""
    hosts = [found.rstrip(".").split(".") for found in HOST.findall(line)]
    if hosts:
        return [
            ObjectRef(kind="Service", name=host[0], namespace=host[1] if len(host) > 1 else caller.namespace)
            for host in hosts
            if len(host) <= 2 or host[2] == "svc"
        ]
    called = CallGraph.of(index).uses.get(str(caller), {}).values()
    return [one for one in called if re.search(rf"(?<![\w.-]){re.escape(one.name)}(?![\w-])", line)]


def _always_resolves(index: CaseIndex, about: ObjectRef) -> bool:
    """Whether the Service exists and has an address of its own; others lack one at times while the DNS is well."""
    service = index.get(about)
    if service is None or dig(service, "spec.type") == "ExternalName":
        return False
    return dig(service, "spec.clusterIP") not in ("None", "")
