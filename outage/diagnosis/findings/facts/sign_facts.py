"""What goes with each sign: the numbers, names and foreign words that rules decide from.

Every class names its signs, so that facts read back from a record are of the right class.
"""

from datetime import datetime, timedelta
from typing import Annotated, Literal

from pydantic import Field

from outage.diagnosis.findings.facts.sign import Sign
from outage.kubernetes.objects import ObjectRef
from outage.snapshots.snapshot import Metric
from outage.value import Value


class SignFacts(Value):
    """What the facts of all signs have."""

    quoted: str = ""
    """What the cluster, a program or a log says of it, word for word; empty when nobody says anything. Rules may
    look for words in it: they are not ours."""


class ReplicaFacts(SignFacts):
    """Too few pods are ready."""

    sign: Literal[Sign.WORKLOAD_DOWN, Sign.WORKLOAD_DEGRADED]
    ready: int
    desired: int


class GoneFacts(SignFacts):
    """The baseline has it, and it is not there."""

    sign: Literal[Sign.WORKLOAD_MISSING, Sign.SERVICE_MISSING]


class StuckRolloutFacts(SignFacts):
    """A rollout went past its deadline."""

    sign: Literal[Sign.ROLLOUT_STUCK] = Sign.ROLLOUT_STUCK


class RefusedPodsFacts(SignFacts):
    """The API server lets no pod in; `quoted` is its refusal."""

    sign: Literal[Sign.PODS_REFUSED] = Sign.PODS_REFUSED
    quoted: str


class ImagePullFacts(SignFacts):
    """A container has no image; `quoted` is the kubelet's word for it, as `ErrImagePull`."""

    sign: Literal[Sign.POD_IMAGE_PULL] = Sign.POD_IMAGE_PULL
    container: str
    image: str
    quoted: str


class UncreatedContainerFacts(SignFacts):
    """A container cannot be made; `quoted` is why."""

    sign: Literal[Sign.POD_CONFIG_ERROR] = Sign.POD_CONFIG_ERROR
    container: str
    quoted: str


class MemoryKillFacts(SignFacts):
    """A container was killed for memory."""

    sign: Literal[Sign.POD_OUT_OF_MEMORY] = Sign.POD_OUT_OF_MEMORY
    container: str
    restarts: int


class ContainerEndFacts(SignFacts):
    """A container ended, once or again and again; `quoted` is the runtime's word for how, as `Error`."""

    sign: Literal[Sign.POD_CRASH_LOOP, Sign.POD_RESTARTED]
    container: str
    exit_code: int | None = None
    """None when nobody kept it."""
    restarts: int = 0
    running_again: bool = False
    """Whether it runs at this moment, after it has ended."""


class UnschedulableFacts(SignFacts):
    """No node takes a pod; `quoted` is what the scheduler says."""

    sign: Literal[Sign.POD_UNSCHEDULABLE] = Sign.POD_UNSCHEDULABLE
    quoted: str


class UnscheduledFacts(SignFacts):
    """A pod has no node and no scheduler speaks of it."""

    sign: Literal[Sign.POD_UNSCHEDULED] = Sign.POD_UNSCHEDULED


class GatedFacts(SignFacts):
    """Scheduling gates hold a pod back."""

    sign: Literal[Sign.POD_GATED] = Sign.POD_GATED
    gates: tuple[str, ...] = ()


class UnmountedVolumeFacts(SignFacts):
    """A volume cannot be mounted; `quoted` is the kubelet's event."""

    sign: Literal[Sign.POD_VOLUME] = Sign.POD_VOLUME
    quoted: str


class UnstartedPodFacts(SignFacts):
    """A pod has a node and does not start; `quoted` is the event that says why, or empty."""

    sign: Literal[Sign.POD_NOT_STARTED] = Sign.POD_NOT_STARTED
    init_container: str = ""
    """The one that does not end, if that is what it waits for."""
    waited: timedelta = timedelta()


class UnreadyPodFacts(SignFacts):
    """A pod runs and is not ready; `quoted` is its probe's last failure or the condition's reason, or empty."""

    sign: Literal[Sign.POD_NOT_READY] = Sign.POD_NOT_READY
    answer: str = ""
    """What it says itself when it is asked whether it is ready; empty when nobody asked."""


class StandbyFacts(SignFacts):
    """A pod is not ready while another member has the turn, as a standby is; `quoted` is its probe's last failure."""

    sign: Literal[Sign.POD_STANDBY] = Sign.POD_STANDBY
    answer: str = ""
    """What it says itself when it is asked whether it is ready; empty when nobody asked."""


class PodComplaintFacts(SignFacts):
    """A pod is ready and says now, again and again, that it cannot do what it is for; `quoted` is its last line."""

    sign: Literal[Sign.POD_COMPLAINS] = Sign.POD_COMPLAINS
    trouble: str
    """The kind of trouble, as the vocabulary of logs names it."""
    count: int
    quoted: str


class FailedPodFacts(SignFacts):
    """A pod ended as failed; `quoted` is its status' message or reason, or empty."""

    sign: Literal[Sign.POD_FAILED, Sign.JOB_FAILED]


class StuckLeavingFacts(SignFacts):
    """A pod was deleted and is still there."""

    sign: Literal[Sign.POD_STUCK_LEAVING] = Sign.POD_STUCK_LEAVING
    overdue: timedelta


class NoEndpointsFacts(SignFacts):
    """A Service has nobody behind it who is ready."""

    sign: Literal[Sign.SERVICE_WITHOUT_ENDPOINTS] = Sign.SERVICE_WITHOUT_ENDPOINTS
    selected: int
    """Pods that its selector matches."""


class DanglingAddressFacts(SignFacts):
    """Somebody's configuration names a Service that is not there."""

    sign: Literal[Sign.ADDRESS_OF_NOTHING] = Sign.ADDRESS_OF_NOTHING
    caller: ObjectRef
    address: str
    """As it is configured."""


class UnboundClaimFacts(SignFacts):
    """A volume claim has no volume."""

    sign: Literal[Sign.CLAIM_PENDING] = Sign.CLAIM_PENDING
    phase: str


class ProbeFacts(SignFacts):
    """A URL does not answer as it should; `quoted` is the client's problem, or empty when an answer came."""

    sign: Literal[Sign.PROBE_FAILING, Sign.HEALTH_FAILING]
    url: str
    status: int | None = None
    unresolved: bool = False
    """Whether the host's name does not resolve."""


class CertificateFacts(SignFacts):
    """A certificate has ended or ends soon."""

    sign: Literal[Sign.CERTIFICATE_EXPIRED, Sign.CERTIFICATE_EXPIRES_SOON]
    url: str
    expires_at: datetime


class UnreachedFacts(SignFacts):
    """From inside a pod an address is not reached, or a name not resolved; `quoted` is what came back, or empty."""

    sign: Literal[Sign.UNREACHABLE, Sign.NAME_UNRESOLVED]
    target: str
    """`host:port`, or a host name alone."""


class ErrorRatioFacts(SignFacts):
    """A share of requests fails."""

    sign: Literal[Sign.ERROR_RATIO_HIGH] = Sign.ERROR_RATIO_HIGH
    service: str
    ratio: float
    before: float
    age: timedelta
    """How long ago `before` was measured."""


class LatencyFacts(SignFacts):
    """Requests are slow: 95 of 100 take up to so long."""

    sign: Literal[Sign.LATENCY_HIGH] = Sign.LATENCY_HIGH
    service: str
    seconds: float
    before: float | None = None
    age: timedelta
    """How long ago `before` was measured."""


class SaturationFacts(SignFacts):
    """The monitoring measures far more than at this time of the last hour and of yesterday, and enough to hurt."""

    sign: Literal[Sign.SATURATED] = Sign.SATURATED
    metric: Metric
    measured: float
    """Median of the last minutes, in the metric's unit."""
    hour_ago: float | None = None
    """Median of the same minutes then; None where there were too few numbers."""
    day_ago: float | None = None
    deviation: float
    """The smaller of the robust z-scores against each."""


class LogErrorFacts(SignFacts):
    """A log complains; `quoted` is the line that tells most."""

    sign: Literal[Sign.LOG_ERRORS] = Sign.LOG_ERRORS
    lines: int
    new: bool
    """Whether `quoted` is a complaint that the baseline does not know."""
    quoted: str
    ago: timedelta | None = None
    """How long before the look the last of the lines was written, None when it has no date."""


class AlertFacts(SignFacts):
    """The monitoring's alert fires."""

    sign: Literal[Sign.ALERT_FIRING] = Sign.ALERT_FIRING
    alert: str
    service: str = ""


class UnreadyNodeFacts(SignFacts):
    """A node is not ready; `quoted` is its condition's message or reason."""

    sign: Literal[Sign.NODE_NOT_READY] = Sign.NODE_NOT_READY


class NodePressureFacts(SignFacts):
    """A node is under pressure."""

    sign: Literal[Sign.NODE_PRESSURE] = Sign.NODE_PRESSURE
    condition: str
    """As `MemoryPressure`."""


class BlindAutoscalerFacts(SignFacts):
    """An autoscaler cannot measure; `quoted` is its condition's message."""

    sign: Literal[Sign.AUTOSCALER_BLIND] = Sign.AUTOSCALER_BLIND
    target: str


class BlockingSessionFacts(SignFacts):
    """A session of the database holds a lock that others wait for."""

    sign: Literal[Sign.DATABASE_BLOCKED] = Sign.DATABASE_BLOCKED
    pid: int
    client: str
    """Its application, or its user."""
    waiting: int


class ConnectionFacts(SignFacts):
    """The database's connections are nearly all taken."""

    sign: Literal[Sign.DATABASE_CONNECTIONS] = Sign.DATABASE_CONNECTIONS
    used: int
    allowed: int


class ReadOnlyFacts(SignFacts):
    """The database takes no writes."""

    sign: Literal[Sign.DATABASE_READ_ONLY] = Sign.DATABASE_READ_ONLY
    in_recovery: bool


class WraparoundFacts(SignFacts):
    """The database's transaction counter is near its end."""

    sign: Literal[Sign.DATABASE_WRAPAROUND] = Sign.DATABASE_WRAPAROUND
    age: int
    """Transactions."""


Facts = Annotated[
    ReplicaFacts
    | GoneFacts
    | StuckRolloutFacts
    | RefusedPodsFacts
    | ImagePullFacts
    | UncreatedContainerFacts
    | MemoryKillFacts
    | ContainerEndFacts
    | UnschedulableFacts
    | UnscheduledFacts
    | GatedFacts
    | UnmountedVolumeFacts
    | UnstartedPodFacts
    | UnreadyPodFacts
    | StandbyFacts
    | PodComplaintFacts
    | FailedPodFacts
    | StuckLeavingFacts
    | NoEndpointsFacts
    | DanglingAddressFacts
    | UnboundClaimFacts
    | ProbeFacts
    | CertificateFacts
    | UnreachedFacts
    | ErrorRatioFacts
    | LatencyFacts
    | SaturationFacts
    | LogErrorFacts
    | AlertFacts
    | UnreadyNodeFacts
    | NodePressureFacts
    | BlindAutoscalerFacts
    | BlockingSessionFacts
    | ConnectionFacts
    | ReadOnlyFacts
    | WraparoundFacts,
    Field(discriminator="sign"),
]
"""The facts of any sign."""
