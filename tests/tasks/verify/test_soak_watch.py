"""The soak as it runs: looks at a pace, progress told, early loss."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise

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


def test_a_loss_ends_the_soak_long_before_its_time() -> None:
    """Nobody watches a ruin for fifteen minutes."""
    check, early, _, clock = watched(iter([WELL, BAD, BAD, BAD]))

    assert not check.ok
    assert early
    assert clock.now() - Clock().now() == timedelta(seconds=90)


def test_looks_are_seconds_apart_however_short_the_soak_is() -> None:
    """Three looks in three seconds are three looks at one hiccup."""
    clock, at = Clock(), list[datetime]()

    def look() -> tuple[RecoveryCheck, ...]:
        at.append(clock.now())
        return (WELL,)

    watch_soak(look, timedelta(seconds=20), now=clock.now, rest=clock.rest)

    assert {later - earlier for earlier, later in pairwise(at)} == {timedelta(seconds=5)}


def test_a_hiccup_of_twenty_seconds_takes_no_repair_back() -> None:
    """A leader is elected, connections are made anew; the soak begins again and ends well."""
    check, early, _, _ = watched(iter([WELL, BAD, BAD, BAD, BAD, *[WELL] * 99]), minutes=1)

    assert check.ok
    assert not early
