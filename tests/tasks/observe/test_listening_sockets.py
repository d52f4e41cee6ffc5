"""Whose sockets are read: those of pods that a call was seen not to reach, and nobody else's."""

from outage.snapshots.snapshot import Reach
from tasks.observe.inside.listening_sockets import unreached_pods
from tests.outage.diagnosis.edges.layouts import labelled_pod, plain_service

PODS = [labelled_pod(f"api-{at}", {"app": "api"}) for at in range(4)] + [
    labelled_pod("web-1", {"app": "web"})
]
SERVICES = [plain_service("api", {"app": "api"}), plain_service("web", {"app": "web"})]


def tried(target: str, reached: bool) -> Reach:
    """A connection that was tried from inside a pod."""
    return Reach(namespace="shop", source="deployment/web", target=target, reached=reached)


def test_nobody_is_entered_where_all_calls_arrive() -> None:
    """An exec is a look into somebody's house."""
    assert unreached_pods(PODS, SERVICES, [tried("api.shop:80", reached=True)]) == []


def test_a_few_pods_of_each_service_that_was_not_reached_are_entered() -> None:
    """More of the same listen alike."""
    lost = [tried("api.shop:80", reached=False), tried("web:80", reached=True)]

    assert [one["metadata"]["name"] for one in unreached_pods(PODS, SERVICES, lost)] == ["api-0", "api-1"]


def test_a_pod_that_does_not_run_is_not_entered() -> None:
    """There is nobody inside."""
    waiting = labelled_pod("api-9", {"app": "api"})
    waiting["status"]["phase"] = "Pending"

    assert unreached_pods([waiting], SERVICES, [tried("api:80", reached=False)]) == []
