"""Putting every object of the platform on the local cluster."""

from pathlib import Path

from blocks.retry import wait_until
from practice import places
from practice.cluster.cluster_layout import NODES
from practice.host.narration import Say
from practice.platform import platform_access, platform_manifests, platform_repair
from practice.platform.kubectl import Kubectl
from practice.platform.platform_identity import Identity
from practice.platform.platform_manifests import LOCAL, NAMESPACE, Manifest, PlatformChoices

VOLUMES = "/var/lib/kubelet/practice"
"""A folder of each node's own, which goes when the cluster goes."""
HISTORY_SECONDS = 5


def apply_platform(kubeconfig: Path, context: str, *, intake_url: str, token: str, say: Say) -> None:
    """Apply the platform to the local cluster; the nodes may still be starting.

    What others added to its objects is taken away; objects that are not of the platform are told of and stay.

    Raises:
        PracticeError: The API server refused an object.
    """
    kubectl = Kubectl(kubeconfig, context)
    identity = Identity(places.practice_home() / "platform").make()
    choices = PlatformChoices(LOCAL, intake_url, token, VOLUMES, NODES[0].name)
    filled = platform_manifests.manifest_values(choices, identity)
    documents = platform_manifests.render_manifests("cluster", filled) + platform_manifests.render_manifests(
        "platform", filled
    )
    documents.sort(key=lambda document: document["kind"] != "Namespace")
    platform_repair.repair_platform(kubectl, documents, say)
    if not kubectl.read("deployment", "auth-service", "-n", NAMESPACE):
        release_earlier(kubectl, documents)
    kubectl.apply(documents)
    platform_repair.tell_strangers(kubectl, [*documents, *platform_access.identity_rights()], say)
    say(f"{len(documents)} objects of the platform are applied")


def release_earlier(kubectl: Kubectl, documents: list[Manifest]) -> None:
    """Apply the releases before the present ones and wait until their ReplicaSets exist."""
    namespaces = [document for document in documents if document["kind"] == "Namespace"]
    earlier = platform_manifests.earlier_releases(documents)
    kubectl.apply(namespaces + earlier)

    def made() -> bool:
        return len(kubectl.read("replicasets", "-n", NAMESPACE).get("items", [])) >= len(earlier)

    wait_until(made, HISTORY_SECONDS, 0.3)  # without them the platform has no history, and runs all the same
