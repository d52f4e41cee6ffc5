"""Two and three outages at once, in every order of yes, the later ones beginning in each phase of the first."""

from collections.abc import Iterator
from itertools import count, permutations
from pathlib import Path
from typing import cast

import pytest
from prefect.exceptions import Pause

import flows.respond as respond
from flows.close import close
from tests.flows.broken_world import SERVICES, BrokenWorld
from tests.flows.scripted_response import Mortal, opened
from tests.tasks.act.fake_cluster import NOON, Died

PHASES = ("triage", "investigate", "plan", "ask", "resolve", "verify")
NUMBERS = count(1)


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
        monkeypatch.setattr("tasks.record.transient_errors.PAUSES_SECONDS", (0.0,) * 3)
        yield made


async def nothing(incident_id: str) -> None:
    """The UI's pages."""


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
