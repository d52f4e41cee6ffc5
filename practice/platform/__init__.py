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
metrics-server and kube-network-policies. Images and tags, the defective ones too: practice/images/catalogue.py.
"""

from pathlib import Path

from practice import places
from practice.cluster import layout
from practice.errors import PracticeError
from practice.images import images
from practice.platform import access, applying, health
from practice.platform.adopting import adopt
from practice.platform.applying import apply
from practice.platform.kubectl import Kubectl
from practice.platform.manifests import LOCAL
from practice.say import Line, Say

__all__ = ["access", "adopt", "apply", "applying", "images", "look", "wait_healthy"]


def wait_healthy(kubeconfig: Path, context: str, *, say: Say) -> None:
    """Wait until the platform on the local cluster is well.

    Raises:
        PracticeError: It does not become well; what is missing.
    """
    kubectl = Kubectl(kubeconfig, context)
    access.write_names(LOCAL.ingress)  # the nodes' resolver answers from this file
    namespaces = (*health.NAMESPACES, "kube-system")
    health.wait(lambda: health.waiting_for(kubectl, namespaces), say)
    health.wait(lambda: health.failing_endpoints(LOCAL.ingress, places.public_authority()), say)


def look() -> list[Line]:
    """Return one line for each part of the platform on the local cluster, with what is wrong with it."""
    kubectl = Kubectl(places.kubeconfig(), layout.CONTEXT)
    try:
        found = kubectl.read("deployments,daemonsets", "--all-namespaces").get("items", [])
        alerts = health.firing(kubectl)
    except PracticeError as error:
        return [Line("the platform", "adaptive-learning-production", wrong=str(error))]
    lines = [
        Line(
            item["metadata"]["name"],
            item["metadata"]["namespace"],
            health.started(item),
            health.lacking(item),
        )
        for item in found
    ]
    routes = health.failing_endpoints(LOCAL.ingress, places.public_authority())
    lines.append(Line("public health routes", "https://api.adaptivelearning.com", wrong="; ".join(routes)))
    lines.append(Line("alerts", "monitoring", wrong=f"firing: {', '.join(alerts)}" if alerts else ""))
    return lines
