"""Whether a pod or a node is ready, in the API's own words and in those of traffic."""

from outage.kubernetes.object_times import condition_of
from outage.value import Manifest


def is_ready(manifest: Manifest) -> bool:
    """Whether the Ready condition of a pod or a node is true; one without a condition is not ready."""
    return bool(condition_of(manifest, "Ready").get("status") == "True")


def is_pod_ready(pod: Manifest) -> bool:
    """Whether traffic is sent to a pod: it is ready and not on its way out."""
    return is_ready(pod) and not pod["metadata"].get("deletionTimestamp")
