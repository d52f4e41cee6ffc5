"""An intake that says it is well while nobody would answer has lied to whoever watches it."""

import os
import subprocess
import time
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import httpx
import pytest
from fastapi.testclient import TestClient

from blocks.record import Record
from blocks.record.process_leases import LeaseOwner
from blocks.settings import Settings
from stack.intake.answer_health import unanswered_because, uncarried_pools
from stack.intake.deliveries import Intake
from stack.intake.http_app import intake_app
from stack.processes import state_layout
from stack.processes.heartbeats import beat_file, show_life
from stack.processes.own_processes import Running, identify_process
from stack.processes.supervisor import SupervisorState
from stack.runs.deployments import Deployment, DeploymentReport
from tests.stack.intake.prefect_double import PrefectDouble

RESPOND = Deployment(id="dep", name="respond", entrypoint="flows.respond.respond_to_outage")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A home in which a runner lives (this process stands for it), shows life and knows the response."""
    (tmp_path / "run").mkdir()
    made = Settings(home=tmp_path)
    keep(made, identify_process(os.getpid()))
    show_life(made, "runner")
    report(made, DeploymentReport(known=(RESPOND,)))
    return made


def keep(settings: Settings, process: Running | None) -> None:
    """Write down who the runner is."""
    assert process
    state = SupervisorState(name="runner", process=process, started_at=datetime.now(UTC))
    state_layout.state_folder(settings, "runner").write_text(state.model_dump_json())


def report(settings: Settings, known: DeploymentReport) -> None:
    """Write down what can be run."""
    state_layout.state_folder(settings, "flows").write_text(known.model_dump_json())


def dead_process() -> Running:
    """A process that was there and is gone."""
    with subprocess.Popen(["sleep", "60"]) as process:
        found = identify_process(process.pid)
        process.kill()
    assert found
    return found


@pytest.fixture
def door(settings: Settings, intake: Intake) -> TestClient:
    """The intake of that home."""
    return TestClient(
        intake_app(
            intake,
            settings.home / "token",
            unanswered=partial(unanswered_because, settings, intake.record, intake.api),
        )
    )


def health(door: httpx.Client) -> tuple[int, list[str]]:
    """What a load balancer, a probe or `outage status` hears."""
    answer = door.get("/health")
    return answer.status_code, answer.json()["wrong"]


def test_with_a_runner_that_knows_the_response_all_is_well(door: TestClient) -> None:
    """Alerts are answered."""
    assert health(door) == (200, [])


def test_a_dead_runner_is_said_at_once(settings: Settings, door: TestClient) -> None:
    """Its heartbeat is still fresh; its process is not there."""
    gone = dead_process()
    keep(settings, gone)

    status, wrong = health(door)

    assert status == 503
    assert wrong[0].startswith(
        f"no runner: process {gone.pid} is dead, so no response runs; it was last seen at 20"
    )
    assert door.get("/alive").status_code == 200  # starting the intake anew would not help


def test_a_runner_that_is_stuck_is_said(settings: Settings, door: TestClient) -> None:
    """It lives and does nothing."""
    then = time.time() - 75
    os.utime(beat_file(settings, "runner"), (then, then))

    assert health(door) == (
        503,
        [f"no heartbeat of the runner, process {os.getpid()}: its loop did not go round for 75 s"],
    )


def test_a_runner_that_was_never_started_is_said(settings: Settings, door: TestClient) -> None:
    """As when somebody started the intake alone."""
    state_layout.state_folder(settings, "runner").unlink()

    assert health(door) == (503, ["no runner: none was started, so no response runs"])


@pytest.mark.parametrize(
    ("known", "says"),
    [
        pytest.param(
            DeploymentReport(problems={"respond": "flows.respond cannot be imported: ImportError: x"}),
            "no response can be run: flows.respond cannot be imported: ImportError: x",
            id="it cannot be imported",
        ),
        pytest.param(
            DeploymentReport(known=(RESPOND.model_copy(update={"name": "watch"}),)),
            "no response can be run: no deployment is called respond",
            id="there is no such deployment",
        ),
    ],
)
def test_a_response_that_cannot_be_run_is_said(
    settings: Settings, door: TestClient, known: DeploymentReport, says: str
) -> None:
    """The runner lives, and would run nothing."""
    report(settings, known)

    assert health(door) == (503, [says])


@pytest.mark.parametrize(
    ("seconds", "says"),
    [
        pytest.param(60, None, id="it renews"),
        pytest.param(
            0, "no runner: process 1 on responder-7 let its lease run out at 20", id="its node is lost"
        ),
    ],
)
def test_in_a_cluster_the_record_says_whether_a_runner_lives(
    record: Record, intake: Intake, tmp_path: Path, seconds: float, says: str | None
) -> None:
    """No file of this pod tells of another."""
    settings = Settings(home=tmp_path, in_cluster=True)
    me = LeaseOwner(machine=f"responder-7/{tmp_path}", pid=1, born=1)
    if held := record.lease("runner"):
        record.give_lease_back("runner", held.owner)
    record.take_lease("runner", me, seconds)

    wrong = unanswered_because(settings, intake.record, intake.api)

    assert [one[: len(says or "")] for one in wrong] == ([says] if says else [])


def test_in_a_cluster_prefect_says_whether_the_response_can_be_run(
    record: Record, intake: Intake, prefect: PrefectDouble, tmp_path: Path
) -> None:
    """A runner that has only just begun has not made it known yet."""
    settings = Settings(home=tmp_path, in_cluster=True)
    if held := record.lease("runner"):
        record.give_lease_back("runner", held.owner)
    record.take_lease("runner", LeaseOwner(machine=str(tmp_path), pid=1, born=1), 60)
    prefect.known = False

    assert unanswered_because(settings, intake.record, intake.api) == [
        "no response can be run: Prefect knows no deployment respond yet"
    ]


def test_a_pool_that_no_worker_carries_is_said_and_keeps_no_stack_from_coming_up(
    settings: Settings, intake: Intake, tmp_path: Path
) -> None:
    """Its platforms' alerts are taken in and wait; our own runner lives, and the other pool's worker."""
    me = LeaseOwner(machine=f"dallas/{tmp_path}", pid=1, born=1)
    lost, well = f"{tmp_path.name}-lost", f"{tmp_path.name}-well"
    intake.record.take_lease(f"runner/{well}", me, 60)
    intake.record.take_lease(f"runner/{lost}", me, 0)
    app = intake_app(
        intake,
        settings.home / "token",
        unanswered=partial(unanswered_because, settings, intake.record, intake.api),
        uncarried=partial(uncarried_pools, intake.record, ["", well, lost]),
    )
    status, (says,) = health(TestClient(app))

    assert status == 503
    assert says.startswith(f"no worker of pool {lost}: process 1 on dallas let its lease run out at 20")
    assert TestClient(app).get("/health", params={"pools": "false"}).status_code == 200


def test_everything_that_is_wrong_is_said(
    settings: Settings, door: TestClient, prefect: PrefectDouble
) -> None:
    """One sentence each: the server is away, and so is the runner."""
    state_layout.state_folder(settings, "runner").unlink()
    prefect.dead = True

    status, wrong = health(door)

    assert (status, len(wrong)) == (503, 2)
    assert wrong[1].startswith("no runner")
