"""Another team's platform, discovered: faults that fit it, practised, and taken back when everything dies."""

import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TextIO

import httpx
import pytest

from blocks.record import Record
from blocks.settings import Settings
from outage.incidents.drill_notice import Drill
from tests.end_to_end.conftest import ENVIRONMENT, OUTAGE, flow_pid, in_json, kubectl, outage, until
from tests.end_to_end.shop.discovered_shop import FOLDER, PREFECT, opened_shop, standing

pytestmark = [pytest.mark.end_to_end, pytest.mark.timeout(900)]
TAKEN_BACK_SECONDS = 120


@pytest.fixture(scope="module")
def shop(ground: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The shop under a policy that asks for everything."""
    with opened_shop(tmp_path_factory.mktemp("rights"), FOLDER / "shop-policy.yaml"):
        yield


def begun(fault: str, service: str) -> tuple[subprocess.Popen[str], Drill]:
    """A drill whose fault stands; begun again while the tail of an outage before it is still looked at."""
    since = datetime.now(UTC)
    words = [*OUTAGE, "drill", fault, "--service", service, "-p", "shop", "--by", "ana"]
    with tempfile.TemporaryFile("w+") as said:  # a pipe that nobody reads would stop the drill

        def start() -> subprocess.Popen[str]:
            return subprocess.Popen(
                words, stdin=subprocess.DEVNULL, stdout=said, stderr=said, text=True, env=ENVIRONMENT
            )

        process = start()

        def broken() -> Drill | None:
            nonlocal process
            if process.poll() is not None:
                assert "is open" in all_of(said), all_of(said)
                process = start()
            with Record.open(Settings().record_dsn) as record:
                new = [
                    one for one in record.drills(limit=3) if one.fault == fault and one.announced_at >= since
                ]
            return new[0] if new and new[0].result.get("broken_at") else None

        found: Drill = until("the fault stands", broken, 240)
    return process, found


def all_of(file: TextIO) -> str:
    """What somebody else wrote into a file that we opened."""
    file.seek(0)
    return file.read()


def taken_back(drill: Drill) -> Drill | None:
    """The drill, once it is over and its fault compared."""
    with Record.open(Settings().record_dsn) as record:
        found = record.drill(drill.id)
    return found if found and found.ended_at and found.result.get("compared") else None


def test_a_discovered_platform_has_its_list(shop: None) -> None:
    """What fits, what it would touch, and why not the rest."""
    listed = in_json("drill", "--list", "-p", "shop")["drills"]

    possible = {(one["fault"], one["service"]) for one in listed if one["possible"]}
    assert len({fault for fault, _ in possible}) >= 20
    assert ("secret-reference", "checkout") in possible
    why = {(one["fault"], one["service"]): one["reason"] for one in listed}
    assert why["service-selector", "storefront"] == "storefront has no Service in front of it"


@pytest.mark.parametrize(
    ("fault", "service"),
    [
        ("service-selector", "checkout"),
        pytest.param("scaled-to-zero", "ledger", marks=pytest.mark.endurance),
    ],
)
def test_a_fault_is_practised_healed_and_restored(shop: None, fault: str, service: str) -> None:
    """As on the practice ground's own platform."""
    before = standing()

    said = outage("drill", fault, "--service", service, "-p", "shop", "--by", "ana", "--yes", "--json")

    assert said.returncode == 0, said.stderr
    assert standing() == before


@pytest.mark.endurance
def test_a_drill_that_is_cancelled_in_the_ui_is_taken_back_and_said(shop: None) -> None:
    """Its process is killed; its fault does not stay."""
    before = standing()
    process, drill = begun("service-selector", "checkout")

    cancelling = {"state": {"type": "CANCELLING", "name": "Cancelling"}}
    url = f"{PREFECT}/flow_runs/{drill.result['run']}/set_state"
    httpx.post(url, json=cancelling, timeout=10).raise_for_status()

    ended: Drill = until("it is taken back", lambda: taken_back(drill), TAKEN_BACK_SECONDS)
    assert ended.result["compared"]["different"] == []
    assert standing() == before
    process.wait(timeout=120)


def test_kill_9_of_the_drill_breaks_nothing_twice_and_leaves_nothing(shop: None) -> None:
    """The runner takes it up, or the reconciler has it taken back: either way all is as it was."""
    before = standing()
    process, drill = begun("service-selector", "checkout")
    pid = flow_pid(drill.result["run"])
    assert pid

    os.kill(pid, signal.SIGKILL)

    waiting = until("a plan that waits", lambda: waiting_incident(drill), 180)
    outage("approve", waiting, "--by", "ana")
    until("it is over", lambda: taken_back(drill), 240)
    assert standing() == before
    process.wait(timeout=120)


def waiting_incident(drill: Drill) -> str:
    """The drill's incident that asks for an answer; empty while there is none."""
    with Record.open(Settings().record_dsn) as record:
        asked = [one for one in record.incidents_of_drill(drill) if one.phase == "awaiting-approval"]
    return asked[0].id if asked else ""


def test_the_cluster_itself_is_left_alone_without_a_yes(shop: None) -> None:
    """One sentence, and nothing is broken."""
    said = outage("drill", "dns-down", "--service", "checkout", "-p", "shop")

    assert said.returncode == 2
    assert "it strikes the whole cluster" in said.stderr
    assert (
        kubectl("get", "deployment/coredns", "--namespace=kube-system", "--output=jsonpath={.spec.replicas}")
        != "0"
    )
