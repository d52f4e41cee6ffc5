"""What the scheduler says about the pods of a workload that have no node."""

from outage.diagnosis.known_good.troubled_workloads import Troubled
from outage.kubernetes.object_times import condition_of
from outage.value import Manifest

EXPECTED = "The pods get a node and become ready."


def unplaced_words(one: Troubled) -> list[str]:
    """What the scheduler says about the pods that have no node."""
    return [_unplaced(pod) for pod in one.pods if _unplaced(pod)]


def current_words(one: Troubled) -> list[str]:
    """The same, of the pods of the live template: only they speak for or against it."""
    return [_unplaced(pod) for pod in one.pods if one.is_current(pod) and _unplaced(pod)]


def _unplaced(pod: Manifest) -> str:
    placed = condition_of(pod, "PodScheduled")
    return str(placed.get("message", "")) if placed.get("reason") == "Unschedulable" else ""
