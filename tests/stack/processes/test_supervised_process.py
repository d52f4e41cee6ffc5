"""One process in the supervisor's care: started anew when it dies, and when `outage up` chose something else."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from blocks.record import Record
from blocks.settings import Settings
from stack.processes.stack_services import StackService
from stack.processes.state_layout import choice_mark
from stack.processes.supervisor import SupervisedProcess, supervisor_state
from stack.stack_up import bring_stack_up, write_choice
from tests.stack.test_stack import report


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A home with a choice."""
    made = Settings(home=tmp_path / "home", database_url="postgresql://elsewhere/outage")
    (made.home / "run").mkdir(parents=True)
    write_choice(made)
    return made


@pytest.fixture(params=[True, False], ids=["works by the choice", "does not"])
def charge(settings: Settings, request: pytest.FixtureRequest) -> Iterator[SupervisedProcess]:
    """A process that sleeps, started."""
    service = StackService(
        name="sleeper",
        what="sleeps",
        begins=lambda: ["sleep", "60"],
        sick=lambda: None,
        follows_choice=request.param,
    )
    made = SupervisedProcess(settings, service, lambda _: None)
    made.start()
    yield made
    made.stop()


def pid_of(charge: SupervisedProcess) -> int:
    """Its process, as it is written down."""
    state = supervisor_state(charge.settings, "sleeper")
    assert state
    assert state.deaths == 0
    return state.process.pid


def test_the_same_choice_leaves_it_alone(charge: SupervisedProcess) -> None:
    """`outage up` twice changes nothing."""
    before = pid_of(charge)
    assert write_choice(charge.settings) is False
    charge.look(choice_mark(charge.settings))

    assert pid_of(charge) == before


def test_another_choice_starts_anew_what_works_by_it_and_nothing_else(charge: SupervisedProcess) -> None:
    """That is no death: nobody is told of one, and it waits for nothing."""
    before = pid_of(charge)
    other = charge.settings.model_copy(update={"platform_file": Path("garden.yaml")})
    assert write_choice(other) is True
    charge.look(choice_mark(charge.settings))

    assert (pid_of(charge) != before) is charge.service.follows_choice
    assert charge.alive
    after = pid_of(charge)
    charge.look(choice_mark(charge.settings))
    assert pid_of(charge) == after


@pytest.mark.stack
@pytest.mark.endurance
def test_what_is_chosen_next_is_what_the_running_processes_work_by(
    toy_stack: Settings, tmp_path: Path
) -> None:
    """`outage up` and then a drill: the alerts of the drill's platform were nobody's for the intake that stood."""
    file = tmp_path / "platform.yaml"
    file.write_text("name: Garden\nnamespace: garden\n")
    before = supervisor_state(toy_stack, "intake")

    assert bring_stack_up(toy_stack.model_copy(update={"platform_file": file}), print) is False

    incident = report(toy_stack, "the gate is stuck", namespace="garden").json()["alerts"][0]["incident"]
    with Record.open(toy_stack.record_dsn) as record:
        assert record.incident(incident).platform == "Garden"
    after = supervisor_state(toy_stack, "intake")
    assert before
    assert after
    assert after.process != before.process
    assert after.deaths == 0
    bring_stack_up(toy_stack, print)
