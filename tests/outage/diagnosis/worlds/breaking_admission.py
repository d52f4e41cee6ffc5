"""Pens that let the API server refuse new pods: quotas, limit ranges, webhooks, pod security."""

from tests.outage.diagnosis.worlds.shop_snapshot import SHOP, Ground, ago, meta


def refused(ground: Ground, text: str) -> None:
    """The pods of auth are gone and new ones are refused."""
    ground.fail("auth")
    ground.objects["Pod"] = [one for one in ground.objects["Pod"] if one not in ground.pods("auth")]
    ground.event("ReplicaSet", "auth-aaa", "FailedCreate", "Error creating: " + text)


def quota(ground: Ground) -> None:
    """A new quota allows no more pods."""
    spec = {"hard": {"pods": "3"}}
    manifest = ground.put("ResourceQuota", {"metadata": meta("tight"), "spec": spec})
    manifest["metadata"]["creationTimestamp"] = ago(minutes=3)
    ground.touch("ResourceQuota", "tight", 3)
    refused(
        ground,
        'pods "auth-x" is forbidden: exceeded quota: tight, requested: pods=1, used: pods=9, limited: pods=3',
    )


def limit_range(ground: Ground) -> None:
    """A new limit range allows less than the pods ask for."""
    spec = {"limits": [{"type": "Container", "max": {"memory": "16Mi"}}]}
    manifest = ground.put("LimitRange", {"metadata": meta("narrow"), "spec": spec})
    manifest["metadata"]["creationTimestamp"] = ago(minutes=3)
    ground.touch("LimitRange", "narrow", 3)
    refused(
        ground, 'pods "auth-x" is forbidden: maximum memory usage per Container is 16Mi, but limit is 64Mi'
    )


def webhook(ground: Ground) -> None:
    """A new webhook has no backend."""
    hooks = [{"name": "pods.guard.test", "clientConfig": {"service": {"name": "guard", "namespace": SHOP}}}]
    config = ground.put(
        "ValidatingWebhookConfiguration", {"metadata": meta("guard", None), "webhooks": hooks}
    )
    config["metadata"]["creationTimestamp"] = ago(minutes=3)
    ground.touch("ValidatingWebhookConfiguration", "guard", 3)
    refused(
        ground, 'Internal error occurred: failed calling webhook "pods.guard.test": no endpoints available'
    )


def pod_security(ground: Ground) -> None:
    """The namespace was made restricted."""
    space = ground.touch("Namespace", SHOP, 3)
    space["metadata"]["labels"] = {"pod-security.kubernetes.io/enforce": "restricted"}
    refused(
        ground,
        'pods "auth-x" is forbidden: violates PodSecurity "restricted:latest": allowPrivilegeEscalation',
    )
