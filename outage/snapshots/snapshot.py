"""Everything that one investigation saw, as plain values: the picture that diagnosis works on.

A snapshot can be saved as a bundle and read back; diagnosis never looks anywhere else, so the same
snapshot always gives the same answer.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from pydantic import Field

from outage.incidents.alert import Alert
from outage.kubernetes.objects import ObjectRef
from outage.snapshots.evidence import Evidence
from outage.value import Manifest, Value


class EarlierComplaint(Value):
    """One kind of complaint in the part of a log that was read through and not kept."""

    first: str
    """The whole first line, with its timestamp. Redacted."""
    last: str
    """Timestamp of the last line of this kind."""
    count: int
    before: tuple[str, ...] = ()
    """The lines right before the first one, whatever they say: a configuration reload, a peer that left. Redacted."""


class LogTail(Value):
    """The end of one container's log, and what the part before it complained of."""

    namespace: str
    pod: str
    container: str
    previous: bool = False
    """True for the log of the container's previous life."""
    text: str
    """Each line begins with its RFC 3339 timestamp, as `kubectl logs --timestamps` prints it. Redacted."""
    earlier: tuple[EarlierComplaint, ...] = ()
    """What was said before `text` begins, the oldest first; empty also when nobody read further back."""
    begins: str = ""
    """Timestamp of the log's first line, where it was read from its beginning."""
    gap: str = ""
    """Timestamp where reading from the beginning stopped for lack of time or bytes. Empty when it was read whole."""


class Probe(Value):
    """One request as a user would make it."""

    url: str
    service: str = ""
    status: int | None = None
    """HTTP status, or None when no answer came."""
    seconds: float | None = None
    problem: str | None = None
    """Why there was no answer, in the client's words; or a bad certificate, or a name that does not resolve."""
    unresolved: bool = False
    """Whether the host's name does not resolve; `problem` is the resolver's word then."""
    tls_expires_at: datetime | None = None
    user_facing: bool = True

    @property
    def ok(self) -> bool:
        """Whether a user would be content."""
        return self.status is not None and self.status < 400


class Reach(Value):
    """Whether one address could be reached from inside a pod."""

    namespace: str
    source: str
    """The workload it was tried from, as `deployment/auth-service`."""
    target: str
    """`host:port` for TCP, a bare host name for DNS."""
    by: str = "tcp"
    """`tcp` or `dns`."""
    reached: bool
    answer: str = ""
    """The resolved address, or what came back."""


class ListeningSocket(Value):
    """One TCP socket on which a process of a pod waits for connections, read from inside."""

    namespace: str
    pod: str
    address: str
    """`0.0.0.0`, `::`, `127.0.0.1`, …"""
    port: int


class ReadinessAnswer(Value):
    """What a pod that is not ready says itself when it is asked for its readiness."""

    namespace: str
    pod: str
    status: int
    text: str = ""
    """The beginning of the answer. Redacted."""


class Session(Value):
    """One session of pg_stat_activity."""

    pid: int
    user: str
    application: str = ""
    client: str = ""
    state: str = ""
    query: str = ""
    """Redacted: literals replaced by `?`, at most 256 characters."""
    query_seconds: float | None = None
    """How long the present query has run."""
    transaction_seconds: float | None = None
    wait: str = ""
    """wait_event_type/wait_event."""
    blocked_by: tuple[int, ...] = ()
    backend: str = "client backend"
    superuser: bool = False
    replication: bool = False


class ReplicationSlot(Value):
    """One slot of pg_replication_slots."""

    name: str
    active: bool
    retained_bytes: int = 0
    """Log that the server keeps for it."""


class DatabaseView(Value):
    """What the database says about itself."""

    name: str
    latency_seconds: float
    """Of SELECT 1."""
    version: str = ""
    in_recovery: bool = False
    read_only: bool | None = False
    """default_transaction_read_only; None when our own role has a value of its own, which hides it."""
    max_connections: int
    reserved_connections: int = 0
    connections: int
    sessions: tuple[Session, ...] = ()
    statistics: dict[str, Any] = {}
    """The row of pg_stat_database that the runbook asks for."""
    replicas: tuple[dict[str, Any], ...] = ()
    oldest_transaction_age: int | None = None
    """age(datfrozenxid), transactions; wraparound is near above 1.5 billion."""
    slots: tuple[ReplicationSlot, ...] = ()
    """None where the role may not see them, as in old pictures."""


HOUR = timedelta(hours=1)
"""Traffic is compared with so long ago: before most outages began, and at nearly the same time of day."""


class Rates(Value):
    """Traffic of one service or route as the monitoring saw it."""

    service: str
    error_ratio: float | None = None
    error_ratio_before: float | None = None
    """An hour ago, or the oldest since when there was none then."""
    error_ratio_age: timedelta = HOUR
    """How old `error_ratio_before` is."""
    latency_seconds: float | None = None
    """95th percentile."""
    latency_seconds_before: float | None = None
    latency_age: timedelta = HOUR
    """How old `latency_seconds_before` is."""
    requests_per_second: float | None = None


class Metric(StrEnum):
    """What of a saturation is measured; each is a share unless it says otherwise."""

    CPU_THROTTLED = "cpu-throttled"
    """Of the kernel's periods, those in which a container had to wait for its limit."""
    CPU_OF_LIMIT = "cpu-of-limit"
    MEMORY_OF_LIMIT = "memory-of-limit"
    CONNECTIONS_USED = "connections-used"
    DISK_USED = "disk-used"
    PACKET_ERRORS = "packet-errors"
    """Per second."""
    LATENCY = "latency"
    """Seconds, 95th percentile."""


class Measurement(Value):
    """One series of the monitoring: some minutes up to now, and the same minutes earlier."""

    metric: Metric
    about: ObjectRef
    """The Pod, the claim or the Service that it was measured of; earlier ones may be gone by now."""
    now: tuple[float, ...] = ()
    """Oldest first; empty where it is measured no more."""
    hour_ago: tuple[float, ...] = ()
    day_ago: tuple[float, ...] = ()


class Usage(Value):
    """CPU and memory in use by a node or pod, from the metrics API."""

    kind: str
    name: str
    namespace: str = ""
    cpu_cores: float
    memory_bytes: int


class Lists(Value):
    """Which lists of objects came back: what is absent where none did is not known to be gone."""

    home: tuple[str, ...] = ()
    """The platform's own namespaces, without the critical ones."""
    listed: dict[str, tuple[str, ...]] = {}
    """By kind: the namespaces whose list came back, `""` for that of the whole cluster, and `namespace/name` for
    one object that was asked for by name."""

    def have(self, kind: str, namespace: str | None = None, name: str | None = None) -> bool:
        """Whether a list came back that would hold such an object; without a namespace: those of the whole home."""
        places = set(self.listed.get(kind, ()))
        if "" in places:
            return True
        if namespace is None:
            return bool(places) and places >= set(self.home)
        return namespace in places or f"{namespace}/{name}" in places


class Snapshot(Value):
    """The whole picture."""

    taken_at: datetime
    """All ages, onsets and "recent" are measured against this, also in a saved bundle."""
    namespaces: tuple[str, ...]
    """Where the deep looks were made."""
    objects: dict[str, tuple[Manifest, ...]] = {}
    """By kind (`Pod`, `ReplicaSet`, `Event`, …). managedFields are kept as manager, operation, time and, of who
    owns few, `fields`.
    A kind of which nothing came back is absent, and `evidence` says why; one without objects is an empty tuple.
    Secrets have their keys; every value is replaced by a salted hash."""
    lists: Lists | None = None
    """Which lists came back; None when nobody wrote that down, as in old bundles: then every kind was seen whole."""
    logs: tuple[LogTail, ...] = ()
    probes: tuple[Probe, ...] = ()
    reach: tuple[Reach, ...] = ()
    readiness: tuple[ReadinessAnswer, ...] = ()
    sockets: tuple[ListeningSocket, ...] = ()
    """Of the pods that calls did not reach; nobody looked into others."""
    database: DatabaseView | None = None
    rates: tuple[Rates, ...] = ()
    usage: tuple[Usage, ...] = ()
    measurements: tuple[Measurement, ...] = ()
    """Of saturation, now and earlier; empty without a Prometheus."""
    alerts: tuple[Alert, ...] = ()
    """What the monitoring says is firing now."""
    evidence: tuple[Evidence, ...] = ()
    links: dict[str, str] = Field(default_factory=dict)
    """Dashboards, by title."""

    def kind(self, kind: str, namespace: str | None = None) -> tuple[Manifest, ...]:
        """All objects of a kind, in one namespace or everywhere."""
        found = self.objects.get(kind, ())
        if namespace is None:
            return found
        return tuple(one for one in found if one.get("metadata", {}).get("namespace", "") == namespace)

    def get(self, kind: str, namespace: str, name: str) -> Manifest | None:
        """One object, or None when it is not in the picture."""
        for one in self.kind(kind, namespace):
            if one["metadata"]["name"] == name:
                return one
        return None

    def saw(self, kind: str, namespace: str | None = None, name: str | None = None) -> bool:
        """Whether that kind could be looked at; a False makes every absence meaningless.

        Args:
            kind: As `Deployment`.
            namespace: Where; None means everywhere in the platform's own namespaces.
            name: Of the object that is not there: it may have been asked for by name alone.
        """
        return kind in self.objects and (self.lists is None or self.lists.have(kind, namespace, name))
