"""What the scheduler says about the pods of a workload that have no node."""

from outage.diagnosis.moments import condition
from outage.diagnosis.templates import Troubled

EXPECTED = "The pods get a node and become ready."


def unplaced_words(one: Troubled) -> list[str]:
    """What the scheduler says about the pods that have no node."""
    return [
        condition(pod, "PodScheduled").get("message", "")
        for pod in one.pods
        if condition(pod, "PodScheduled").get("reason") == "Unschedulable"
    ]
