"""How the work of a diagnosis grows with the platform: counted in calls, so that no machine's mood is measured."""

import cProfile
import pstats
from itertools import pairwise

import pytest

from outage.diagnosis.cause import Cause
from outage.diagnosis.hypothesis import Diagnosis
from outage.snapshots.snapshot import LogTail
from tests.outage.diagnosis.worlds import shop_objects
from tests.outage.diagnosis.worlds.diagnosed import diagnose
from tests.outage.diagnosis.worlds.shop_objects import SHOP, ago
from tests.outage.diagnosis.worlds.shop_snapshot import Ground, platform


def chain(monkeypatch: pytest.MonkeyPatch, length: int) -> Ground:
    """So many services, each of which calls the next; the last one's Service selects nothing, and all complain."""
    names = [f"step{number:03}" for number in range(length)]
    calls = {name: (after,) for name, after in pairwise(names)} | {names[-1]: ()}
    monkeypatch.setattr("tests.outage.diagnosis.worlds.shop_snapshot.CALLS", calls)
    ports = {name: 3000 + number for number, name in enumerate(names)}
    monkeypatch.setattr("tests.outage.diagnosis.worlds.shop_snapshot.PORTS", ports)
    monkeypatch.setattr(shop_objects, "PORTS", ports)
    ground = Ground()
    ground.get("Service", names[-1])["spec"]["selector"] = {"app": "gone"}
    ground.get("EndpointSlice", f"{names[-1]}-slice")["endpoints"] = []
    ground.extra["logs"] = tuple(_complains(ground, *pair) for pair in pairwise(names))
    return ground


def _complains(ground: Ground, name: str, after: str) -> LogTail:
    lines = [f"{ago(seconds=age)} ERROR call {after} failed: connection refused" for age in range(60, 0, -6)]
    pod = ground.pods(name)[0]["metadata"]["name"]
    return LogTail(namespace=SHOP, pod=pod, container="app", text="\n".join(lines))


def counted(ground: Ground) -> tuple[Diagnosis, int]:
    """The diagnosis, and how many calls it took."""
    snapshot, profile = ground.snapshot(), cProfile.Profile()
    profile.enable()
    found = diagnose(snapshot, platform())
    profile.disable()
    return found, pstats.Stats(profile).total_calls  # type: ignore[attr-defined]


def test_twice_as_many_workloads_cost_about_twice_as_much(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of them fails; a square would be four times."""
    _, few = counted(chain(monkeypatch, 32))
    found, many = counted(chain(monkeypatch, 64))

    assert found.hypotheses[0].cause == Cause.SERVICE_SELECTOR
    assert many < 2.4 * few
