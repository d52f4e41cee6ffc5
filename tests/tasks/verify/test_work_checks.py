"""The proof for what nobody calls: workers that tell of work, and runs that complete."""

from datetime import timedelta

from outage.kubernetes.objects import ObjectRef
from tasks.verify.recovery_proof import RecoveryProof
from tests.tasks.act.fake_cluster import NOON
from tests.tasks.verify.test_recovery_proof import proof, shop, well
from tests.tasks.verify.verified_platform import PLATFORM, Door, deployment, pod


def worker(door: Door, *lines: str) -> RecoveryProof:
    """The proof for a worker that nobody calls, on a platform that gives nothing else to look at."""
    made = deployment("queue", 1, 1)
    labels = {"app": "queue"}
    made["spec"]["template"] = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "queue"}]}}
    door.put(made, pod("q", app="queue"))
    door.log = "\n".join(f"2030-01-01T12:00:05Z {line}" for line in lines)
    target = ObjectRef(kind="Deployment", name="queue", namespace="shop")
    alone = PLATFORM.model_copy(update={"services": ()})
    return proof(door, target, platform=alone, monitoring=None)


def test_a_worker_that_nobody_calls_recovered_when_its_words_tell_of_work() -> None:
    """No Service leads to it, so that nobody's answer could tell."""
    verified = worker(shop(), "took job 1", "done", "took job 2").prove()

    assert verified.recovered, verified.says
    assert "work" in well(verified)


def test_a_worker_that_says_nothing_is_never_called_recovered() -> None:
    """Ready pods owe more than to be there."""
    verified = worker(shop()).prove()

    assert not verified.recovered
    assert "says too little" in verified.says


def test_a_run_that_is_under_way_is_waited_for() -> None:
    """A Job that was made anew by the plan has to complete."""
    migrate = ObjectRef(kind="Job", name="migrate", namespace="shop")
    run = {"kind": "Job", "metadata": {"name": "migrate", "namespace": "shop"}}
    done = {"conditions": [{"type": "Complete", "status": "True"}], "startTime": "2030-01-01T12:00:00Z"}
    door = shop({**run, "status": {"startTime": "2030-01-01T12:00:00Z"}})
    door.after(60, lambda: door.put({**run, "status": done}))

    verified = proof(door, migrate).prove()

    assert verified.recovered, verified.says
    assert "run" in well(verified)
    assert door.clock.now() >= NOON + timedelta(seconds=60)
