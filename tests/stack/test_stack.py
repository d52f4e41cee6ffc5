"""The whole stack, killed at every joint: it heals by itself, and no run is lost or done twice."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from blocks.access.credentials import with_blocks
from blocks.installation.intake_token import intake_token
from blocks.prefect_api import PrefectApi
from blocks.prefect_runs import label_run, resume_run, wake_leader, wake_run
from blocks.record import Record
from blocks.settings import HERE, Settings
from outage.errors import StackError
from outage.plans.answer_words import answer_words
from outage.plans.approval import Answer, Approval
from outage.platforms.platform import BlockNames, Platform
from outage.policies.kill_switches import SWITCH
from stack.processes import state_layout
from stack.processes.own_processes import send_signal
from stack.processes.supervisor import supervisor_state, sweep_leftovers
from stack.runs import flow_process_files
from stack.stack_down import take_stack_down
from stack.stack_status import stack_status
from stack.stack_up import bring_stack_up
from tests.conftest import eventually, free_port
from tests.stack.toys import QUESTION

pytestmark = [pytest.mark.stack, pytest.mark.endurance]


def lines(path: Path) -> list[str]:
    """The words that a toy left, without process and moment."""
    return [line.rsplit(" ", 2)[0] for line in path.read_text().splitlines()] if path.exists() else []


def kill(settings: Settings, *names: str) -> None:
    """Pull the plug of some processes at once."""
    states = [supervisor_state(settings, name) for name in names]
    for state in states:
        assert state
        send_signal(state.process, signal.SIGKILL)


def well(settings: Settings, *names: str) -> bool:
    """Whether these processes run and answer."""
    return not [line for line in stack_status(settings) if line.name in names and line.wrong]


def begin(settings: Settings, deployment: str, parameters: dict[str, Any]) -> str:
    """Ask for a run; returns its id."""
    with PrefectApi(settings.prefect_api_url) as api:
        known = api.deployments(deployment)[0]["id"]
        return api.start_run(known, name=deployment, key=os.urandom(8).hex(), parameters=parameters)


def state(settings: Settings, run: str) -> str:
    """The name of a run's state."""
    with PrefectApi(settings.prefect_api_url) as api:
        return str(api.run(run)["state_name"])


def report(settings: Settings, title: str, **words: str) -> httpx.Response:
    """Start an incident by hand."""
    return httpx.post(
        f"{settings.intake_url}/incidents",
        json={"title": title, **words},
        headers={"Authorization": f"Bearer {intake_token(settings.intake_token_file)}"},
        timeout=30,
        trust_env=False,
    )


def test_everything_is_well_but_the_flow_that_cannot_be_imported(toy_stack: Settings) -> None:
    """One broken flow is told, and stops no other."""
    wrong = {line.name: line.wrong for line in stack_status(toy_stack) if line.wrong}

    assert list(wrong) == ["flows"]
    assert "tests.stack.nowhere" in str(wrong["flows"])


def test_a_second_up_changes_nothing(toy_stack: Settings) -> None:
    """The same processes afterwards as before."""
    before = {one.pid for one in sweep_leftovers(toy_stack)}

    assert bring_stack_up(toy_stack, print) is False
    assert {line.pid for line in stack_status(toy_stack)} - {None} <= before


def test_nothing_listens_beyond_loopback(toy_stack: Settings) -> None:
    """Whoever reaches Prefect's API may do everything."""
    pids = {str(one.pid) for one in sweep_leftovers(toy_stack)}
    inodes = {
        os.readlink(f"/proc/{pid}/fd/{fd}")[8:-1]
        for pid in pids
        for fd in os.listdir(f"/proc/{pid}/fd")
        if os.path.lexists(f"/proc/{pid}/fd/{fd}")
        and os.readlink(f"/proc/{pid}/fd/{fd}").startswith("socket:")
    }
    listening = [
        words[1]
        for table in ("/proc/net/tcp", "/proc/net/tcp6")
        for words in (line.split() for line in Path(table).read_text().splitlines()[1:])
        if words[3] == "0A" and words[9] in inodes
    ]

    assert len(listening) == 3  # server, intake, page
    assert {address.partition(":")[0] for address in listening} == {"0100007F"}


def test_an_incident_by_hand_gets_its_run_and_a_second_call_none(toy_stack: Settings) -> None:
    """One incident, one run, through the port and through the socket."""
    first = report(toy_stack, "checkout is slow", namespace="shop").json()["alerts"][0]
    door = httpx.HTTPTransport(uds=str(toy_stack.intake_socket))
    with httpx.Client(transport=door) as socket:
        second = socket.post(
            "http://intake/incidents",
            json={"title": "still slow", "namespace": "shop"},
            headers={"Authorization": f"Bearer {intake_token(toy_stack.intake_token_file)}"},
        ).json()["alerts"][0]

    assert (first["new"], second["new"]) == (True, False)
    assert first["flow_run_id"] == second["flow_run_id"]
    eventually("the run completes", lambda: state(toy_stack, first["flow_run_id"]) == "Completed")


def test_a_killed_flow_is_taken_up(toy_stack: Settings, tmp_path: Path) -> None:
    """Prefect alone would call it Crashed; the response is re-entrant and goes on."""
    run = begin(toy_stack, "slow", {"path": str(tmp_path / "slow"), "seconds": 600})
    eventually("the flow runs", lambda: lines(tmp_path / "slow"))
    carrier = flow_process_files.flow_process_of(state_layout.flow_states(toy_stack), run)
    assert carrier
    send_signal(carrier.process, signal.SIGKILL)

    eventually("the run completes", lambda: state(toy_stack, run) == "Completed")
    assert lines(tmp_path / "slow") == ["began", "began", "ended"]


def test_a_flow_killed_with_its_runner_is_taken_up_by_the_next(toy_stack: Settings, tmp_path: Path) -> None:
    """Prefect alone would leave it Running for ever."""
    run = begin(toy_stack, "slow", {"path": str(tmp_path / "slow"), "seconds": 600})
    eventually("the flow runs", lambda: lines(tmp_path / "slow"))
    carrier = flow_process_files.flow_process_of(state_layout.flow_states(toy_stack), run)
    assert carrier
    kill(toy_stack, "runner")
    send_signal(carrier.process, signal.SIGKILL)

    eventually("the run completes", lambda: state(toy_stack, run) == "Completed")
    assert lines(tmp_path / "slow") == ["began", "began", "ended"]


def test_a_living_flow_is_not_doubled_when_its_runner_dies(toy_stack: Settings, tmp_path: Path) -> None:
    """Only the runner died: the flow ends by itself, once."""
    run = begin(toy_stack, "slow", {"path": str(tmp_path / "slow"), "seconds": 12})
    eventually("the flow runs", lambda: lines(tmp_path / "slow"))
    kill(toy_stack, "runner")

    eventually("the run completes", lambda: state(toy_stack, run) == "Completed")
    eventually("the runner is back", lambda: well(toy_stack, "runner"))
    assert lines(tmp_path / "slow") == ["began", "ended"]


def test_a_cancelled_flow_ends_as_cancelled(toy_stack: Settings, tmp_path: Path) -> None:
    """Also after the runner was started anew: nothing about it is remembered in memory."""
    run = begin(toy_stack, "slow", {"path": str(tmp_path / "slow"), "seconds": 600})
    eventually("the flow runs", lambda: lines(tmp_path / "slow"))
    with PrefectApi(toy_stack.prefect_api_url) as api:
        api.propose(run, "CANCELLING")

    eventually("the run is cancelled", lambda: state(toy_stack, run) == "Cancelled")
    assert "ended" not in lines(tmp_path / "slow")


def test_a_person_is_waited_for_without_a_process_and_without_a_runner(
    toy_stack: Settings, tmp_path: Path
) -> None:
    """Suspended, resumed while no runner lived, continued by the next one."""
    path = tmp_path / "asking"
    run = begin(toy_stack, "asking", {"path": str(path)})
    eventually("the run is suspended", lambda: state(toy_stack, run) == "Suspended")
    kill(toy_stack, "runner")
    with PrefectApi(toy_stack.prefect_api_url) as api:
        assert api.resume(run, {"decision": "approve", "by": "ada"}) is None

    eventually("the run completes", lambda: state(toy_stack, run) == "Completed")
    assert lines(path) == ["before", "before", "after approve ada"]


def test_an_outcome_is_waited_for_without_a_process_and_under_a_new_name(
    toy_stack: Settings, tmp_path: Path
) -> None:
    """As an incident waits for the one that answers its cause; its severity changes meanwhile."""
    path = tmp_path / "waiting"
    run = begin(toy_stack, "waiting", {"path": str(path)})
    eventually("the run is suspended", lambda: state(toy_stack, run) == "Suspended")
    label_run(toy_stack.prefect_api_url, run, "P0 auth is down", ["shop", "P0"])
    with PrefectApi(toy_stack.prefect_api_url) as api:
        assert [api.run(run)[one] for one in ("name", "tags")] == ["P0 auth is down", ["shop", "P0"]]

    assert wake_run(toy_stack.prefect_api_url, run) == "the run goes on"
    eventually("the run completes", lambda: state(toy_stack, run) == "Completed")
    assert lines(path) == ["before", "before", "after"]
    assert wake_run(toy_stack.prefect_api_url, run).startswith("the run was not woken")


def test_the_kill_switch_is_there_from_the_start_and_status_shows_a_thrown_one(toy_stack: Settings) -> None:
    """As a person throws it in the UI, with a word of their own."""
    with PrefectApi(toy_stack.prefect_api_url) as api:
        assert api.variables()[SWITCH] == "off"
        api.ask("PATCH", f"/variables/name/{SWITCH}", {"value": "we move house"})
        assert not well(toy_stack, "switches")
        [line] = [one for one in stack_status(toy_stack) if one.name == "switches"]
        assert "nothing is written on every platform" in str(line)
        assert "we move house" in str(line)
        bring_stack_up(toy_stack, print)
        assert api.variables()[SWITCH] == "we move house"
        api.ask("PATCH", f"/variables/name/{SWITCH}", {"value": "off"})
    assert well(toy_stack, "switches")


def test_who_leads_and_who_lets_a_plan_stay_are_heard_by_the_real_server(
    toy_stack: Settings, tmp_path: Path
) -> None:
    """Our own wakings fit the forms, which the server checks word by word."""
    path, url = tmp_path / "leading", toy_stack.prefect_api_url
    run = begin(toy_stack, "leading", {"path": str(path)})
    eventually("the run is suspended", lambda: state(toy_stack, run) == "Suspended")
    assert wake_leader(url, run, "ada") == "the run goes on"
    eventually("it asks whether the plan stays", lambda: asks_again(toy_stack, run, path))
    said = Approval(plan_hash=QUESTION.hash, answer=Answer.DECLINE, by="ada", at=QUESTION.made_at)
    assert resume_run(url, run, said, answer_words(QUESTION)) == "the run goes on"

    eventually("the run completes", lambda: state(toy_stack, run) == "Completed")
    assert lines(path)[-2:] == ["led ada no other", "said let it stay ada no other"]


def asks_again(settings: Settings, run: str, path: Path) -> bool:
    """Whether the run came to its second question."""
    return "led ada no other" in lines(path) and state(settings, run) == "Suspended"


def test_server_and_intake_and_database_come_back(toy_stack: Settings) -> None:
    """Kill -9 of everything but the supervisor; then an alert is taken in as if nothing had been."""
    kill(toy_stack, "server", "intake", "postgres")
    eventually("all are back", lambda: well(toy_stack, "server", "intake", "postgres"))

    answer = eventually(
        "an alert is taken in",
        lambda: (one := report(toy_stack, "after death", namespace="after-death")).is_success and one,
    )
    assert answer.json()["alerts"][0]["new"]


def test_a_dead_keeper_is_revived_and_adopts_what_lives(toy_stack: Settings) -> None:
    """`outage up` starts a supervisor and nothing else."""
    before = {line.name: line.pid for line in stack_status(toy_stack)}
    kill(toy_stack, "supervisor")
    eventually("its death is told", lambda: not well(toy_stack, "supervisor"))

    bring_stack_up(toy_stack, print)
    after = {line.name: line.pid for line in stack_status(toy_stack)}
    assert after.pop("supervisor") != before.pop("supervisor")
    assert after == before


def test_an_incident_recorded_by_a_intake_that_died_gets_one_run(toy_stack: Settings) -> None:
    """Killed between the record and the run: the reconciler starts it, never two."""
    with Record.open(toy_stack.record_dsn) as record:
        from datetime import UTC, datetime, timedelta

        at = datetime.now(UTC) - timedelta(seconds=10)
        incident, _ = record.open_incident("left-lying", "left lying", at)
        eventually("it has a run", lambda: record.incident(incident.id).flow_run_id)
        run = record.incident(incident.id).flow_run_id
    with PrefectApi(toy_stack.prefect_api_url) as api:
        found = api.ask("POST", "/flow_runs/filter", {"flow_runs": {"name": {"like_": incident.id}}})

    assert [one["id"] for one in found] == [run]


def test_a_taken_port_is_told_and_nothing_is_left(toy_stack: Settings, tmp_path: Path) -> None:
    """One sentence: who has it, and which variable chooses another."""
    settings = Settings(
        home=tmp_path / "home",
        prefect_port=toy_stack.prefect_port,
        intake_port=free_port(),
        page_port=free_port(),
        intake_socket=tmp_path / "intake.sock",
    )
    with pytest.raises(StackError, match=r"process \d+ .*OUTAGE_PREFECT_PORT"):
        bring_stack_up(settings, print)

    assert sweep_leftovers(settings) == []
    assert not settings.stack_file.exists()


def test_down_leaves_no_process_and_the_next_up_goes_on(tmp_path: Path) -> None:
    """A response that was running when the machine went down is taken up when it is back."""
    settings = Settings(
        home=tmp_path / "home",
        prefect_port=free_port(),
        intake_port=free_port(),
        page_port=free_port(),
        intake_socket=tmp_path / "intake.sock",
        deployments_file=HERE / "tests/stack/deployments.yaml",
    )
    try:
        bring_stack_up(settings, print)
        run = begin(settings, "slow", {"path": str(tmp_path / "slow"), "seconds": 600})
        eventually("the flow runs", lambda: lines(tmp_path / "slow"))

        assert take_stack_down(settings, print)
        assert sweep_leftovers(settings) == []
        assert not settings.intake_socket.exists()
        assert take_stack_down(settings, print) is False

        bring_stack_up(settings, print)
        eventually("the run completes", lambda: state(settings, run) == "Completed")
    finally:
        take_stack_down(settings, print)


def test_the_command_line_says_what_runs_and_what_is_wrong(toy_stack: Settings) -> None:
    """One line each, and exit status 1 because one flow cannot be imported."""
    told = subprocess.run(
        [sys.executable, "-m", "cli", "status"],
        env={**os.environ, "OUTAGE_HOME": str(toy_stack.home)},
        cwd=HERE,
        capture_output=True,
        text=True,
        check=False,
    )

    named = [line.split()[0] for line in told.stdout.splitlines()]
    processes = [
        "supervisor",
        "postgres",
        "outbox",
        "timers",
        "server",
        "intake",
        "page",
        "runner",
        "standby",
        "flows",
    ]
    assert named[: len(processes)] == processes
    assert set(named[len(processes) :]) == {"looks", "switches"}
    assert told.returncode == 1


def test_the_block_types_can_be_filled_in_and_a_platform_file_can_name_one(toy_stack: Settings) -> None:
    """As an operator does it in the UI: the type is there, a document of it is made, the platform reads it."""
    with PrefectApi(toy_stack.prefect_api_url) as api:
        found = eventually("a block type", lambda: api.ask("GET", "/block_types/slug/cluster-access"))
        schema = api.ask(
            "POST", "/block_schemas/filter", {"block_schemas": {"block_type_id": {"any_": [found["id"]]}}}
        )
        document = {
            "name": "prod",
            "data": {"reader_kubeconfig": "file:/etc/reader", "context": "prod"},
            "block_type_id": found["id"],
            "block_schema_id": schema[0]["id"],
        }
        api.ask("POST", "/block_documents/", document)
    platform = Platform(name="shop", namespace="shop", blocks=BlockNames(cluster="prod"))

    filled = with_blocks(platform, toy_stack.prefect_api_url)

    assert filled.cluster
    assert filled.cluster.context == "prod"


def test_the_page_comes_back_when_it_is_killed_and_knows_the_heartbeats(toy_stack: Settings) -> None:
    """It is a process like the others, and counts what they leave behind."""
    kill(toy_stack, "page")
    eventually("the page is back", lambda: well(toy_stack, "page"))
    shown = httpx.get(toy_stack.page_base, trust_env=False)
    counted = httpx.get(f"{toy_stack.page_base}/metrics", trust_env=False).text

    assert shown.status_code == 200
    assert "Nothing is open" in shown.text or 'href="/incidents/' in shown.text
    assert "outage_record_up 1.0" in counted
    for process in ("runner", "outbox", "timers"):
        assert f'outage_process_beat_timestamp_seconds{{process="{process}"}} 1.' in counted
