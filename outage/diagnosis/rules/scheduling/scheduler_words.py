"""What the scheduler says about the pods of a workload that have no node."""

from outage.diagnosis.troubled_workloads import Troubled
from outage.kubernetes.object_times import condition_of

EXPECTED = "The pods get a node and become ready."


def unplaced_words(one: Troubled) -> list[str]:
    """What the scheduler says about the pods that have no node."""
    return [
        condition_of(pod, "PodScheduled").get("message", "")
        for pod in one.pods
        if condition_of(pod, "PodScheduled").get("reason") == "Unschedulable"
    ]
