"""Killed without a word, the supervisor comes back, and so does what brings it back."""

import signal
import time
from functools import partial

import pytest

from blocks.settings import Settings
from stack.processes.own_processes import Running, send_signal
from stack.processes.supervisor import supervisor_state, sweep_leftovers
from stack.stack_down import take_stack_down
from stack.stack_status import stack_status
from stack.status_line import StatusLine
from tests import conftest

pytestmark = pytest.mark.stack

eventually = partial(conftest.eventually, within_seconds=120)


def living(settings: Settings, name: str) -> Running | None:
    """The process of that name, when it lives."""
    state = supervisor_state(settings, name)
    return state.process if state and state.process.alive else None


def line(settings: Settings, name: str) -> StatusLine:
    """Its line of `outage status`."""
    return next(one for one in stack_status(settings) if one.name == name)


def killed(settings: Settings, name: str) -> Running:
    """Kill one process and wait until another has its place."""
    before = living(settings, name)
    assert before
    send_signal(before, signal.SIGKILL)
    return eventually(f"another {name}", lambda: (one := living(settings, name)) and one != before and one)


def test_a_killed_supervisor_comes_back_and_adopts_what_runs(toy_stack: Settings) -> None:
    """Nobody types anything, nothing else is started anew, and the status tells that one died, and when."""
    others = {name: living(toy_stack, name) for name in ("server", "intake", "runner", "standby")}

    killed(toy_stack, "supervisor")

    assert {name: living(toy_stack, name) for name in others} == others
    assert "in place of one that died at 20" in str(line(toy_stack, "supervisor"))


def test_a_killed_standby_comes_back_and_still_watches(toy_stack: Settings) -> None:
    """Then the supervisor may die once more."""
    killed(toy_stack, "standby")

    killed(toy_stack, "supervisor")


def test_killed_together_they_are_missed_by_the_status(toy_stack: Settings) -> None:
    """Nothing comes back by itself then: the status says so at once, what died and when; the rest goes on."""
    for name in ("standby", "supervisor"):
        one = living(toy_stack, name)
        assert one
        send_signal(one, signal.SIGSTOP)
    for name in ("standby", "supervisor"):
        one = living(toy_stack, name)
        assert one
        send_signal(one, signal.SIGKILL)
    eventually(
        "both are dead", lambda: not living(toy_stack, "supervisor") and not living(toy_stack, "standby")
    )

    said = line(toy_stack, "supervisor").wrong

    assert said
    assert "died, last seen alive at 20" in said
    assert "nobody restarts what dies; `outage up` starts it" in said
    assert line(toy_stack, "intake").pid


def test_nothing_is_left_behind(toy_stack: Settings) -> None:
    """The standby does not bring back what is taken down."""
    take_stack_down(toy_stack, print)

    time.sleep(2)
    assert sweep_leftovers(toy_stack) == []
