"""The soak as it runs: looks at a pace, progress told, early loss."""

from collections.abc import Iterator
from datetime import timedelta

from outage.verification.recovery import RecoveryCheck
from tasks.verify.soak_watch import watch_soak
from tests.tasks.act.fake_cluster import Clock

WELL = RecoveryCheck(name="probes", ok=True, says="users are content")
BAD = RecoveryCheck(name="probes", ok=False, says="users are not content")


def watched(
    looks: Iterator[RecoveryCheck], minutes: int = 15
) -> tuple[RecoveryCheck, bool, list[float], Clock]:
    """Soak with a clock that costs nothing."""
    clock, told = Clock(), list[float]()
    check, early = watch_soak(
        lambda: (next(looks),),
        timedelta(minutes=minutes),
        now=clock.now,
        rest=clock.rest,
        tell=lambda share, _: told.append(share),
    )
    return check, early, told, clock


def test_a_platform_that_stays_well_is_watched_for_the_whole_time() -> None:
    """Fifteen minutes, told as they pass."""
    check, early, told, clock = watched(iter([WELL] * 99))

    assert check.ok
    assert not early
    assert told[0] == 0.0
    assert told[-1] == 1.0
    assert (clock.now() - Clock().now()) == timedelta(minutes=15)


def test_a_loss_ends_the_soak_within_three_looks() -> None:
    """Nobody watches a ruin for fifteen minutes."""
    check, early, told, _ = watched(iter([WELL, BAD, BAD, BAD]))

    assert not check.ok
    assert early
    assert len(told) == 4
