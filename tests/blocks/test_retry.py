"""Asking again: so many tries, such pauses, and what comes through in the end."""

from collections.abc import Callable, Iterator

import pytest

from blocks.retry import retry_transient, retry_transient_async, wait_until
from outage.errors import (
    ClusterError,
    ClusterForbidden,
    ClusterThrottled,
    ClusterUnreachable,
    DatabaseUnreachable,
    OutageError,
)

BREATHS = (0.3, 1.0)
AWAY = ClusterUnreachable("list pods: 503")
SLOW_DOWN = ClusterThrottled("list pods: 429")
NOT_OURS = ClusterForbidden("list pods: 403")
OTHER_DOOR = DatabaseUnreachable("ask: no answer")
MISTAKE = KeyError("metadata")


def meeting(*errors: Exception) -> Callable[[], str]:
    """A question that meets these errors, one after the other, before it is answered."""
    left = iter(errors)

    def ask() -> str:
        for error in left:
            raise error
        return "answered"

    return ask


@pytest.mark.parametrize(
    ("errors", "waited"),
    [
        pytest.param((), [], id="nothing stands against it"),
        pytest.param((AWAY,), [0.3], id="it passes at once"),
        pytest.param((AWAY, SLOW_DOWN), [0.3, 1.0], id="the last try has it"),
    ],
)
def test_what_passes_by_itself_is_waited_out(errors: tuple[Exception, ...], waited: list[float]) -> None:
    """Each further try has its own breath before it, and there is none after an answer."""
    rested: list[float] = []

    assert (
        retry_transient(meeting(*errors), BREATHS, errors=(ClusterError,), rest=rested.append) == "answered"
    )
    assert rested == waited


@pytest.mark.parametrize(
    ("errors", "through", "waited"),
    [
        pytest.param((AWAY, AWAY, SLOW_DOWN), SLOW_DOWN, [0.3, 1.0], id="the last of what does not pass"),
        pytest.param((NOT_OURS,), NOT_OURS, [], id="what is permanent"),
        pytest.param((AWAY, NOT_OURS), NOT_OURS, [0.3], id="what is permanent, behind what passes"),
        pytest.param((OTHER_DOOR,), OTHER_DOOR, [], id="what passes and was not named"),
        pytest.param((MISTAKE,), MISTAKE, [], id="a mistake"),
    ],
)
def test_everything_else_comes_through_as_it_was_met(
    errors: tuple[Exception, ...], through: Exception, waited: list[float]
) -> None:
    """Nothing is waited for in vain, and whoever asked hears the very error."""
    rested: list[float] = []
    with pytest.raises(type(through)) as met:
        retry_transient(meeting(*errors), BREATHS, errors=(ClusterError,), rest=rested.append)

    assert met.value is through
    assert rested == waited


def test_what_did_not_pass_may_still_pass_for_others() -> None:
    """Whoever waits longer around this may go on waiting."""
    error: OutageError = ClusterUnreachable("list pods: 503")
    with pytest.raises(ClusterUnreachable):
        retry_transient(meeting(error), (), errors=(ClusterError,))

    assert error.transient


def test_when_the_time_is_over_no_further_try_is_waited_for() -> None:
    """A try is left, and whoever asked has no time for it."""
    rested: list[float] = []
    time_left: Iterator[bool] = iter((True, False))
    with pytest.raises(ClusterUnreachable):
        retry_transient(
            meeting(AWAY, AWAY),
            BREATHS,
            errors=(ClusterError,),
            in_time=lambda: next(time_left),
            rest=rested.append,
        )

    assert rested == [0.3]


async def test_a_coroutine_and_a_plain_function_are_asked_again_alike() -> None:
    """The record's own verbs are no coroutines; nobody holds up the loop for either."""
    plain, rested = meeting(AWAY), []

    async def rest(seconds: float) -> None:
        rested.append(seconds)

    behind = meeting(AWAY)

    async def coroutine() -> str:
        return behind()

    assert await retry_transient_async(plain, BREATHS, rest=rest) == "answered"
    assert await retry_transient_async(coroutine, BREATHS, rest=rest) == "answered"
    assert rested == [0.3, 0.3]


def test_each_try_that_failed_is_told_with_its_pause() -> None:
    """A log line, or a line on a terminal."""
    told: list[tuple[str, float]] = []
    retry_transient(
        meeting(AWAY, SLOW_DOWN),
        BREATHS,
        tell=lambda error, pause: told.append((str(error), pause)),
        rest=lambda seconds: None,
    )

    assert told == [("list pods: 503", 0.3), ("list pods: 429", 1.0)]


class Clock:
    """A clock that goes on only while somebody rests."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        """The time."""
        return self.seconds

    def rest(self, seconds: float) -> None:
        """Let the time pass."""
        self.seconds += seconds


@pytest.mark.parametrize(
    ("answers", "found", "waited"),
    [
        pytest.param(["there"], "there", 0.0, id="it is there at once"),
        pytest.param([None, False, ""], "", 2.0, id="an empty word is something"),
        pytest.param([None] * 9, None, 3.0, id="it never comes: looked at once more when the time is over"),
        pytest.param([None, None, None, "late"], "late", 3.0, id="the last look has it"),
        pytest.param([AWAY, "there"], "there", 1.0, id="what could not be seen is looked at again"),
    ],
)
def test_what_takes_a_while_is_looked_at_until_it_is_there(
    answers: list[object], found: object, waited: float
) -> None:
    """None and False are "not yet"."""
    clock, left = Clock(), iter(answers)

    def look() -> object:
        answer = next(left)
        if isinstance(answer, Exception):
            raise answer
        return answer

    assert wait_until(look, 3, 1, passing=(ClusterError,), clock=clock, rest=clock.rest) == found
    assert clock.seconds == waited


@pytest.mark.parametrize(
    ("error", "passing", "waited"),
    [
        pytest.param(AWAY, (ClusterError,), 3.0, id="what still stands at the last look"),
        pytest.param(NOT_OURS, (ClusterError,), 0.0, id="what is permanent"),
        pytest.param(AWAY, (), 0.0, id="what was not said to pass"),
    ],
)
def test_whoever_cannot_look_is_told_so(
    error: OutageError, passing: tuple[type[OutageError], ...], waited: float
) -> None:
    """Not to have seen is no answer."""
    clock = Clock()

    def look() -> None:
        raise error

    with pytest.raises(type(error)):
        wait_until(look, 3, 1, passing=passing, clock=clock, rest=clock.rest)

    assert clock.seconds == waited
