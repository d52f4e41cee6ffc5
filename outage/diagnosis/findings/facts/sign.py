"""The names of every sign that can be read from a picture. A stable public contract: add, never rename."""

from enum import StrEnum


class Sign(StrEnum):
    """What is not as it should be; which facts go with each is told in `sign_facts`."""

    WORKLOAD_DOWN = "workload-down"
    WORKLOAD_DEGRADED = "workload-degraded"
    WORKLOAD_MISSING = "workload-missing"
    ROLLOUT_STUCK = "rollout-stuck"
    PODS_REFUSED = "pods-refused"

    POD_IMAGE_PULL = "pod-image-pull"
    POD_CONFIG_ERROR = "pod-config-error"
    POD_OUT_OF_MEMORY = "pod-out-of-memory"
    POD_CRASH_LOOP = "pod-crash-loop"
    POD_RESTARTED = "pod-restarted"
    POD_UNSCHEDULABLE = "pod-unschedulable"
    POD_UNSCHEDULED = "pod-unscheduled"
    POD_GATED = "pod-gated"
    POD_VOLUME = "pod-volume"
    POD_NOT_STARTED = "pod-not-started"
    POD_NOT_READY = "pod-not-ready"
    POD_STANDBY = "pod-standby"
    POD_COMPLAINS = "pod-complains"
    POD_FAILED = "pod-failed"
    JOB_FAILED = "job-failed"
    POD_STUCK_LEAVING = "pod-stuck-leaving"

    SERVICE_WITHOUT_ENDPOINTS = "service-without-endpoints"
    SERVICE_MISSING = "service-missing"
    ADDRESS_OF_NOTHING = "address-of-nothing"
    CLAIM_PENDING = "claim-pending"

    PROBE_FAILING = "probe-failing"
    HEALTH_FAILING = "health-failing"
    CERTIFICATE_EXPIRED = "certificate-expired"
    CERTIFICATE_EXPIRES_SOON = "certificate-expires-soon"
    UNREACHABLE = "unreachable"
    NAME_UNRESOLVED = "name-unresolved"
    ERROR_RATIO_HIGH = "error-ratio-high"
    LATENCY_HIGH = "latency-high"
    SATURATED = "saturated"
    LOG_ERRORS = "log-errors"
    ALERT_FIRING = "alert-firing"

    NODE_NOT_READY = "node-not-ready"
    NODE_PRESSURE = "node-pressure"
    AUTOSCALER_BLIND = "autoscaler-blind"

    DATABASE_BLOCKED = "database-blocked"
    DATABASE_CONNECTIONS = "database-connections"
    DATABASE_READ_ONLY = "database-read-only"
    DATABASE_WRAPAROUND = "database-wraparound"
