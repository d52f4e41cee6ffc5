"""The platform on a cluster of the user's own: kind, minikube, k3d, staging."""

from practice import places
from practice.host.narration import Say
from practice.platform import platform_health, platform_manifests, platform_repair
from practice.platform.kubectl import Kubectl
from practice.platform.platform_identity import Identity
from practice.platform.platform_manifests import NAMESPACE, PlatformAddresses, PlatformChoices
from practice.practice_errors import PracticeError

LABEL = "outage.dev/drills"
VOLUMES = "/var/lib/outage-practice/volumes"


def adopt_cluster(context: str, intake_url: str | None, token: str, say: Say) -> None:
    """Put the platform on the cluster of a context, after its owner has marked it for drills.

    Raises:
        PracticeError: The cluster is not marked, not reachable, or the platform does not come up.
    """
    kubectl = Kubectl(None, context)
    refuse_unmarked(kubectl)
    if intake_url is None:
        raise PracticeError(
            f"where the alerts of {context} should go is not known: name the responder's address with --intake-url URL"
        )
    identity = Identity(places.practice_home() / "contexts" / context.replace("/", "_")).make()
    choices = PlatformChoices(PlatformAddresses(), intake_url, token, VOLUMES, first_node(kubectl))
    documents = platform_manifests.render_manifests(
        "platform", platform_manifests.manifest_values(choices, identity)
    )
    # What else is said of a namespace, and what else is on such a cluster, is its owner's business.
    platform_repair.repair_platform(kubectl, [each for each in documents if each["kind"] != "Namespace"], say)
    kubectl.apply(documents)
    platform_health.wait_healthy_platform(
        lambda: platform_health.platform_waiting_for(kubectl, platform_health.NAMESPACES), say
    )
    say(f"the practice platform runs on {context}; its images are those of `outage practice images`")


def refuse_unmarked(kubectl: Kubectl) -> None:
    """Say so when nobody allowed drills on a cluster.

    Raises:
        PracticeError: The namespace is missing or not marked.
    """
    namespace = kubectl.read("namespace", NAMESPACE)
    if namespace.get("metadata", {}).get("labels", {}).get(LABEL) != "allowed":
        missing = "is not marked for drills" if namespace else "does not exist"
        raise PracticeError(
            f"namespace {NAMESPACE} {missing} on {kubectl.context}: if faults may be practised there, run "
            f"`kubectl --context {kubectl.context} create namespace {NAMESPACE}; kubectl --context {kubectl.context} "
            f"label namespace {NAMESPACE} {LABEL}=allowed`"
        )


def first_node(kubectl: Kubectl) -> str:
    """Return the host name of a node that takes pods.

    Raises:
        PracticeError: There is none.
    """
    for node in kubectl.read("nodes").get("items", []):
        taints = node["spec"].get("taints", [])
        if not node["spec"].get("unschedulable") and not any(
            taint["effect"] == "NoSchedule" for taint in taints
        ):
            return str(node["metadata"]["labels"]["kubernetes.io/hostname"])
    raise PracticeError(f"no node of {kubectl.context} takes pods: uncordon one or add one")
