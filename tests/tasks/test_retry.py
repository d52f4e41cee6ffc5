"""Asking again: so many tries, such pauses, and what comes through in the end."""

from collections.abc import Callable, Iterator

import pytest

from outage.errors import (
    ClusterError,
    ClusterForbidden,
    ClusterThrottled,
    ClusterUnreachable,
    DatabaseUnreachable,
    OutageError,
)
from tasks.retry import ask_again

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

    assert ask_again(meeting(*errors), BREATHS, (ClusterError,), rest=rested.append) == "answered"
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
        ask_again(meeting(*errors), BREATHS, (ClusterError,), rest=rested.append)

    assert met.value is through
    assert rested == waited


def test_what_did_not_pass_may_still_pass_for_others() -> None:
    """Whoever waits longer around this may go on waiting."""
    error: OutageError = ClusterUnreachable("list pods: 503")
    with pytest.raises(ClusterUnreachable):
        ask_again(meeting(error), (), (ClusterError,))

    assert error.transient


def test_when_the_time_is_over_no_further_try_is_waited_for() -> None:
    """A try is left, and whoever asked has no time for it."""
    rested: list[float] = []
    time_left: Iterator[bool] = iter((True, False))
    with pytest.raises(ClusterUnreachable):
        ask_again(
            meeting(AWAY, AWAY),
            BREATHS,
            (ClusterError,),
            in_time=lambda: next(time_left),
            rest=rested.append,
        )

    assert rested == [0.3]
