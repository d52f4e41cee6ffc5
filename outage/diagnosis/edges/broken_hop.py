"""The hops of a call in the order of a packet, and the first of them that does not hold."""

from enum import StrEnum

from outage.diagnosis.edges.call_edge import CallEdge
from outage.kubernetes.objects import ObjectRef
from outage.value import Value


class Hop(StrEnum):
    """One step of the way, in order."""

    RESOLVER = "the caller asks the cluster's own DNS"
    DNS_POLICY = "the caller's policies let it ask the DNS"
    DNS = "the cluster's DNS answers"
    ROUTE_CLASS = "a controller serves the Ingress' class"
    SERVICE = "the Service exists"
    HEADLESS_PORT = "a headless Service leads to a port that is listened on"
    PORT = "the Service has the port"
    PROTOCOL = "Service and pods speak the caller's protocol there"
    PODS = "pods are selected"
    READY = "a selected pod is ready"
    TARGET_PORT = "the pods have the target port"
    SOCKET = "a process listens there for others than itself"
    EGRESS = "the caller's policies let it out"
    NAMESPACE_LABEL = "the caller's namespace has the label that a policy asks for"
    INGRESS = "the target's policies let the caller in"
    PROXY = "no proxy stands between"


class BrokenHop(Value):
    """The first hop of an edge that does not hold."""

    edge: CallEdge
    hop: Hop
    about: ObjectRef
    """What is at fault."""
    says: str
    field: str = ""
    live: str = ""
    wanted: str = ""
    key: str = ""
    """Of a label that is missing."""
    together_with: ObjectRef | None = None
