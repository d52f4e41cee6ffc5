"""What the platform is: names, places and dependencies, as a reviewed file. No secret is ever in it."""

from datetime import timedelta
from typing import Literal

from pydantic import Field

from outage.platforms.access import ClusterReference, DatabaseReference
from outage.platforms.field_types import Address, PoolName, Port, Reference, Url, Workload
from outage.text.handle import Approver
from outage.text.reviewed_yaml import Soak
from outage.value import Value


class Service(Value):
    """One service of the platform."""

    name: str
    workload: Workload
    service: str | None = None
    """Kubernetes Service in front of it; None when nothing calls it."""
    port: Port | None = None
    selector: dict[str, str] = {}
    """Labels of its pods."""
    health: str | None = None
    """Path of its health endpoint on the Service's port."""
    depends_on: tuple[str, ...] = ()
    """Names of services of this file that it calls."""
    replicas_floor: int = Field(default=1, ge=0)
    """Never fewer, whatever a plan says."""
    why: str = ""
    """How `outage platform discover` came to this line."""


class Endpoint(Value):
    """One URL as users see it."""

    url: Url
    service: str = ""
    expect_status: int = 200
    slow_after_seconds: float = Field(default=2.0, gt=0)


class Database(Value):
    """The platform's database."""

    service: str
    """Name of the service of this file."""
    name: str
    port: Port = 5432
    credentials_secret: str | None = None
    """Kubernetes Secret with keys `reader-username`, `reader-password`, `writer-username`, `writer-password`."""
    access: DatabaseReference | None = None
    """Roles, and where their passwords are; goes before `credentials_secret`."""


class Slots(Value):
    """A blue-green pair."""

    service: str
    """The Kubernetes Service whose selector is switched."""
    label: str = "deployment-slot"
    slots: dict[str, Workload]
    """Slot value → workload."""


class Ingress(Value):
    """The way in."""

    name: str
    controller: Workload | None = None
    controller_namespace: str = "ingress-nginx"
    maintenance_service: str | None = None
    """Service that answers while traffic is routed away."""


class SmokeJob(Value):
    """The end-to-end test."""

    manifest: str
    """Path of the Job's manifest, relative to the platform file."""
    timeout_seconds: float = 300


class Monitoring(Value):
    """Where to ask Prometheus and Alertmanager; `service` goes through the API server's proxy."""

    prometheus: Address | None = None
    alertmanager: Address | None = None
    error_ratio: str | None = None
    """PromQL that gives the error ratio per label `service`."""
    latency: str | None = None
    """PromQL that gives the 95th percentile in seconds per label `service`."""
    requests: str | None = None
    """PromQL that gives requests per second per label `service`."""
    token: Reference | None = None
    """Bearer token for an address of `http(s)://…`."""


class BlockNames(Value):
    """Prefect Block documents that say how the platform's systems are reached; made in the UI.

    What such a document says goes before the section of this file that it stands for.
    """

    cluster: str | None = None
    """Name of a document of the type "Cluster access"."""
    database: str | None = None
    """Name of a document of the type "Database access"."""
    monitoring: str | None = None
    """Name of a document of the type "Monitoring access"."""


class Platform(Value):
    """The whole file."""

    version: Literal[1] = 1
    name: str
    namespace: str
    namespaces: tuple[str, ...] = ()
    """Further namespaces that are this platform's own: their alerts are its alerts."""
    policy: str | None = None
    """Path of its own policy file, relative to this file; the settings' when left out."""
    people: dict[str, tuple[Approver, ...]] = {}
    """Group of the policy's `approvers` → who it is here; a group that is not named stays as the policy has it."""
    matchers: tuple[dict[str, str], ...] = ()
    """Alerts that are its own although they name no namespace of it: all labels of one matcher must be so."""
    cluster: ClusterReference | None = None
    """Where the cluster is, and as whom to speak to it; None: as the settings say."""
    pool: PoolName = ""
    """The work pool whose worker answers for it, beside its cluster (`outage worker POOL`); empty: our own runner."""
    critical_namespaces: tuple[str, ...] = ()
    """Also looked at in triage: monitoring, the ingress controller's, the mesh's."""
    services: tuple[Service, ...] = ()
    endpoints: tuple[Endpoint, ...] = ()
    database: Database | None = None
    cache: str | None = None
    """Name of the service that is the cache."""
    ingress: Ingress | None = None
    slots: tuple[Slots, ...] = ()
    smoke: SmokeJob | None = None
    monitoring: Monitoring = Monitoring()
    blocks: BlockNames = BlockNames()
    """Prefect Blocks that hold where credentials are; none: as the settings say."""
    dashboards: dict[str, Url] = {}
    """Title → URL, linked from every report."""
    error_patterns: tuple[str, ...] = ("timeout", "connection", "error", "exception")
    """The runbook's common error patterns."""
    resolve: dict[str, str] = {}
    """Public host → address, as `curl --resolve`; for grounds without public DNS."""
    ca_file: str | None = None
    """Certificate authority of the public endpoints, when it is not a public one."""
    soak: Soak = timedelta(minutes=15)
    """How long recovery is watched before it is called so."""

    @property
    def cluster_name(self) -> str:
        """The cluster as its alerts name it; empty when the file gives it no name."""
        return self.cluster.name if self.cluster else ""

    @property
    def own_namespaces(self) -> tuple[str, ...]:
        """The namespaces that are this platform's own, the main one first."""
        return tuple(dict.fromkeys((self.namespace, *self.namespaces)))

    def service(self, name: str) -> Service | None:
        """The service of that name, or None."""
        return next((one for one in self.services if one.name == name), None)

    def by_workload(self, kind: str, name: str) -> Service | None:
        """The service that runs as this workload, or None."""
        return next((one for one in self.services if one.workload == f"{kind.lower()}/{name}"), None)
