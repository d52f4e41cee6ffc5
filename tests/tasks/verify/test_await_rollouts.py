"""Waiting for rollouts: through the cluster's weather, and past what its controllers said before the plan."""

from datetime import timedelta

from outage.errors import ClusterForbidden
from outage.value import Manifest
from outage.verification.recovery import RecoveryCheck
from tasks.verify.await_rollouts import wait_for_rollouts
from tests.tasks.act.fake_cluster import NOON, Clock
from tests.tasks.verify.verified_platform import AUTH, Door, deployment

MINUTE = timedelta(minutes=1)


def stalled(seconds: float) -> Manifest:
    """A rollout that got stuck so many seconds after the waiting began."""
    condition = {
        "type": "Progressing",
        "status": "False",
        "reason": "ProgressDeadlineExceeded",
        "message": "it timed out progressing",
        "lastUpdateTime": (NOON + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    return deployment(ready=0, conditions=[condition])


def waited(door: Door, told: list[str] | None = None) -> RecoveryCheck:
    """Wait a minute for the rollout of auth."""
    tell = told.append if told is not None else lambda says: None
    (check,) = wait_for_rollouts(
        door.cluster, [AUTH], MINUTE, now=door.clock.now, rest=door.clock.rest, tell=tell
    )
    return check


def test_a_rollout_is_waited_for_until_it_is_complete() -> None:
    """And no longer."""
    door = Door(Clock(), deployment(ready=1))
    door.after(7, lambda: door.put(deployment(ready=2)))

    assert waited(door).ok
    assert door.clock.now() == NOON + timedelta(seconds=7)


def test_an_api_server_that_is_away_is_waited_for_and_told() -> None:
    """It is no word about the rollout."""
    door, told = Door(Clock(), deployment()), list[str]()
    door.away_for(20)

    assert waited(door, told).ok
    assert "could not be seen" in told[0]


def test_an_api_server_that_stays_away_leaves_a_rollout_unseen() -> None:
    """Neither good nor bad, and nothing crashes."""
    door = Door(Clock(), deployment())
    door.away_for(600)
    check = waited(door)

    assert check.ok is None
    assert "no answer from the API server" in check.says
    assert door.clock.now() == NOON + MINUTE


def test_what_we_may_not_see_is_not_waited_for() -> None:
    """A missing right does not pass by itself."""
    door = Door(Clock(), deployment())
    door.refuses = ClusterForbidden("read deployment/auth: 403")

    assert waited(door).ok is None
    assert door.clock.now() == NOON


def test_a_deadline_missed_before_the_repair_does_not_condemn_it() -> None:
    """The condition is left over from the outage itself."""
    door = Door(Clock(), stalled(-30))
    door.after(5, lambda: door.put(deployment()))

    assert waited(door).ok


def test_a_deadline_missed_after_the_repair_ends_the_waiting() -> None:
    """And the sentence says what the controller said."""
    door = Door(Clock(), stalled(-30))
    door.after(5, lambda: door.put(stalled(4)))
    check = waited(door)

    assert check.ok is False
    assert "it timed out progressing" in check.says
    assert door.clock.now() < NOON + MINUTE
