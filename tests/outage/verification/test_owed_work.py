"""What nobody calls owes: a run that completed, or words that tell of work."""

from datetime import UTC, datetime, timedelta

import pytest

from outage.kubernetes.objects import ObjectRef
from outage.snapshots.snapshot import LogTail
from outage.value import Manifest
from outage.verification.owed_work import is_running, is_uncalled, run_check, runs_since, working_check

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
NIGHTLY = ObjectRef(kind="CronJob", name="nightly", namespace="shop")


def job(name: str, minutes: float, ended: str = "", owner: str = "nightly") -> Manifest:
    """A run that began so long after noon."""
    begun = (NOON + timedelta(minutes=minutes)).isoformat()
    conditions = [{"type": ended, "status": "True", "message": "no space left"}] if ended else []
    return {
        "kind": "Job",
        "metadata": {
            "name": name,
            "namespace": "shop",
            "ownerReferences": [{"controller": True, "kind": "CronJob", "name": owner}],
        },
        "status": {"startTime": begun, "conditions": conditions},
    }


@pytest.mark.parametrize(
    ("jobs", "well"),
    [
        ([job("nightly-1", 1, "Complete")], True),
        ([job("nightly-1", 1, "Failed"), job("nightly-2", 2, "Complete")], True),
        ([job("nightly-1", 1, "Complete"), job("nightly-2", 2, "Failed")], False),
        ([job("nightly-1", -5, "Complete")], None),
        ([job("nightly-1", -5, "Failed")], None),
        ([job("nightly-1", 1)], None),
        ([job("other-1", 1, "Complete", owner="other")], None),
        ([], None),
    ],
    ids=["completed", "made good", "failed after", "old success", "old failure", "runs", "another's", "none"],
)
def test_a_run_since_the_repair_tells(jobs: list[Manifest], well: bool | None) -> None:
    """What began before speaks of the trouble; what has not ended says nothing yet."""
    assert run_check(runs_since(jobs, NIGHTLY, NOON), NIGHTLY, "nightly").ok is well


def test_a_job_is_its_own_run_and_one_that_runs_may_be_waited_for() -> None:
    """It is made anew by the plan."""
    alone = job("migrate", 1)

    runs = runs_since([alone], ObjectRef(kind="Job", name="migrate", namespace="shop"), NOON)

    assert runs == [alone]
    assert is_running(runs)
    assert not is_running([job("migrate", 1, "Complete")])


def said(*texts: str, minutes: float = 1) -> LogTail:
    """The end of a log whose lines were written so long after noon."""
    stamp = (NOON + timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")
    return LogTail(
        namespace="shop", pod="w-1", container="w", text="\n".join(f"{stamp} {one}" for one in texts)
    )


@pytest.mark.parametrize(
    ("tails", "well"),
    [
        ([said("took job 1", "done 1", "took job 2")], True),
        ([said("took job 1", "done 1", "took job 2"), said("took job 3")], None),
        ([said("took job 1", "error: no such host queue", "took job 2")], None),
        ([said("took job 1", "done 1", "took job 2", minutes=-1)], None),
        ([said("starting")], None),
        ([], None),
    ],
    ids=["works", "one is silent", "complains", "worked before", "greets", "no pods"],
)
def test_words_since_the_repair_tell_of_work(tails: list[LogTail], well: bool | None) -> None:
    """They may prove it; they never disprove it: the signs do that."""
    assert working_check(tails, NOON, "worker", ()).ok is well


def test_who_has_a_service_is_called() -> None:
    """Then the answer counts, and not the words."""
    worker: Manifest = {"spec": {"template": {"metadata": {"labels": {"app": "w", "tier": "back"}}}}}

    assert is_uncalled(worker, [{"spec": {"selector": {"app": "web"}}}, {"spec": {}}])
    assert not is_uncalled(worker, [{"spec": {"selector": {"app": "w"}}}])
