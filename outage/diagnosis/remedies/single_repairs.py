"""The single changes of which repairs are made: each kind of change is written here and nowhere else."""

from collections.abc import Iterable
from typing import Any

from outage.diagnosis.hypothesis import Action, Change, Repair, Risk
from outage.kubernetes.objects import ObjectRef, dig
from outage.kubernetes.workloads import WORKLOADS
from outage.snapshots.baseline import normalised
from outage.value import Manifest

API_VERSIONS = {
    **dict.fromkeys(WORKLOADS, "apps/v1"),
    **dict.fromkeys(("Ingress", "NetworkPolicy"), "networking.k8s.io/v1"),
    **dict.fromkeys(
        ("Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding"), "rbac.authorization.k8s.io/v1"
    ),
}
"""Of the kinds that are made again, for lists leave it out of their items; all others are of the first group, `v1`."""
ADDRESSES = ("clusterIP", "clusterIPs")
"""Of a Service: given by the server, and by now perhaps to another."""


def one_change(
    action: Action,
    target: ObjectRef,
    patch: Iterable[dict[str, Any]],
    summary: str,
    expected: str,
    risk: Risk = Risk.LOW,
) -> Repair:
    """A repair of one change whose reason is its summary.

    Args:
        action: What is done.
        target: To which object.
        patch: RFC 6902 operations against the live object; empty where the action says it all.
        summary: One imperative sentence.
        expected: What will be seen when it worked.
        risk: What can go wrong.
    """
    change = Change(
        action=action, target=target, patch=tuple(patch), why=summary, expected=expected, risk=risk
    )
    return Repair(summary=summary, changes=(change,))


def create_change(
    about: ObjectRef, manifest: Manifest, why: str, expected: str, risk: Risk = Risk.LOW
) -> Change:
    """The change that makes an object.

    Args:
        about: What is made.
        manifest: As it shall be; what the server gives it is left out, and its API version is filled in.
        why: The reason.
        expected: What will be seen when it worked.
        risk: What can go wrong.
    """
    version = API_VERSIONS.get(about.kind, "v1")
    whole: Manifest = {"apiVersion": version, **normalised(manifest), "kind": about.kind}
    if about.kind == "Service":
        given = [field for field in ADDRESSES if dig(whole, f"spec.{field}") not in ("None", ["None"])]
        whole["spec"] = {key: value for key, value in (whole.get("spec") or {}).items() if key not in given}
    return Change(action=Action.CREATE, target=about, manifest=whole, why=why, expected=expected, risk=risk)


def patch_change(
    target: ObjectRef, patch: Iterable[dict[str, Any]], why: str, expected: str, risk: Risk = Risk.LOW
) -> Change:
    """The change that writes fields of an object, as RFC 6902 operations.

    Args:
        target: The object.
        patch: RFC 6902 operations against the live object.
        why: The reason.
        expected: What will be seen when it worked.
        risk: What can go wrong.
    """
    return Change(
        action=Action.PATCH, target=target, patch=tuple(patch), why=why, expected=expected, risk=risk
    )


def delete_change(about: ObjectRef, why: str, expected: str, risk: Risk = Risk.LOW) -> Change:
    """The change that takes an object away; the arguments are those of `patch_change`."""
    return Change(action=Action.DELETE, target=about, why=why, expected=expected, risk=risk)


def suspend_change(actor: ObjectRef, why: str, expected: str, risk: Risk = Risk.LOW) -> Change:
    """The change that holds a Job or CronJob, which can be resumed; the arguments are those of `patch_change`."""
    return patch_change(actor, [{"op": "add", "path": "/spec/suspend", "value": True}], why, expected, risk)


def restart_change(workload: ObjectRef, why: str, expected: str) -> Change:
    """The change that replaces the pods of a workload in turn; the arguments are those of `patch_change`."""
    return Change(action=Action.RESTART, target=workload, why=why, expected=expected, risk=Risk.MEDIUM)


def restart_reader(workload: ObjectRef) -> Change:
    """The change that lets a workload read a value anew."""
    return restart_change(workload, "it reads the value only when it starts", "New pods with the value.")


def cancel_change(pid: int, why: str, expected: str) -> Change:
    """The change that ends the session with this backend pid; the other arguments are those of `patch_change`."""
    about = ObjectRef(kind="Session", name=str(pid))
    return Change(action=Action.CANCEL, target=about, session=pid, why=why, expected=expected, risk=Risk.HIGH)
