"""Jobs whose pods fail are given a cause like other workloads, and no repair of a template that nobody may write."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.outage.diagnosis.worlds.otel_demo import Bazaar
from tests.outage.diagnosis.worlds.otel_demo_faults import ENDED, told
from tests.outage.diagnosis.worlds.otel_demo_objects import named, pod_of, sick
from tests.outage.diagnosis.worlds.shop_objects import Manifest

Change = Callable[[Bazaar], None]
SMALL = {"limits": {"memory": "1Mi"}}


def _report(bazaar: Bazaar, nightly: bool = True) -> Manifest:
    """A Job with one running pod, by itself or made by a CronJob."""
    labels = {"batch.kubernetes.io/job-name": "report-1"}
    spec = {"containers": [{"name": "report", "image": "report:1", "resources": SMALL}]}
    template = {"metadata": {"labels": labels}, "spec": spec}
    owners = [{"kind": "CronJob", "name": "report", "controller": True}] if nightly else []
    job = {"metadata": named("report-1", ownerReferences=owners), "spec": {"template": template}}
    bazaar.fresh("Job", job, 10)
    if nightly:
        timed = {"schedule": "0 1 * * *", "jobTemplate": {"spec": {"template": template}}}
        bazaar.put("CronJob", {"metadata": named("report"), "spec": timed})
    holder = {"kind": "Job", "metadata": {"name": "report-1"}, "spec": {"template": template}}
    return bazaar.put("Pod", pod_of(holder, "", "abc", timedelta(minutes=10)))


def _fails(nightly: bool, **state: Any) -> Change:
    def change(bazaar: Bazaar) -> None:
        sick(_report(bazaar, nightly), 10, **state)

    return change


NO_IMAGE = {"waiting": ("ImagePullBackOff", "Back-off pulling image report:1: not found")}
CRASH = {"waiting": ("CrashLoopBackOff", "back-off"), "last": ENDED, "restarts": 3}
KILLED = {
    "waiting": ("CrashLoopBackOff", "back-off"),
    "last": {"exitCode": 137, "reason": "OOMKilled"},
    "restarts": 3,
}
NO_SECRET = {"waiting": ("CreateContainerConfigError", 'secret "report" not found')}


def test_a_job_that_runs_well_is_left_alone() -> None:
    """Nothing fails."""
    assert told(_fails(nightly=True, healthy=True)).hypotheses == ()


@pytest.mark.parametrize(
    ("state", "cause"),
    [
        pytest.param(NO_IMAGE, "bad-image", id="no image"),
        pytest.param(CRASH, "application-error", id="ends again and again"),
        pytest.param(KILLED, "memory-limit-too-small", id="killed for memory, far below the others"),
        pytest.param(NO_SECRET, "secret-missing", id="no Secret"),
    ],
)
@pytest.mark.parametrize("nightly", [True, False], ids=["of a CronJob", "by itself"])
def test_a_failing_job_has_a_cause_and_no_repair(state: Manifest, cause: str, nightly: bool) -> None:
    """Its template is fixed once it is made."""
    one = told(_fails(nightly, **state)).hypotheses[0]

    assert (one.cause, one.repair) == (cause, None), one.reasons
    assert "report" in one.says
