"""The edges of the call graph: who calls which Service at which port, and what says so.

Beside addresses of configuration, what complaints name is an edge: a program names its host when it cannot reach it.
"""

import re
from collections.abc import Iterator, Sequence

from outage.diagnosis.calls.call_graph import CallGraph
from outage.diagnosis.calls.mentions import Mention
from outage.diagnosis.edges.pod_complaints import Complaint, is_lasting, pod_complaints
from outage.kubernetes.objects import ObjectRef, dig
from outage.kubernetes.readiness import is_ready
from outage.kubernetes.workloads import WORKLOADS
from outage.snapshots.case_index import CaseIndex
from outage.text.logs.trouble_kinds import TroubleKind
from outage.value import Manifest, Value

USUAL_PORTS = {"http": 80, "https": 443, "postgres": 5432, "postgresql": 5432, "mysql": 3306, "redis": 6379}
"""What a client calls when its address names no port."""
LOST = (
    TroubleKind.CONNECTION_REFUSED,
    TroubleKind.CONNECTION_LOST,
    TroubleKind.TIMED_OUT,
    TroubleKind.NAME_UNKNOWN,
)
"""Kinds of complaints of who cannot reach what it calls."""


class CallEdge(Value):
    """One call: from a workload to a port of a Service."""

    caller: ObjectRef
    service: ObjectRef
    port: int | None = None
    """None when nothing tells it."""
    text: str = ""
    """The address as it is written, or the line that names it."""
    protocol: str = ""
    """`TCP` or `UDP`; empty when nothing tells."""


class LostCall(Value):
    """An edge along which a caller says, or was seen, to get nowhere."""

    edge: CallEdge
    said: str
    """What shows it: a line of a log, or a look from inside."""
    kind: TroubleKind | None = None


def call_edges(index: CaseIndex) -> list[CallEdge]:
    """Every call that configuration names and whose Service can be told."""
    calls = CallGraph.of(index)
    found = [
        CallEdge(
            caller=one.workload,
            service=service,
            port=called_port(one),
            text=one.text[:200],
            protocol=_spoken(one.text, one.host),
        )
        for one in calls.mentions
        if (service := calls.service_of(one)) is not None and (one.sure or index.get(service) is not None)
    ]
    return list({(str(one.caller), str(one.service), one.port): one for one in found}.values())


def called_port(mention: Mention) -> int | None:
    """The port that a client of this address calls."""
    if mention.port:
        return mention.port
    scheme = re.search(rf"(\w+)://(?:[^/@\s]*@)?{re.escape(mention.host)}(?![\w.-])", mention.text)
    return USUAL_PORTS.get(scheme.group(1).lower().partition("+")[0]) if scheme else None


def _spoken(text: str, host: str) -> str:
    """What a scheme before the host says of the protocol."""
    scheme = re.search(rf"(\w+)://(?:[^/@\s]*@)?{re.escape(host)}(?![\w.-])", text)
    word = scheme.group(1).lower().partition("+")[0] if scheme else ""
    return "UDP" if word == "udp" else "TCP" if word == "tcp" or word in USUAL_PORTS else ""


def lost_edges(index: CaseIndex) -> list[LostCall]:
    """Every edge along which somebody gets nowhere now: by his own words, or by a look from inside his pod."""
    if "lost edges" not in index.memory:
        found = [*_said(index), *_looked(index)]
        index.memory["lost edges"] = list(
            {(str(one.edge.caller), str(one.edge.service), one.edge.port): one for one in found}.values()
        )
    edges: list[LostCall] = index.memory["lost edges"]
    return edges


def _said(index: CaseIndex) -> Iterator[LostCall]:
    edges = call_edges(index)
    for one in pod_complaints(index):
        if one.kind not in LOST or not is_lasting(index, one):
            continue
        mine = [edge for edge in edges if edge.caller == one.workload]
        for edge in _complained_of(one, mine):
            yield LostCall(edge=edge, said=f"{one.pod}: {one.line[:200]}", kind=one.kind)


def _complained_of(one: Complaint, mine: Sequence[CallEdge]) -> list[CallEdge]:
    """The calls of a workload that a complaint is about: that of the host it names, else those it mentions.

    Most lines begin with the name of who writes them, which is no call.
    """
    service = _service_of(one) if one.trouble.host else None
    named = [edge for edge in mine if edge.service == service] or [edge for edge in mine if _names(one, edge)]
    if named or service is None:
        return named
    return [CallEdge(caller=one.workload, service=service, port=_spelled_port(one), text=one.line[:200])]


def _names(one: Complaint, edge: CallEdge) -> bool:
    word = rf"(?<![\w.-]){re.escape(edge.service.name)}(?![\w-])"
    return bool(re.search(word, one.line))


def _spelled_port(one: Complaint) -> int | None:
    if one.trouble.port:
        return one.trouble.port
    scheme = re.search(rf"(\w+)://{re.escape(one.trouble.host)}(?![\w:.-])", one.line)
    return USUAL_PORTS.get(scheme.group(1).lower()) if scheme else None


def _service_of(one: Complaint) -> ObjectRef | None:
    """The Service that a complaint's host means, by the rules of cluster DNS."""
    parts = one.trouble.host.split(".")
    if all(part.isdigit() for part in parts) or (len(parts) > 2 and parts[2] != "svc"):
        return None
    namespace = parts[1] if len(parts) > 1 else one.workload.namespace
    return ObjectRef(kind="Service", name=parts[0], namespace=namespace)


def _looked(index: CaseIndex) -> Iterator[LostCall]:
    kinds = {kind.lower(): kind for kind in WORKLOADS}
    for one in index.snapshot.reach:
        if one.reached or one.by != "tcp":
            continue
        kind, _, name = one.source.partition("/")
        host, _, port = one.target.partition(":")
        parts = host.split(".")
        service = ObjectRef(
            kind="Service", name=parts[0], namespace=parts[1] if len(parts) > 1 else one.namespace
        )
        caller = ObjectRef(kind=kinds.get(kind, kind), name=name, namespace=one.namespace)
        edge = CallEdge(
            caller=caller, service=service, port=int(port) if port.isdigit() else None, protocol="TCP"
        )
        yield LostCall(edge=edge, said=f"{caller} cannot reach {one.target}: {one.answer}")


def serving_pods(index: CaseIndex, service: Manifest) -> list[Manifest]:
    """The pods to which a Service leads calls: the ready ones, or all where it publishes members before."""
    pods = index.selected(service)
    return (
        pods
        if dig(service, "spec.publishNotReadyAddresses", False)
        else [one for one in pods if is_ready(one)]
    )
