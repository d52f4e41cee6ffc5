"""Steps side by side, and how long still."""

import sys
import threading
import time
from pathlib import Path

import pytest

from practice.host.ground_steps import GroundStep, GroundWork, run_all, step_progress
from practice.practice_errors import NetworkAway, PracticeError


def remember(order: list[str], name: str) -> GroundStep:
    """A step that notes its turn."""
    return GroundStep(name, lambda work: order.append(work.name))


def test_a_step_waits_for_those_before_it(tmp_path: Path) -> None:
    """The nodes need the control plane."""
    order: list[str] = []
    first, last = remember(order, "first"), remember(order, "last")

    run_all([GroundStep("last", last.run, after=("first",)), first], print, tmp_path / "memory")

    assert order == ["first", "last"]


def test_independent_steps_run_side_by_side(tmp_path: Path) -> None:
    """Each waits for the other; one after the other they would never end."""
    meeting = threading.Barrier(2)

    def meet(work: GroundWork) -> None:
        meeting.wait(5)

    run_all([GroundStep("one", meet), GroundStep("two", meet)], print, tmp_path / "memory")

    assert not meeting.broken


def test_after_a_failure_nothing_starts_and_what_runs_is_ended(tmp_path: Path) -> None:
    """Nothing is left half up, and nobody waits for a build that serves no purpose any more."""
    order: list[str] = []

    def fail(work: GroundWork) -> None:
        time.sleep(0.3)
        raise PracticeError("no room")

    def sleep(work: GroundWork) -> None:
        work.run([sys.executable, "-c", "import time; time.sleep(60)"])

    steps = [
        GroundStep("fail", fail),
        GroundStep("long", sleep),
        GroundStep("never", remember(order, "never").run, after=("fail",)),
    ]
    began = time.monotonic()

    with pytest.raises(PracticeError, match="no room"):
        run_all(steps, print, tmp_path / "memory")

    assert order == []
    assert time.monotonic() - began < 20


@pytest.mark.parametrize(
    ("said", "away"),
    [
        ("main.go:3: undefined: x", False),
        ("Get https://127.0.0.1:9/mod: dial tcp 127.0.0.1:9: connect: connection refused", True),
    ],
)
def test_what_was_not_reached_is_known_however_much_is_said_after_it(said: str, away: bool) -> None:
    """Go names each package that it then lacks; the reason stood before all of them."""
    program = (
        f"print({said!r}); print('\\n'.join(['package k8s.io/kubernetes/app'] * 99)); raise SystemExit(1)"
    )

    with pytest.raises(PracticeError) as failed:
        GroundWork("build").run([sys.executable, "-c", program])

    assert isinstance(failed.value, NetworkAway) is away


def test_a_failed_command_is_told_with_its_last_words() -> None:
    """An exit status alone helps nobody."""
    with pytest.raises(PracticeError, match="exit status 3: disk quota exceeded"):
        GroundWork("build").run([sys.executable, "-c", "print('disk quota exceeded'); raise SystemExit(3)"])


@pytest.mark.parametrize(
    ("share", "last_seconds", "told"),
    [
        pytest.param(
            None,
            500.0,
            "build: 3 min 10 s so far, about 5 min 10 s left (the last time it took 8 min 20 s)",
            id="from the last time",
        ),
        pytest.param(
            0.5,
            None,
            "build: 3 min 10 s so far, about 3 min 10 s left (50% of its packages)",
            id="from what it measured",
        ),
        pytest.param(
            0.5,
            100.0,
            "build: 3 min 10 s so far, about 3 min 10 s left (50% of its packages)",
            id="the last time was wrong, the measure is not",
        ),
        pytest.param(
            None, 100.0, "build: 3 min 10 s so far, longer than the last time (1 min 40 s)", id="overdue"
        ),
        pytest.param(
            None,
            None,
            "build: 3 min 10 s so far, time left unknown: it never ran here before",
            id="nothing is known",
        ),
    ],
)
def test_the_time_left_says_from_what_it_is_known(
    share: float | None, last_seconds: float | None, told: str
) -> None:
    """A guess without its reason is not honest."""
    work = GroundWork("build", began=0.0, share=share, measured_by="packages")

    assert step_progress(work, last_seconds, now=190.0) == told
