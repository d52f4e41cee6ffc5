"""Which rights each identity needs, what for, and which platform needs which: data for `outage doctor`.

The promise: what is asked here is all that plans under this policy may do, and `deploy/rbac` grants nothing else.
"""

from collections.abc import Iterator
from typing import NamedTuple

from outage.kubernetes.access_right import Right
from outage.platforms.platform import Platform
from outage.policies.guards.guard_view import JUDGED_BY
from outage.policies.policy import Policy

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

RECREATED = (
    *("Deployment", "StatefulSet", "DaemonSet", "Service", "Ingress", "ConfigMap", "ServiceAccount"),
    *("PersistentVolumeClaim", "Role", "RoleBinding"),
)
"""Kinds that a plan creates when they are gone, as the baseline has them; taking that back deletes them again."""

BLOCKERS = (
    *("NetworkPolicy", "ResourceQuota", "LimitRange"),
    *("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"),
)
"""Kinds that a plan deletes when they came with the trouble; taking that back creates them again."""

NEVER = (
    Right(identity="reader", verb="patch", kind="Deployment", purpose="the reader must not write"),
    Right(identity="reader", verb="delete", kind="Pod", purpose="the reader must not write"),
    Right(identity="writer", verb="list", kind="Secret", purpose="the writer must not list Secrets"),
    Right(identity="writer", verb="patch", kind="Secret", purpose="the writer must not write Secrets"),
)
"""What neither identity may have; least privilege is proven, too."""


class AllowedObject(NamedTuple):
    """What the policy lets plans write beyond the platform's namespaces."""

    kind: str
    namespace: str
    """Empty for kinds of the whole cluster."""
    name: str
    """Empty for every object of the kind."""


def rights_needed(platform: Platform, policy: Policy) -> tuple[Right, ...]:
    """What the two identities need for this platform under this policy, each right once."""
    asked: dict[tuple[str, str], Right] = {}
    for one in (*_judging(policy), *_reading(platform), *_writing(policy), *_beside(platform)):
        asked.setdefault((one.identity, str(one)), one)
    return tuple(asked.values())


def _judging(policy: Policy) -> Iterator[Right]:
    """What guards look at before each write: what they cannot see, they refuse to have written."""

    def see(verb: str, kind: str, namespace: str = "", name: str = "") -> Right:
        why = f"guards cannot see {kind} and refuse plans"
        return Right(identity="reader", verb=verb, kind=kind, namespace=namespace, name=name, purpose=why)

    for place in policy.namespaces if policy.kinds else ():
        yield see("get", "Namespace", name=place)
        yield from (see("list", kind, place) for kind in JUDGED_BY)
        yield from (see("get", kind, place) for kind in policy.kinds if kind not in JUDGED_BY)
    for kind, place, name in _beyond(policy):
        if place:
            yield see("get", "Namespace", name=place)
            yield from (see("list", one, place) for one in JUDGED_BY)
        if kind not in JUDGED_BY:
            yield see("list" if kind == "Node" else "get", kind, place, "" if kind == "Node" else name)


def _beyond(policy: Policy) -> Iterator[AllowedObject]:
    for spelled in policy.cluster_kinds:
        place, slash, rest = spelled.partition("/")
        kind, _, name = rest.partition("/")
        yield AllowedObject(kind, place, name) if slash else AllowedObject(spelled, "", "")


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


def _writing(policy: Policy) -> Iterator[Right]:
    """What plans write: where the policy lets them, and only in the ways in which the kind is ever repaired."""
    for place in policy.namespaces:
        for kind in policy.kinds:
            yield from (_write(verb, kind, place) for verb in _ways(kind))
    for kind, place, name in _beyond(policy):
        for verb in _ways(kind, single=bool(name)):
            # the API server does not know the name of what is being created
            yield _write(verb, kind, place, "" if verb == "create" else name)
        if kind == "Node":
            yield _write("list", "Pod", needed=False, purpose="drains cannot see a node's pods")
            yield _write("create", "Pod", subresource="eviction", needed=False, purpose="drains fail")


def _ways(kind: str, single: bool = False) -> tuple[str, ...]:
    """The verbs with which plans repair a kind. A single object of the allow-list is mended, never made anew."""
    if kind == "Secret":
        return ()  # guards refuse every write of one, whatever the policy says
    if kind == "Pod":
        return ("get", "delete")
    made_anew = kind in BLOCKERS or (kind in RECREATED and not single)
    return ("get", "patch", "create", "delete") if made_anew else ("get", "patch")


def _beside(platform: Platform) -> Iterator[Right]:
    """What the writing identity needs beside plans: the smoke test, and the way to the database."""
    place = platform.namespace
    if platform.smoke is not None:
        why = "the smoke test cannot be run"
        yield from (
            _write(verb, "Job", place, needed=False, purpose=why) for verb in ("get", "create", "delete")
        )
    if platform.database is None:
        return
    why = "no database session can be ended"
    # `get` is what a websocket is asked for before Kubernetes 1.35, `create` from then on
    for verb in ("get", "create"):
        yield _write(verb, "Pod", place, subresource="portforward", needed=False, purpose=why)
    if secret := platform.database.credentials_secret:
        yield _write("get", "Secret", place, secret, needed=False, purpose=why)


def _write(
    verb: str,
    kind: str,
    namespace: str = "",
    name: str = "",
    *,
    subresource: str = "",
    needed: bool = True,
    purpose: str = "",
) -> Right:
    return Right(
        identity="writer",
        verb=verb,
        kind=kind,
        namespace=namespace,
        name=name,
        subresource=subresource,
        needed=needed,
        purpose=purpose or f"plans that {verb} {kind} fail",
    )
