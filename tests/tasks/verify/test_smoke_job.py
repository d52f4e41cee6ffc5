"""The smoke Job: what of it is a verdict, what is weather, and what stops it."""

from datetime import timedelta
from pathlib import Path

import pytest

from outage.diagnosis.hypothesis import Action, Change
from outage.errors import ClusterError, ClusterForbidden, ClusterRejected, FileError
from outage.kubernetes.objects import ObjectRef
from outage.plans.fence import unshared_fence
from outage.platforms.platform import SmokeJob
from outage.value import Manifest
from outage.verification.recovery import RecoveryCheck
from tasks.verify.smoke_job import run_smoke, smoke_manifest, smoke_of_attempt
from tests.tasks.act.fake_cluster import NOON, Clock
from tests.tasks.verify.verified_platform import AWAY, PLATFORM, SHOP, Door

JOB: Manifest = {"kind": "Job", "metadata": {"name": "smoke", "namespace": SHOP}, "spec": {}}
SMOKE = ObjectRef(kind="Job", name="smoke", namespace=SHOP)
POD = ObjectRef(kind="Pod", name="smoke-x", namespace=SHOP)


def smoked(door: Door, stopped: str | None = None) -> RecoveryCheck:
    """Run the Job for at most a minute."""
    return run_smoke(
        door.cluster,
        door.writer,
        JOB,
        timedelta(minutes=1),
        unshared_fence("smoke/shop"),
        stopped=lambda: stopped,
        now=door.clock.now,
        rest=door.clock.rest,
    )


def ending(word: str, after: float = 5) -> Door:
    """A cluster whose Jobs end with that condition."""
    door = Door(Clock())

    def end() -> None:
        door.objects[SMOKE]["status"] = {"conditions": [{"type": word, "status": "True"}]}

    def made(change: Change) -> None:
        if change.action is Action.CREATE:
            door.after(after, end)

    door.on_write = made
    return door


@pytest.mark.parametrize(
    ("word", "ok"),
    [
        pytest.param("Complete", True, id="it completes"),
        pytest.param("Failed", False, id="it fails"),
        pytest.param("Suspended", False, id="it never ends"),
    ],
)
def test_the_jobs_own_word_is_the_verdict(word: str, ok: bool) -> None:
    """And it is gone afterwards, whatever it said."""
    door = ending(word)

    assert smoked(door).ok is ok
    assert door.objects == {}


@pytest.mark.parametrize(
    ("error", "ok"),
    [
        pytest.param(ClusterRejected("create job: exceeded quota"), False, id="the cluster rejects it"),
        pytest.param(ClusterForbidden("create job: 403"), None, id="we may not make it"),
        pytest.param(AWAY, None, id="nobody answers"),
    ],
)
def test_a_job_that_the_cluster_rejects_is_a_failed_test(error: ClusterError, ok: bool | None) -> None:
    """What we may not or cannot ask is only not seen."""
    door = Door(Clock())

    def refuse(change: Change) -> None:
        raise error

    door.on_write = refuse
    check = smoked(door)

    assert check.ok is ok
    assert str(error) in check.says


def test_an_api_server_that_is_away_does_not_cost_the_verdict() -> None:
    """Neither at the making, nor while the Job runs, nor at its removal."""
    door = ending("Complete", after=20)
    door.away_for(10)
    door.after(12, lambda: door.away_for(10))
    door.after(33, lambda: door.away_for(10))

    assert smoked(door).ok
    assert door.objects == {}


def test_a_job_that_cannot_be_removed_is_told_beside_its_verdict() -> None:
    """The verdict stands."""
    door = ending("Complete")
    made = door.on_write

    def keep(change: Change) -> None:
        if change.action is Action.DELETE:
            raise ClusterForbidden("delete job: 403")
        made(change)

    door.on_write = keep
    check = smoked(door)

    assert check.ok
    assert "left behind: delete job: 403" in check.says


def test_no_job_is_made_when_the_kill_switch_is_thrown() -> None:
    """Then the test is not seen, with the reason."""
    door = ending("Complete")
    check = smoked(door, stopped="rehearsal of the fire brigade")

    assert check.ok is None
    assert "fire brigade" in check.says
    assert door.written == []
    assert door.clock.now() == NOON


def test_what_a_failed_test_last_said_holds_no_secret() -> None:
    """Its sentence goes to the record, the report and the channel; a cut must not part a secret from its name."""
    door = ending("Failed")
    door.objects[POD] = {"kind": "Pod", "metadata": {"name": "smoke-x", "namespace": SHOP}}
    door.log = "connect postgres://shop:hunter2secret@db " + "." * 265 + " password=hunter2secret"
    check = smoked(door)

    assert check.ok is False
    assert "password=" in check.says
    assert "hunter2" not in check.says


@pytest.mark.parametrize(
    ("conditions", "made"),
    [
        pytest.param([], 0, id="it runs: an earlier process made it for this very proof"),
        pytest.param([{"type": "Complete", "status": "True"}], 1, id="it ended, and proves another moment"),
    ],
)
def test_a_job_of_our_name_that_runs_is_ours(conditions: list[Manifest], made: int) -> None:
    """A second create is a conflict, and no second test."""
    door = ending("Complete")
    door.put({**JOB, "metadata": {**JOB["metadata"], "uid": "uid-0"}, "status": {"conditions": conditions}})
    door.after(
        5, lambda: door.objects[SMOKE].update(status={"conditions": [{"type": "Complete", "status": "True"}]})
    )

    assert smoked(door).ok
    assert [action for action, _ in door.written].count(Action.CREATE) == made
    assert door.objects == {}


def test_the_job_of_a_proof_has_a_name_of_its_own() -> None:
    """The same proof makes the same name again, however long the file's is."""
    long = {"kind": "Job", "metadata": {"name": "s" * 60, "namespace": SHOP}}
    names = [
        smoke_of_attempt(manifest, "inc-20301123-7f3a12", attempt)["metadata"]["name"]
        for manifest, attempt in ((JOB, 1), (JOB, 2), (long, 1))
    ]

    assert names[:2] == ["smoke-20301123-7f3a12-1", "smoke-20301123-7f3a12-2"]
    assert len(names[2]) == 63
    assert JOB["metadata"]["name"] == "smoke"


@pytest.mark.parametrize(
    ("text", "because"),
    [
        pytest.param("[1, 2]", "holds no Job", id="a list"),
        pytest.param("kind: Pod", "holds no Job", id="something else"),
        pytest.param("kind: Job", "no metadata.name", id="no metadata"),
        pytest.param(
            "{kind: Job, metadata: {generateName: smoke-}}", "no metadata.name", id="a name to be made"
        ),
        pytest.param("{kind: Job", "read the smoke test smoke.yaml", id="no YAML"),
    ],
)
def test_a_manifest_that_is_no_job_is_one_sentence(text: str, because: str, tmp_path: Path) -> None:
    """It comes out after the repair was written: anything else would leave that unverified."""
    file = tmp_path / "smoke.yaml"
    file.write_text("kind: Job\nmetadata: {name: smoke}\n")
    named = PLATFORM.model_copy(update={"smoke": SmokeJob(manifest="smoke.yaml")})
    assert (smoke_manifest(named, tmp_path / "platform.yaml") or {})["metadata"]["namespace"] == SHOP
    file.write_text(text)

    with pytest.raises(FileError, match=because):
        smoke_manifest(named, tmp_path / "platform.yaml")
