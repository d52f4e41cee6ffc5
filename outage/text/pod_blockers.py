"""What can stop new pods, or changes things by itself: nodes, webhooks, bounds, and the Jobs that write.

Pure: the same objects give the same lines.
"""

from collections.abc import Iterator

from outage.kubernetes.objects import dig, labels_of, owner_ref
from outage.snapshots.snapshot import Snapshot
from outage.text.listing import limits_line, listing_lines
from outage.value import Manifest

WRITING = frozenset({"create", "update", "patch", "delete", "deletecollection", "*"})
"""Verbs of a role that change something."""


def pod_blockers(snapshot: Snapshot) -> str:
    """What can stop new pods anywhere, and who changes things beside us."""
    found = [*_nodes(snapshot), *_webhooks(snapshot), *_bounds(snapshot), *_jobs(snapshot)]
    return listing_lines(found) or "nothing stops new pods"


def _nodes(snapshot: Snapshot) -> Iterator[str]:
    for node in snapshot.kind("Node"):
        if dig(node, "spec.unschedulable"):
            yield f"node {node['metadata']['name']} is cordoned"
        for taint in dig(node, "spec.taints", []):
            yield f"node {node['metadata']['name']} has taint {taint['key']}:{taint['effect']}"


def _webhooks(snapshot: Snapshot) -> Iterator[str]:
    for kind in ("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"):
        for configuration in snapshot.kind(kind):
            for hook in configuration.get("webhooks") or []:
                yield (
                    f"{kind} {configuration['metadata']['name']}: {hook.get('name')} "
                    f"({hook.get('failurePolicy', 'Fail')} within {hook.get('timeoutSeconds', 10)} s)"
                )


def _bounds(snapshot: Snapshot) -> Iterator[str]:
    for namespace in snapshot.kind("Namespace"):
        level = labels_of(namespace).get("pod-security.kubernetes.io/enforce")
        if level and level != "privileged":
            yield f"namespace {namespace['metadata']['name']} enforces PodSecurity {level}"
    for quota in snapshot.kind("ResourceQuota"):
        hard, used = dig(quota, "status.hard", {}), dig(quota, "status.used", {})
        full = [key for key in hard if str(used.get(key)) == str(hard[key])]
        if full:
            yield f"quota {quota['metadata']['name']} in {_place(quota)} is full: {', '.join(full)}"
    for one in snapshot.kind("LimitRange"):
        yield f"limit range in {_place(one)}: {limits_line(one)}"
    for one in snapshot.kind("PriorityClass"):
        if one.get("globalDefault"):
            yield f"priority class {one['metadata']['name']} ({one.get('value', 0)}) is the default of every new pod"


def _jobs(snapshot: Snapshot) -> Iterator[str]:
    """Those that run or will run; what their account may write is known, what they write to a database is not."""
    for one in snapshot.kind("CronJob"):
        if not dig(one, "spec.suspend"):
            spec = dig(one, "spec.jobTemplate.spec.template.spec", {})
            when = (
                f"cronjob {one['metadata']['name']} in {_place(one)} runs at {dig(one, 'spec.schedule', '?')}"
            )
            yield when + _writes(snapshot, _place(one), spec)
    for one in snapshot.kind("Job"):
        if dig(one, "status.active") and owner_ref(one) is None:
            spec = dig(one, "spec.template.spec", {})
            yield f"job {one['metadata']['name']} in {_place(one)} runs now{_writes(snapshot, _place(one), spec)}"


def _place(manifest: Manifest) -> str:
    return str(manifest["metadata"].get("namespace", ""))


def _writes(snapshot: Snapshot, namespace: str, spec: Manifest) -> str:
    """What a pod's account may change in its namespace, as far as its roles there say."""
    account = spec.get("serviceAccountName") or "default"
    roles = {
        dig(one, "roleRef.name", "")
        for one in snapshot.kind("RoleBinding", namespace)
        for subject in one.get("subjects") or []
        if subject.get("kind") == "ServiceAccount" and subject.get("name") == account
    }
    may = [
        f"{'/'.join(sorted(WRITING & set(rule.get('verbs') or [])))} {','.join(rule.get('resources') or [])}"
        for role in snapshot.kind("Role", namespace)
        if role["metadata"]["name"] in roles
        for rule in role.get("rules") or []
        if WRITING & set(rule.get("verbs") or [])
    ]
    return f"; its account {account} may {'; '.join(may)}" if may else ""
