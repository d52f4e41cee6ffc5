"""Two and three outages at once, in every order of yes, the later ones beginning in each phase of the first."""

from collections.abc import Iterator
from datetime import timedelta
from itertools import count, permutations
from pathlib import Path
from typing import cast

import pytest
from prefect.exceptions import Pause

import flows.respond as respond
from flows.close import close
from outage.incidents.folding import CauseFound
from tests.flows.broken_world import SERVICES, BrokenWorld, cause_of
from tests.flows.scripted_response import Mortal, opened
from tests.tasks.act.fake_cluster import NOON, Died

PHASES = ("triage", "investigate", "plan", "ask", "resolve", "verify")
NUMBERS = count(1)
HOURS = timedelta(hours=4)


@pytest.fixture
def world(record_dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[BrokenWorld]:
    """A platform of three services, whose cluster is a model."""
    with opened(record_dsn, tmp_path, monkeypatch) as there:
        made = BrokenWorld(cast("Mortal", there.record))
        for name in ("triage", "investigate", "plan", "resolve", "verify", "take_back"):
            monkeypatch.setattr(respond, name, made.phase(name))
        monkeypatch.setattr(respond, "close", close.fn)
        monkeypatch.setattr(respond, "answer_for", made.answer)
        monkeypatch.setattr(respond, "publish_report", nothing)
        monkeypatch.setattr("tasks.ask.await_outcome.asuspend_flow_run", suspended)
        monkeypatch.setattr("tasks.ask.await_outcome.wake_run", lambda *_: "")
        monkeypatch.setattr("tasks.record.transient_errors.PAUSES_SECONDS", (0.0,) * 3)
        yield made


async def nothing(incident_id: str) -> None:
    """The UI's pages."""


async def suspended(**_: object) -> None:
    """Prefect's own way to end a process that waits."""
    raise Pause


def alerted(world: BrokenWorld, service: str) -> str:
    """An incident of its own about one service."""
    incident, _ = world.record.open_incident(f"outages-{next(NUMBERS)}", f"{service} is down", NOON)
    return incident.id


async def answered(incident_id: str) -> str:
    """Run the sentence as far as it goes: until it waits for a person, or to its end."""
    try:
        state = await respond.respond_to_outage.fn(incident_id)
    except Pause:
        return "waits"
    return str(state.name)


async def survived(incident_id: str) -> str:
    """Run the sentence; when its process is killed, run it again from its first line."""
    try:
        return await answered(incident_id)
    except Died:
        return await answered(incident_id)


async def woken(world: BrokenWorld, endings: dict[str, str]) -> None:
    """Go on with who waits for another one's outcome, as its close and the watch do."""
    for _ in endings:  # one may wait for one that waits
        for fold in world.record.open_folds():
            if fold.incident in endings:
                endings[fold.incident] = await answered(fold.incident)


def assert_all_mended(world: BrokenWorld, endings: dict[str, str]) -> None:
    """Nothing is broken, nothing was taken back, nothing was written twice, and nobody was told otherwise."""
    assert world.broken == []
    assert sorted(world.writes) == sorted({("mend", service) for _, service in world.writes})
    assert set(endings.values()) <= {"Recovered", "NothingToDo"}
    assert "Recovered" in endings.values()


@pytest.mark.parametrize("order", list(permutations(range(2))))
@pytest.mark.parametrize("phase", PHASES)
async def test_two_right_repairs_stay_whenever_the_second_outage_begins(
    world: BrokenWorld, phase: str, order: tuple[int, ...]
) -> None:
    """A waits for its yes, or is written, or watched; B breaks; both are said yes to, in either order."""
    world.broken.append("user")
    first = alerted(world, "user")
    world.breaks_at[first, phase] = "auth"
    if phase in ("resolve", "verify"):
        world.approved.add(first)
    endings = {first: await answered(first)}
    incidents = [first, alerted(world, "auth")]
    endings[incidents[1]] = await answered(incidents[1])
    for number in order:
        world.approved.add(incidents[number])
        endings[incidents[number]] = await answered(incidents[number])
    await woken(world, endings)

    assert_all_mended(world, endings)


@pytest.mark.parametrize("order", list(permutations(range(3))))
@pytest.mark.parametrize("phase", PHASES)
async def test_three_right_repairs_stay_in_every_order_of_yes(
    world: BrokenWorld, phase: str, order: tuple[int, ...]
) -> None:
    """The third breaks while the second is investigated."""
    world.broken.append("web")
    incidents = [alerted(world, "web")]
    world.breaks_at[incidents[0], phase] = "auth"
    if phase in ("resolve", "verify"):
        world.approved.add(incidents[0])
    endings = {incidents[0]: await answered(incidents[0])}
    incidents.append(alerted(world, "auth"))
    world.breaks_at[incidents[1], "investigate"] = "user"
    for service in SERVICES[:2]:
        incident = incidents[-1] if service == "auth" else alerted(world, service)
        incidents += [incident] if incident not in incidents else []
        endings[incident] = await answered(incident)
    for number in order:
        world.approved.add(incidents[number])
        endings[incidents[number]] = await answered(incidents[number])
    await woken(world, endings)

    assert_all_mended(world, endings)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(
    "key", ["investigate-1", "plan-1", "resolve-1", "verify-1", "investigate-2", "resolve-2"]
)
async def test_a_death_in_between_changes_nothing_of_it(world: BrokenWorld, when: str, key: str) -> None:
    """Killed around each phase while another service breaks, and run again from the first line."""
    world.broken.append("user")
    first = alerted(world, "user")
    world.approved.add(first)
    world.breaks_at[first, "verify"] = "auth"
    world.record.dies = (when, key)
    with pytest.raises(Died):
        await answered(first)
    endings = {first: await answered(first)}

    assert_all_mended(world, endings)
    assert world.writes == [("mend", "user"), ("mend", "auth")]


LATER = ["investigate-1", "plan-1", "inherit-1", "ended"]


@pytest.mark.parametrize(("when", "key"), [(when, key) for when in ("before", "after") for key in LATER])
async def test_two_that_come_to_the_same_cause_become_one(world: BrokenWorld, when: str, key: str) -> None:
    """The later makes no plan and ends as the first does, wherever its process is killed; both timelines say so."""
    world.broken.append("auth")
    first, later = alerted(world, "auth"), alerted(world, "web")
    world.record.update(later, requester="ada")
    assert await answered(first) == "waits"
    world.record.dies = (when, key)
    assert await survived(later) == "waits"
    assert world.record.incident(later).phase == "awaiting-outcome"
    world.approved.add(first)
    assert await survived(first) == "Recovered"
    assert await survived(later) == "Recovered"

    assert world.record.incident(later).says == (
        f"{first} answered the same cause, bad-image of deployment/auth in shop, and ended Recovered:"
        f" {world.record.incident(first).says}"
    )
    assert world.writes == [("mend", "auth")]
    assert world.record.plans(later) == []
    said = {one: "\n".join(line.says for line in world.record.entries(one)) for one in (first, later)}
    assert said[first].count(f"{later} (web is down; ada reported it) came to the same cause") == 1
    assert said[later].count(f"{first} answers the same cause") == 1
    assert f"the report of ada joins {first}: it is the same cause" in said[later]


@pytest.mark.parametrize("turns", [1, 2])
async def test_whoever_waits_for_an_outcome_is_never_waited_for(world: BrokenWorld, turns: int) -> None:
    """Two that each had a cause of their own, and come to each other's, do not wait for ever."""
    world.broken += ["auth", "user"]
    first, later = alerted(world, "auth"), alerted(world, "user")
    place = f"cluster-of-two-{next(NUMBERS)}"
    world.record.claim_cause(place, came(later, "user"), NOON, HOURS)
    assert world.record.claim_cause(place, came(first, "auth"), NOON, HOURS).into == ""
    for _ in range(turns):
        assert world.record.claim_cause(place, came(first, "user"), NOON, HOURS).into == later
        assert world.record.claim_cause(place, came(later, "auth"), NOON, HOURS).into == ""


def came(incident: str, service: str) -> CauseFound:
    """An incident that comes to the cause of a service."""
    return CauseFound(incident=incident, causes=(cause_of(service).key,), seen_at=NOON)
