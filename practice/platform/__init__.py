"""The platform of the runbook, on the practice cluster: real services, real traffic, real alerts.

    images(say)        the container images, built or from the cache
    apply(...)         every object, as `kubectl apply` does it; repeating it repairs what drifted and takes away
                       what others added (foreign, mending), and tells of objects that are not of the platform
    wait_healthy(...)  until every workload is whole and every public health route answers 200
    access.write(...)  hosts, authority, platform file and the responder's two kubeconfigs in the state folder
    look()             one line for each part, for `outage practice status`
    adopt(...)         all of it on a cluster of the user's own

Namespaces: adaptive-learning-production (auth-service, auth-service-green, user-service, scheduler-service,
content-service, web-app, maintenance-page, postgres, redis), monitoring (prometheus, alertmanager,
kube-state-metrics), ingress-nginx, istio-system (empty), practice-users (the traffic), and in kube-system coredns,
metrics-server and kube-network-policies. Images and tags, the defective ones too: practice/images/image_catalogue.py.
"""

from pathlib import Path

from practice import places
from practice.cluster import cluster_layout
from practice.host.narration import Narrate, Say
from practice.images import image_archives
from practice.platform import platform_access, platform_health, platform_objects
from practice.platform.adopt import adopt_cluster
from practice.platform.kubectl import Kubectl
from practice.platform.platform_manifests import LOCAL
from practice.platform.platform_objects import apply_platform
from practice.practice_errors import PracticeError

__all__ = [
    "adopt_cluster",
    "apply_platform",
    "image_archives",
    "look_at_platform",
    "platform_access",
    "platform_objects",
    "wait_healthy",
]


def wait_healthy(kubeconfig: Path, context: str, *, say: Say) -> None:
    """Wait until the platform on the local cluster is well.

    Raises:
        PracticeError: It does not become well; what is missing.
    """
    kubectl = Kubectl(kubeconfig, context)
    platform_access.write_names(LOCAL.ingress)  # the nodes' resolver answers from this file
    namespaces = (*platform_health.NAMESPACES, "kube-system")
    platform_health.wait_healthy_platform(
        lambda: platform_health.platform_waiting_for(kubectl, namespaces), say
    )
    platform_health.wait_healthy_platform(
        lambda: platform_health.failing_endpoints(LOCAL.ingress, places.public_authority()), say
    )


def look_at_platform() -> list[Narrate]:
    """Return one line for each part of the platform on the local cluster, with what is wrong with it."""
    kubectl = Kubectl(places.practice_kubeconfig(), cluster_layout.CONTEXT)
    try:
        found = kubectl.read("deployments,daemonsets", "--all-namespaces").get("items", [])
        alerts = platform_health.firing_alerts(kubectl)
    except PracticeError as error:
        return [Narrate("the platform", "adaptive-learning-production", wrong=str(error))]
    lines = [
        Narrate(
            item["metadata"]["name"],
            item["metadata"]["namespace"],
            platform_health.started_at(item),
            platform_health.lacking_health(item),
        )
        for item in found
    ]
    routes = platform_health.failing_endpoints(LOCAL.ingress, places.public_authority())
    lines.append(Narrate("public health routes", "https://api.adaptivelearning.com", wrong="; ".join(routes)))
    lines.append(Narrate("alerts", "monitoring", wrong=f"firing: {', '.join(alerts)}" if alerts else ""))
    return lines
