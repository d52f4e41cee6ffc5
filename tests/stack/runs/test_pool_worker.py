"""A pool's runs are carried by its worker and by nobody else; one that dies is followed by the one that stands by."""

import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml

from blocks.prefect_api import PrefectApi
from blocks.record import Record
from blocks.settings import HERE, Settings
from cli.machine.worker_command import unfit_place
from outage.errors import RecordError
from stack.processes.own_processes import identify_process
from stack.runs.flow_process_files import FlowProcess, keep_flow_process
from stack.runs.runner import Runner
from tests.conftest import eventually, raised
from tests.stack.runs.typed_worker import typed_worker

PLATFORM = "version: 1\nname: shop\nnamespace: shop\npool: frankfurt\ncluster: {name: eu}\n"


@pytest.fixture
def runner(tmp_path: Path, record: Record) -> Runner:
    """A runner that has said nothing yet, with the record of the tests."""
    made = Settings(home=tmp_path, record_dsn=record.dsn, prefect_api_url="http://127.0.0.1:9/api")
    if held := record.lease("runner"):
        record.give_lease_back("runner", held.owner)
    return Runner(made, lambda _: None)


def test_a_runner_runs_while_it_holds_the_lease_and_stands_by_while_another_does(
    runner: Runner, record: Record
) -> None:
    """Two would start everything twice."""
    assert runner.may_run()
    other = Runner(runner.settings, lambda _: None)
    other.lease.me = other.lease.me.model_copy(update={"machine": "elsewhere"})

    assert not other.may_run()


def test_a_runner_whose_lease_another_one_took_ends_with_all_that_it_carried(
    runner: Runner, record: Record
) -> None:
    """What it began is the other's to finish: it was frozen, or cut off, for longer than the lease."""
    assert runner.may_run()
    with subprocess.Popen(["sleep", "60"], start_new_session=True) as carried:
        process = identify_process(carried.pid)
        assert process
        keep_flow_process(runner.carriers, FlowProcess(run_id="run-1", process=process))
        record.give_lease_back("runner", runner.lease.me)
        record.take_lease("runner", runner.lease.me.model_copy(update={"machine": "elsewhere"}), 60)
        runner.lease._asked = float("-inf")

        with pytest.raises(SystemExit):
            runner.may_run()
        assert carried.wait(5) == -signal.SIGKILL


def test_a_runner_without_a_record_stands_by_and_says_why(
    runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once, not each second."""
    said: list[str] = []
    runner.say = said.append

    def away(*_: object) -> None:
        raise RecordError("no connection")

    monkeypatch.setattr(runner.lease, "record", away)

    assert [runner.may_run() for _ in range(3)] == [False] * 3
    assert said == ["stands by: no connection"]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"record_dsn": "d", "prefect_api_url": "http://p/api"}, ""),
        ({"record_dsn": "d"}, "OUTAGE_PREFECT_API_URL must say where what it works for is"),
        ({}, "OUTAGE_RECORD_DSN and OUTAGE_PREFECT_API_URL must say where what it works for is"),
    ],
)
def test_a_worker_is_told_where_what_it_works_for_is(
    tmp_path: Path, given: dict[str, str], says: str
) -> None:
    """It would otherwise wait for a server of this machine for ever."""
    assert unfit_place(Settings(home=tmp_path, **given)) == says


def test_a_worker_does_not_move_into_the_home_of_a_stack(tmp_path: Path) -> None:
    """There a runner is."""
    (tmp_path / "stack.json").write_text("{}")

    assert "is the home of a stack" in unfit_place(Settings(home=tmp_path))


@contextmanager
def worker(settings: Settings, home: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """`outage worker frankfurt`, as somebody types it beside the cluster."""
    home.mkdir(parents=True, exist_ok=True)
    with typed_worker(
        "frankfurt",
        home,
        OUTAGE_RECORD_DSN=settings.record_dsn,
        OUTAGE_PREFECT_API_URL=settings.prefect_api_url,
    ) as process:
        yield process


@pytest.fixture(scope="module")
def central(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """A central server whose one platform names a pool, with toys for flows."""
    home = tmp_path_factory.mktemp("central")
    (home / "platforms").mkdir()
    (home / "platforms/shop.yaml").write_text(PLATFORM)
    body = yaml.safe_load((HERE / "tests/stack/deployments.yaml").read_text())
    body["deployments"][0]["each_pool"] = True
    (home / "deployments.yaml").write_text(yaml.safe_dump(body))
    with raised(home, home / "deployments.yaml") as settings:
        yield settings


@pytest.mark.stack
def test_runs_wait_for_their_worker_and_go_on_with_the_next_when_it_is_killed(
    central: Settings, tmp_path: Path
) -> None:
    """Nobody else begins them meanwhile; everybody else's are begun."""
    noted = tmp_path / "noted"
    with PrefectApi(central.prefect_api_url) as api:

        def begin(name: str, key: str) -> Callable[[], str]:
            found = eventually(f"{name} is known", lambda: api.deployments(name))
            parameters = {"incident_id": key, "path": str(noted)}
            run = api.start_run(found[0]["id"], name=key, key=key, parameters=parameters)
            return lambda: str(api.run(run)["state_type"])

        waiting, ours = begin("respond-frankfurt", "theirs-1"), begin("respond", "ours")
        eventually("our own runner carries ours", lambda: ours() == "COMPLETED")
        assert waiting() == "SCHEDULED"
        with worker(central, tmp_path / "one") as first:
            eventually("its worker carries what waited", lambda: waiting() == "COMPLETED")
            with worker(central, tmp_path / "two"):
                time.sleep(2)
                first.kill()
                first.wait()
                later = begin("respond-frankfurt", "theirs-2")
                eventually("the next one carries on", lambda: later() == "COMPLETED")
    assert sorted(line.split()[1] for line in noted.read_text().splitlines()) == [
        "ours",
        "theirs-1",
        "theirs-2",
    ]
