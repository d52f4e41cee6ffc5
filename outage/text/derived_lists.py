"""What a person works out by hand from several lists: what changed in a rollout, who has no endpoints, what is taken.

Pure: the same objects give the same lines.
"""

from collections import defaultdict

from outage.kubernetes.field_differences import field_differences, shown_value
from outage.kubernetes.objects import dig, labels_of, owner_ref
from outage.kubernetes.quantity import parsed_quantity
from outage.kubernetes.selectors import labels_match
from outage.snapshots.snapshot import Snapshot
from outage.text.listing import listing_lines
from outage.text.redaction import hide_in_manifest
from outage.value import Manifest

REVISION = "deployment.kubernetes.io/revision"
IGNORED = ("pod-template-hash", "restartedAt")
REVISIONS = 4
ENDED = ("Succeeded", "Failed")


def rollout_changes(snapshot: Snapshot, namespace: str) -> str:
    """For each Deployment with history: its revisions, and what the newest one changed."""
    told = []
    for deployment in snapshot.kind("Deployment", namespace):
        sets = [one for one in snapshot.kind("ReplicaSet", namespace) if _belongs(one, deployment)]
        sets.sort(key=_revision, reverse=True)
        if len(sets) < 2:
            continue
        told.append(f"{deployment['metadata']['name']}")
        told += [_line(one) for one in sets[:REVISIONS]]
        told += [f"    changed {change}" for change in template_changes(sets[0], sets[1])]
    return "\n".join(told) or "no Deployment has more than one revision"


def _belongs(replica_set: Manifest, deployment: Manifest) -> bool:
    by = owner_ref(replica_set)
    return by is not None and by.kind == "Deployment" and by.name == deployment["metadata"]["name"]


def _revision(replica_set: Manifest) -> int:
    text = str((dig(replica_set, "metadata.annotations", {}) or {}).get(REVISION, "0"))
    return int(text) if text.isdigit() else 0


def _line(replica_set: Manifest) -> str:
    images = ",".join(str(one.get("image")) for one in dig(replica_set, "spec.template.spec.containers", []))
    return (
        f"  revision {_revision(replica_set)}  {replica_set['metadata']['name']}  "
        f"{dig(replica_set, 'status.readyReplicas', 0)}/{dig(replica_set, 'spec.replicas', 0)} ready  "
        f"since {replica_set['metadata'].get('creationTimestamp', '?')}  {images}"
    )


def template_changes(newer: Manifest, older: Manifest) -> list[str]:
    """Fields of the pod template that differ between two revisions, secrets hashed."""
    live, wanted = (hide_in_manifest(dig(one, "spec.template", {}), "") for one in (newer, older))
    return [
        f"{one.field}: {shown_value(one.wanted)} → {shown_value(one.live)}"
        for one in field_differences(live, wanted)
        if not any(word in one.field for word in IGNORED)
    ]


def without_endpoints(snapshot: Snapshot, namespace: str) -> str:
    """Services with a selector and no ready endpoint, and those that have fewer than they could."""
    ready: dict[str, int] = defaultdict(int)
    known: dict[str, int] = defaultdict(int)
    for one in snapshot.kind("EndpointSlice", namespace):
        name = labels_of(one).get("kubernetes.io/service-name", "")
        for point in one.get("endpoints") or []:
            known[name] += 1
            ready[name] += (point.get("conditions") or {}).get("ready") is not False
    rows = []
    for service in snapshot.kind("Service", namespace):
        name = service["metadata"]["name"]
        if dig(service, "spec.selector") and ready[name] < max(known[name], 1):
            rows.append(f"{name}  {ready[name]} of {known[name]} endpoints ready")
    return listing_lines(rows) or "every Service has all its endpoints"


def policy_lines(snapshot: Snapshot, namespace: str) -> str:
    """Each NetworkPolicy with the pods it selects."""
    rows = []
    for policy in snapshot.kind("NetworkPolicy", namespace):
        selector = dig(policy, "spec.podSelector", {})
        chosen = [
            one["metadata"]["name"]
            for one in snapshot.kind("Pod", namespace)
            if labels_match(selector, labels_of(one))
        ]
        kinds = "+".join(dig(policy, "spec.policyTypes", []))
        rows.append(f"{policy['metadata']['name']}  {kinds}  {', '.join(chosen) or 'no pod'}")
    return listing_lines(rows) or "there is no NetworkPolicy"


def allocated_lines(node: Manifest, requests: dict[str, float]) -> str:
    """`node-1  cpu 0.9 of 2 (45%)  memory …`: what the pods of a node asked for, of what it can hold."""
    words = [str(node["metadata"]["name"])]
    for resource in ("cpu", "memory", "pods"):
        holds = parsed_quantity(dig(node, f"status.allocatable.{resource}")) or 0.0
        asked = requests.get(resource, 0.0)
        share = f" ({asked / holds:.0%})" if holds else ""
        words.append(f"{resource} {_spelled(resource, asked)} of {_spelled(resource, holds)}{share}")
    return "  ".join(words)


def requested_amounts(pods: list[Manifest]) -> dict[str, float]:
    """The sum of what pods asked for.

    Returns:
        By resource: cores of `cpu`, bytes of `memory`; `pods` is how many there are that have not ended.
    """
    total: dict[str, float] = defaultdict(float)
    for pod in pods:
        if dig(pod, "status.phase") in ENDED:
            continue
        total["pods"] += 1
        for container in dig(pod, "spec.containers", []):
            for resource, amount in dig(container, "resources.requests", {}).items():
                total[resource] += parsed_quantity(amount) or 0.0
    return dict(total)


def _spelled(resource: str, amount: float) -> str:
    return f"{amount / 2**20:.0f}Mi" if resource == "memory" else f"{amount:.2f}".rstrip("0").rstrip(".")
