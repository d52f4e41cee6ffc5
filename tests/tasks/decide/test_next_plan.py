from datetime import UTC, datetime
from typing import Any

import pytest

from blocks.kubernetes import TableRow
from tasks.observe.logs.collect_logs import wanted_logs
from tasks.observe.pod_table import is_suspicious_row

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("ready", "status", "restarts", "expected"),
    [
        pytest.param("1/1", "Running", "0", False, id="running"),
        pytest.param("0/1", "Completed", "0", False, id="a finished Job"),
        pytest.param("1/1", "Running", "3 (5d ago)", False, id="restarted days ago"),
        pytest.param("1/1", "Running", "3 (75m ago)", False, id="restarted more than an hour ago"),
        pytest.param("1/1", "Running", "3 (7m ago)", True, id="restarted lately"),
        pytest.param("1/1", "Running", "1 (4m12s ago)", True, id="restarted lately, to the second"),
        pytest.param("1/2", "Running", "0", True, id="half ready"),
        pytest.param("0/1", "Pending", "0", True, id="pending"),
        pytest.param("0/1", "CrashLoopBackOff", "9 (2m ago)", True, id="crash-looping"),
        pytest.param("0/1", "Init:0/1", "0", True, id="stuck in its beginning"),
        pytest.param("1/1", "Terminating", "0", True, id="on its way out"),
    ],
)
def test_a_row_of_the_table_is_a_suspect_for_these_reasons(
    ready: str, status: str, restarts: str, expected: bool
) -> None:
    """The healthy crowd is never read."""
    row = TableRow({"name": "p", "ready": ready, "status": status, "restarts": restarts})

    assert is_suspicious_row(row) is expected


def pod(
    name: str, ready: bool = True, restarts: int = 0, ended: str = "", owner: str = "web"
) -> dict[str, Any]:
    """A pod of a ReplicaSet."""
    life = {"terminated": {"finishedAt": ended, "exitCode": 1}} if ended else {}
    return {
        "metadata": {
            "name": name,
            "namespace": "shop",
            "ownerReferences": [{"kind": "ReplicaSet", "name": owner, "controller": True}],
        },
        "status": {
            "phase": "Running",
            "conditions": [{"type": "Ready", "status": "True" if ready else "False"}],
            "containerStatuses": [
                {
                    "name": "app",
                    "ready": ready,
                    "restartCount": restarts,
                    "state": {"running": {}},
                    "lastState": life,
                }
            ],
        },
    }


def read(*pods: dict[str, Any]) -> list[tuple[str, bool]]:
    """Which logs are wanted: pod, and whether of its previous life."""
    return [(one["metadata"]["name"], previous) for one, _, previous in wanted_logs(pods, NOON)]


def test_two_healthy_pods_of_a_workload_are_enough() -> None:
    """Ten replicas say the same thing."""
    assert read(*(pod(f"p-{n}") for n in range(10))) == [("p-0", False), ("p-1", False)]


def test_an_ill_pod_is_read_first_and_in_both_lives() -> None:
    """What it said before it died is the best witness."""
    ill = pod("ill", ready=False, restarts=2, ended="2030-01-01T11:59:00Z")

    assert read(pod("fine", owner="db"), ill) == [("ill", False), ("ill", True), ("fine", False)]


def test_a_life_that_ended_long_ago_is_not_read() -> None:
    """Weeks-old last words cost a call and explain nothing."""
    assert read(pod("p", restarts=1, ended="2029-12-01T00:00:00Z")) == [("p", False)]
    assert read(pod("p", restarts=1, ended="2030-01-01T11:30:00Z")) == [("p", False), ("p", True)]


def test_a_container_that_never_started_has_no_log() -> None:
    """Its reason stands in its state."""
    waiting = pod("p", ready=False)
    waiting["status"]["containerStatuses"][0]["state"] = {"waiting": {"reason": "ImagePullBackOff"}}

    assert read(waiting) == []
