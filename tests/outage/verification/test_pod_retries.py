"""Which pods have not tried again since a repair, and for how long that excuses them."""

from datetime import timedelta
from typing import Any

import pytest

from outage.verification.pod_retries import yet_to_try
from tests.outage.reports.account_specimen import NOON

BEFORE, AFTER = NOON - timedelta(minutes=4), NOON + timedelta(seconds=30)


def pod(reason: str, ended: Any = None, **meta: Any) -> dict[str, Any]:
    """A pod whose container waits for that reason."""
    last = {"terminated": {"finishedAt": ended.isoformat()}} if ended else {}
    status = {"state": {"waiting": {"reason": reason}}, "lastState": last}
    made = {"name": "auth-1", "creationTimestamp": (NOON - timedelta(hours=1)).isoformat(), **meta}
    return {"metadata": made, "status": {"phase": "Running", "containerStatuses": [status]}}


@pytest.mark.parametrize(
    ("one", "passed", "waits"),
    [
        pytest.param(
            {"metadata": {"name": "auth-1"}, "status": {"phase": "Running"}}, 10, False, id="it runs"
        ),
        pytest.param(pod("CrashLoopBackOff", AFTER), 60, False, id="it ended again since"),
        pytest.param(
            pod("CrashLoopBackOff", BEFORE, creationTimestamp=AFTER.isoformat()), 60, False, id="new"
        ),
        pytest.param(
            pod("CrashLoopBackOff", BEFORE, deletionTimestamp="soon"), 60, False, id="on its way out"
        ),
        pytest.param(pod("CreateContainerConfigError"), 60, False, id="tried again every few seconds"),
        pytest.param(pod("CrashLoopBackOff", BEFORE), 320, False, id="after the longest pause of all"),
        pytest.param(pod("ContainerCreating"), 150, False, id="mounts are tried every two minutes"),
        pytest.param(pod("CrashLoopBackOff", BEFORE), 240, True, id="it ended before the repair"),
        pytest.param(
            pod("ImagePullBackOff"), 240, True, id="its image is asked for again after five minutes"
        ),
        pytest.param(pod("ContainerCreating"), 100, True, id="its volume is mounted again after two"),
    ],
)
def test_a_pod_is_waited_for_until_its_next_try(one: dict[str, Any], passed: float, waits: bool) -> None:
    """Healthy cases first; nobody is waited for longer than the kubelet pauses."""
    assert bool(yet_to_try([one], NOON, NOON + timedelta(seconds=passed))) is waits
