"""The names of every cause that diagnosis can give. A stable public contract: add, never rename."""

from enum import StrEnum


class Cause(StrEnum):
    """One class of outage each; the sentence is what `says` gives."""

    BAD_IMAGE = "bad-image"
    IMAGE_PULL_DENIED = "image-pull-denied"
    REGISTRY_UNREACHABLE = "registry-unreachable"
    BAD_COMMAND = "bad-command"
    BAD_TEMPLATE = "bad-template"
    BAD_SECURITY_CONTEXT = "bad-security-context"
    BAD_PROBE = "bad-probe"
    PROBE_PROTOCOL = "probe-protocol"
    LIVENESS_TOO_EAGER = "liveness-too-eager"
    MEMORY_LIMIT_TOO_SMALL = "memory-limit-too-small"
    REQUEST_TOO_LARGE = "request-too-large"
    OUT_OF_MEMORY = "out-of-memory"
    CONTAINER_PORT_CLASH = "container-port-clash"
    ROLLOUT_STRATEGY = "rollout-strategy"

    DUPLICATE_ENV = "duplicate-env"
    BAD_ENV = "bad-env"
    WRONG_ADDRESS = "wrong-address"
    WRONG_CREDENTIAL = "wrong-credential"
    STALE_ENV = "stale-env"
    CONFIG_MISSING = "config-missing"
    SECRET_MISSING = "secret-missing"  # noqa: S105  (the name of a cause, no secret)
    CONFIG_KEY_MISSING = "config-key-missing"
    CONFIG_DRIFT = "config-drift"
    SERVICE_ACCOUNT_MISSING = "service-account-missing"
    TOKEN_NOT_MOUNTED = "token-not-mounted"  # noqa: S105  (the name of a cause, no secret)
    CREDENTIAL_ROTATED_ALONE = "credential-rotated-alone"
    SERVICE_LINK_VARIABLE = "service-link-variable"

    NODE_SELECTOR_UNMATCHED = "node-selector-unmatched"
    ANTI_AFFINITY_DEADLOCK = "anti-affinity-deadlock"
    NODE_TAINTED = "node-tainted"
    NODE_CORDONED = "node-cordoned"
    HOST_PORT_CLASH = "host-port-clash"
    PREEMPTED = "preempted"
    CLAIM_NAME_WRONG = "claim-name-wrong"
    STORAGE_CLASS_MISSING = "storage-class-missing"
    CLAIM_UNBINDABLE = "claim-unbindable"
    VOLUME_NODE_CONFLICT = "volume-node-conflict"
    STALE_CLAIM_REF = "stale-claim-ref"
    VOLUME_RELEASED = "volume-released"
    DISK_FULL = "disk-full"

    SCALED_TO_ZERO = "scaled-to-zero"
    WORKLOAD_MISSING = "workload-missing"
    SERVICE_MISSING = "service-missing"
    SERVICE_SELECTOR = "service-selector"
    SERVICE_SELECTS_FOREIGN = "service-selects-foreign"
    SERVICE_TARGET_PORT = "service-target-port"
    SERVICE_PROTOCOL = "service-protocol"
    HEADLESS_PORT = "headless-port"
    PEERS_NOT_PUBLISHED = "peers-not-published"
    TRAFFIC_POLICY_LOCAL = "traffic-policy-local"
    SESSION_AFFINITY = "session-affinity"
    WRONG_BACKEND = "wrong-backend"
    CERTIFICATE_EXPIRED = "certificate-expired"
    PUBLIC_NAME_LOST = "public-name-lost"
    DNS_REWRITTEN = "dns-rewritten"
    DNS_DOWN = "dns-down"
    NETWORK_POLICY = "network-policy"
    NAMESPACE_LABEL = "namespace-label"
    WRONG_RESOLVER = "wrong-resolver"
    NOT_LISTENING = "not-listening"
    INGRESS_CLASS_UNSERVED = "ingress-class-unserved"

    QUOTA_EXCEEDED = "quota-exceeded"
    LIMIT_RANGE = "limit-range"
    LIMIT_RANGE_DEFAULT = "limit-range-default"
    WEBHOOK_UNAVAILABLE = "webhook-unavailable"
    WEBHOOK_MUTATES_PODS = "webhook-mutates-pods"
    POD_SECURITY = "pod-security"
    RBAC_NARROWED = "rbac-narrowed"

    NODE_NOT_READY = "node-not-ready"
    NODE_PROXY_DOWN = "node-proxy-down"
    CONTROL_PLANE_STALLED = "control-plane-stalled"
    NETWORK_LOSSY = "network-lossy"

    BLOCKING_SESSION = "blocking-session"
    DATABASE_READ_ONLY = "database-read-only"
    CONNECTIONS_EXHAUSTED = "connections-exhausted"
    SLOT_HOLDS_LOG = "slot-holds-log"

    RECURRING_ACTOR = "recurring-actor"
    RUNS_PILE_UP = "runs-pile-up"
    JOB_FAILED = "job-failed"
    RECENT_CHANGE = "recent-change"
    CHAOS_OBJECT = "chaos-object"
    LOAD_JOB = "load-job"
    CPU_SATURATED = "cpu-saturated"
    AUTOSCALER_BLIND = "autoscaler-blind"

    DEPENDENCY_DOWN = "dependency-down"
    APPLICATION_ERROR = "application-error"
    UNKNOWN = "unknown"

    @property
    def says(self) -> str:
        """The cause in one sentence."""
        return SENTENCES[self]


SENTENCES: dict[Cause, str] = {
    Cause.BAD_IMAGE: "The image reference names an image that cannot be had.",
    Cause.IMAGE_PULL_DENIED: "The registry refuses the pull: the pull secret is missing, wrong or not named.",
    Cause.REGISTRY_UNREACHABLE: "The nodes cannot reach the registry of an image that did not change.",
    Cause.BAD_COMMAND: "The container's command or arguments were changed to something that does not run.",
    Cause.BAD_TEMPLATE: "The pod template was changed and pods made from it fail.",
    Cause.BAD_SECURITY_CONTEXT: "A security field was changed so that the process may not do what it needs.",
    Cause.BAD_PROBE: "A probe asks the wrong port or path.",
    Cause.PROBE_PROTOCOL: "A probe speaks another protocol than its port.",
    Cause.LIVENESS_TOO_EAGER: "The liveness probe kills the container before it has started.",
    Cause.MEMORY_LIMIT_TOO_SMALL: "The memory limit is smaller than what the process needs.",
    Cause.REQUEST_TOO_LARGE: "The pod asks for more than any node has.",
    Cause.OUT_OF_MEMORY: "The process uses more memory than its unchanged limit: a leak or a flood.",
    Cause.CONTAINER_PORT_CLASH: "Two containers of one pod want the same port.",
    Cause.ROLLOUT_STRATEGY: "The rollout strategy lets every pod be taken away at once.",
    Cause.DUPLICATE_ENV: "An environment variable is given twice and the last one, which wins, is wrong.",
    Cause.BAD_ENV: "An environment variable was changed or removed and the process fails since.",
    Cause.WRONG_ADDRESS: "The address of a dependency is wrong in the caller's configuration.",
    Cause.WRONG_CREDENTIAL: "The credential for a dependency is wrong in the caller's configuration.",
    Cause.STALE_ENV: "Pods still run with the values a ConfigMap or Secret had before it changed.",
    Cause.CONFIG_MISSING: "A ConfigMap that pods need does not exist.",
    Cause.SECRET_MISSING: "A Secret that pods need does not exist.",
    Cause.CONFIG_KEY_MISSING: "A key that pods need is not in its ConfigMap or Secret.",
    Cause.CONFIG_DRIFT: "A ConfigMap or Secret differs from the known-good one and its readers fail since.",
    Cause.SERVICE_ACCOUNT_MISSING: "The service account of the pods does not exist.",
    Cause.NODE_SELECTOR_UNMATCHED: "The node selector or affinity matches no node.",
    Cause.ANTI_AFFINITY_DEADLOCK: "Required anti-affinity leaves no node for the pods.",
    Cause.NODE_TAINTED: "A taint keeps the pods off the nodes.",
    Cause.NODE_CORDONED: "The nodes that could run the pods are cordoned.",
    Cause.HOST_PORT_CLASH: "The host port is taken on every node.",
    Cause.PREEMPTED: "Pods of a higher priority class push the pods away.",
    Cause.CLAIM_NAME_WRONG: "The pod names a volume claim that does not exist.",
    Cause.STORAGE_CLASS_MISSING: "The volume claim names a storage class that does not exist.",
    Cause.CLAIM_UNBINDABLE: "No volume fits the claim.",
    Cause.VOLUME_NODE_CONFLICT: "The volume lives on another node than the pod is bound to.",
    Cause.STALE_CLAIM_REF: "The volume is still reserved for a claim that is gone.",
    Cause.SCALED_TO_ZERO: "The workload is scaled to zero although others need it.",
    Cause.WORKLOAD_MISSING: "The workload was deleted.",
    Cause.SERVICE_MISSING: "The Service that others call was deleted.",
    Cause.SERVICE_SELECTOR: "The Service's selector matches none of the pods it is meant for.",
    Cause.SERVICE_SELECTS_FOREIGN: "The Service also selects pods of another workload.",
    Cause.SERVICE_TARGET_PORT: "The Service sends traffic to a port that the pods do not serve.",
    Cause.SERVICE_PROTOCOL: "The Service's port has another protocol than the pods serve.",
    Cause.TRAFFIC_POLICY_LOCAL: "The Service only answers on nodes that run one of its pods.",
    Cause.SESSION_AFFINITY: "The Service forgets a client before its session is over.",
    Cause.WRONG_BACKEND: "The route leads to the wrong backend.",
    Cause.CERTIFICATE_EXPIRED: "A certificate that users see has expired.",
    Cause.PUBLIC_NAME_LOST: "The public names that users type do not resolve.",
    Cause.DNS_REWRITTEN: "The cluster DNS was told to answer wrongly.",
    Cause.DNS_DOWN: "The cluster DNS does not run.",
    Cause.NETWORK_POLICY: "A network policy blocks traffic that the platform needs.",
    Cause.QUOTA_EXCEEDED: "A resource quota refuses new pods.",
    Cause.LIMIT_RANGE: "A limit range refuses new pods.",
    Cause.WEBHOOK_UNAVAILABLE: "An admission webhook that must be asked does not answer.",
    Cause.WEBHOOK_MUTATES_PODS: "An admission webhook changes pods so that they fail.",
    Cause.POD_SECURITY: "The namespace's Pod Security level refuses the pods.",
    Cause.RBAC_NARROWED: "A role lost rules that its users need.",
    Cause.NODE_NOT_READY: "A node does not answer.",
    Cause.NODE_PROXY_DOWN: "kube-proxy does not run on a node, so Services cannot be reached from there.",
    Cause.CONTROL_PLANE_STALLED: "The scheduler or the controller manager does not work.",
    Cause.NETWORK_LOSSY: "The network between pods is slow or loses packets.",
    Cause.BLOCKING_SESSION: "One database session holds a lock that others wait for.",
    Cause.DATABASE_READ_ONLY: "The database refuses writes.",
    Cause.CONNECTIONS_EXHAUSTED: "The database has no connections left.",
    Cause.RECURRING_ACTOR: "A recurring job keeps putting a wrong value back.",
    Cause.CHAOS_OBJECT: "A chaos experiment is running against the pods.",
    Cause.LOAD_JOB: "A new job floods the platform.",
    Cause.CPU_SATURATED: "The CPU limit is used up.",
    Cause.AUTOSCALER_BLIND: "The autoscaler cannot measure its target.",
    Cause.DEPENDENCY_DOWN: "What the service depends on does not answer.",
    Cause.APPLICATION_ERROR: "The application fails by itself; nothing around it changed.",
    Cause.TOKEN_NOT_MOUNTED: "The program reads the token of its service account, and the pods are given none.",
    Cause.CREDENTIAL_ROTATED_ALONE: "A password was changed in its Secret, and the database still has the old one.",
    Cause.SERVICE_LINK_VARIABLE: "A Service's name makes a variable that the program reads as its own setting.",
    Cause.VOLUME_RELEASED: "The claim was deleted; its data lie on a volume that is Released.",
    Cause.DISK_FULL: "A volume has no space left.",
    Cause.HEADLESS_PORT: "The Service is headless and translates no ports; nothing listens on the one called.",
    Cause.PEERS_NOT_PUBLISHED: "Members wait for names that are published only for those that are ready.",
    Cause.NAMESPACE_LABEL: "A namespace lacks the label by which a network policy lets its pods in.",
    Cause.LIMIT_RANGE_DEFAULT: "A limit range gives the containers a limit that their workload never states.",
    Cause.SLOT_HOLDS_LOG: "A replication slot that nobody reads keeps the database's log and fills its disk.",
    Cause.RUNS_PILE_UP: "Runs of a CronJob hang, and each one that begins beside them takes a place more.",
    Cause.JOB_FAILED: "A Job gave up, and no later run made it good.",
    Cause.RECENT_CHANGE: "Something on the failing path was changed right before the first failure.",
    Cause.WRONG_RESOLVER: "The pods ask their node's resolver, which knows no Services.",
    Cause.NOT_LISTENING: "No process listens where calls arrive, or only for its own pod.",
    Cause.INGRESS_CLASS_UNSERVED: "No controller serves the class of the Ingress.",
    Cause.UNKNOWN: "Something fails and nothing that was seen explains it.",
}
