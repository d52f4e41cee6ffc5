"""Which rights each identity needs, what for, and which platform needs which: data for `outage doctor`."""

from outage.platform import Platform
from outage.policy import Policy
from outage.value import Value


class Right(Value):
    """One thing that an identity must (or should) be allowed to do."""

    identity: str
    """`reader` or `writer`."""
    verb: str
    kind: str
    namespace: str = ""
    """Empty: in all namespaces, or a cluster-wide kind."""
    subresource: str = ""
    purpose: str
    """What does not work without it, as half a sentence."""
    needed: bool = True
    """False when the program works without it and says what it cannot see."""

    def __str__(self) -> str:
        """`get pods/log in shop`."""
        what = f"{self.kind}/{self.subresource}" if self.subresource else self.kind
        return f"{self.verb} {what}" + (f" in {self.namespace}" if self.namespace else " everywhere")


SEEN = (
    *("Pod", "Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "Service", "EndpointSlice", "Ingress"),
    *("ConfigMap", "Event", "Job", "CronJob", "NetworkPolicy", "PersistentVolumeClaim"),
)
"""Kinds of the platform's namespace without which an investigation is half blind."""

ALSO_SEEN = (
    *("Secret", "ServiceAccount", "Role", "RoleBinding", "ResourceQuota", "LimitRange"),
    *("PodDisruptionBudget", "HorizontalPodAutoscaler", "ControllerRevision"),
)
SEEN_EVERYWHERE = ("Node", "Namespace", "PersistentVolume", "PriorityClass", "Pod")

NEVER = (
    Right(identity="reader", verb="patch", kind="Deployment", purpose="the reader must not write"),
    Right(identity="reader", verb="delete", kind="Pod", purpose="the reader must not write"),
    Right(identity="writer", verb="list", kind="Secret", purpose="the writer must not list Secrets"),
    Right(identity="writer", verb="patch", kind="Secret", purpose="the writer must not write Secrets"),
)
"""What neither identity may have; least privilege is proven, too."""


def rights_needed(platform: Platform, policy: Policy) -> tuple[Right, ...]:
    """What the two identities need for this platform under this policy."""
    return (*_reading(platform), *_writing(platform, policy))


def _reading(platform: Platform) -> tuple[Right, ...]:
    place = platform.namespace

    def see(kind: str, namespace: str, needed: bool, subresource: str = "", verb: str = "list") -> Right:
        return Right(
            identity="reader",
            verb=verb,
            kind=kind,
            namespace=namespace,
            subresource=subresource,
            needed=needed,
            purpose=f"{kind}{'/' + subresource if subresource else ''} stays unseen",
        )

    return (
        *(see(kind, place, True) for kind in SEEN),
        see("Pod", place, True, "log", "get"),
        *(see(kind, place, False) for kind in ALSO_SEEN),
        *(see(kind, "", False) for kind in SEEN_EVERYWHERE),
        see("Pod", place, False, "exec", "create"),
        see("Pod", place, False, "portforward", "create"),
    )


def _writing(platform: Platform, policy: Policy) -> tuple[Right, ...]:
    def write(verb: str, kind: str, namespace: str, needed: bool = True, subresource: str = "") -> Right:
        return Right(
            identity="writer",
            verb=verb,
            kind=kind,
            namespace=namespace,
            subresource=subresource,
            needed=needed,
            purpose=f"plans that {verb} {kind} fail",
        )

    rights: list[Right] = []
    for place in policy.namespaces:
        for kind in policy.kinds:
            rights.append(write("get", kind, place))
            rights += [] if kind == "Pod" else [write("patch", kind, place)]
            rights.append(write("delete", kind, place, needed=kind == "Pod"))
    for name in policy.cluster_kinds:
        _, _, rest = name.partition("/")
        if not rest:
            rights += [write("get", name, ""), write("patch", name, "")]
            rights += [write("create", "Pod", "", False, "eviction")] if name == "Node" else []
    if platform.smoke is not None:
        rights.append(write("create", "Job", platform.namespace, needed=False))
    if platform.database is not None:
        rights.append(write("create", "Pod", platform.namespace, False, "portforward"))
    return tuple(dict.fromkeys(rights))
