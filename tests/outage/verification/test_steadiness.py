"""A soak: nothing restarts, and it stays well for long enough."""

from datetime import UTC, datetime, timedelta

import pytest

from outage.verification.recovery import RecoveryCheck
from outage.verification.steadiness import SoakLook, is_soaked, is_steady, restarts_since, soak_in_words

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
WELL = RecoveryCheck(name="probes", ok=True, says="users are content")
BAD = RecoveryCheck(name="probes", ok=False, says="users are not content")
LAGGING = RecoveryCheck(name="errors", ok=False, says="5 % of requests fail")
UNSEEN = RecoveryCheck(name="errors", ok=None, says="no monitoring")


def test_no_container_may_restart_while_it_is_watched() -> None:
    """New pods are no restarts."""
    assert restarts_since({"a/app": 3}, {"a/app": 3, "b/app": 1}).ok
    assert not restarts_since({"a/app": 3}, {"a/app": 4}).ok


def test_containers_that_were_not_seen_have_not_stayed_up() -> None:
    """Nor have they restarted."""
    assert restarts_since({"a/app": 3}, {}).ok is None
    assert restarts_since({}, {"a/app": 3}).ok is None


def watched(*looks: RecoveryCheck, every: float = 5) -> list[SoakLook]:
    """Looks, one after the other."""
    return [SoakLook(at=NOON + timedelta(seconds=every * at), checks=(one,)) for at, one in enumerate(looks)]


@pytest.mark.parametrize(
    ("sights", "verdict"),
    [
        pytest.param(watched(*[WELL] * 5), True, id="steady for the whole time"),
        pytest.param(watched(WELL, BAD, *[WELL] * 5), True, id="a hiccup starts the time anew"),
        pytest.param(watched(*[WELL] * 4), None, id="not long enough yet"),
        pytest.param(watched(*[WELL] * 3, BAD, WELL), None, id="a hiccup near the end"),
        pytest.param(watched(*[UNSEEN] * 5), None, id="looks that saw nothing prove nothing"),
        pytest.param(watched(*[WELL] * 3, UNSEEN, WELL), None, id="a blind look starts the time anew"),
        pytest.param(watched(*[UNSEEN] * 25), False, id="nothing could be seen in three times the time"),
        pytest.param(watched(LAGGING, LAGGING, LAGGING), None, id="numbers that speak of the past minute"),
        pytest.param(watched(WELL, BAD, BAD, BAD, every=1), None, id="three bad looks at one hiccup"),
        pytest.param(watched(WELL, *[BAD] * 6), None, id="bad for 25 seconds, as when a pod is replaced"),
        pytest.param(watched(WELL, *[BAD] * 7), False, id="bad for half a minute without a break"),
        pytest.param(watched(WELL, BAD, BAD, every=40), None, id="two bad looks, however far apart"),
        pytest.param(watched(*[LAGGING] * 13), False, id="a minute of errors is no lag any more"),
        pytest.param(
            watched(*[BAD] * 5, *[LAGGING] * 8), None, id="the minute begins when users are content again"
        ),
        pytest.param(watched(*[WELL, BAD] * 13), False, id="never steady, and three times the time is over"),
    ],
)
def test_a_soak_ends_when_it_was_steady_or_is_lost(sights: list[SoakLook], verdict: bool | None) -> None:
    """Twenty seconds here; every bad look starts them anew."""
    length = timedelta(seconds=20)

    assert is_soaked(sights, length) is verdict
    assert is_steady(sights, length).ok is (verdict is True)


def test_numbers_of_a_long_window_are_given_its_time() -> None:
    """A rate over five minutes still speaks of the outage four minutes after it."""
    four, five = watched(*[LAGGING] * 9, every=30), watched(*[LAGGING] * 12, every=30)
    length, window = timedelta(minutes=15), timedelta(minutes=5, seconds=30)

    assert is_soaked(four, length, window) is None
    assert is_soaked(five, length, window) is False


def test_a_shorter_watch_than_the_runbooks_is_said() -> None:
    """And by whom it was wished."""
    assert soak_in_words(timedelta(minutes=15), "the policy") == ""
    assert soak_in_words(timedelta(seconds=20), "the policy") == (
        "; the policy says to watch for 20 s, the runbook for 15 min"
    )
