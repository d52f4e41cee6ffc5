"""What somebody would do who looks at `kubectl get pods` and `kubectl get deployments` alone."""

from typing import Any

from bench.drills.other_arms import failing_pods, undone_deployments


def pod(name: str, ready: str, phase: str = "Running") -> dict[str, Any]:
    """A pod as the API tells it."""
    return {
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "shop"},
        "status": {"phase": phase, "conditions": [{"type": "Ready", "status": ready}]},
    }


def deployment(name: str, ready: int, updated: int = 2) -> dict[str, Any]:
    """A deployment of two replicas."""
    status = {"readyReplicas": ready, "updatedReplicas": updated}
    return {
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {"replicas": 2},
        "status": status,
    }


def replica_set(owner: str, at: str) -> dict[str, Any]:
    """One of a deployment's."""
    return {"metadata": {"creationTimestamp": at, "ownerReferences": [{"name": owner}]}}


def test_pods_that_serve_or_have_done_their_work_are_left_alone() -> None:
    """Only what is not ready is deleted."""
    pods = [pod("well", "True"), pod("done", "False", "Succeeded"), pod("broken", "False")]

    assert failing_pods(pods) == ["broken"]


def test_what_lacks_pods_is_undone_and_otherwise_what_was_rolled_out_last() -> None:
    """Blindly: whether that has to do with the outage is not asked."""
    sets = [replica_set("old", "2030-01-01T10:00:00Z"), replica_set("new", "2030-01-01T12:00:00Z")]

    assert undone_deployments([deployment("well", 2), deployment("sick", 1)], sets) == ["sick"]
    assert undone_deployments([deployment("stuck", 2, updated=1)], sets) == ["stuck"]
    assert undone_deployments([deployment("well", 2)], sets) == ["new"]
    assert undone_deployments([], []) == []
