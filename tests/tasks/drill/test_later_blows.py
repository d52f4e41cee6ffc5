"""A second fault strikes under the hands of the response: in its phase, once, and with its way back recorded before."""

import logging
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest

from blocks.record import Record
from outage.incidents.drill_notice import Drill
from outage.incidents.fault import Expected, Fault, Injection
from outage.incidents.incident import Ending, Incident, Phase
from outage.kubernetes.objects import ObjectRef, dig
from tasks.drill import await_incident, drill_phases
from tasks.drill.drill_beginning import PractisedDrill
from tasks.drill.drill_phases import strike_later
from tasks.drill.keep_score import StoodAtEnd
from tests.tasks.drill.drilled_shop import LONG_AGO, Shop, opened_shop

_numbers = count()
CHECKOUT = ObjectRef(kind="Deployment", name="checkout", namespace="shop")


def patch(path: str, value: object) -> Injection:
    """One blow at checkout."""
    return Injection(do="patch", target=CHECKOUT, patch=[{"op": "replace", "path": path, "value": value}])


FAULT = Fault(
    name="second-while-verified",
    title="an image that does not exist, and no replica while that is verified",
    classes=(),
    blows=(
        patch("/spec/template/spec/containers/0/image", "none"),
        patch("/spec/replicas", 0).model_copy(update={"once_in": Phase.VERIFY}),
    ),
    expected=Expected(causes=("scaled-to-zero", "bad-image")),
)


@pytest.fixture
def shop(own_record: Record, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Shop]:
    """The shop before anything is broken."""
    monkeypatch.setenv("OUTAGE_HOME", str(tmp_path))
    monkeypatch.setattr(drill_phases, "get_run_logger", lambda: logging.getLogger("drill"))
    with opened_shop(own_record, monkeypatch) as there:
        yield there
        for one in own_record.standing_drills(LONG_AGO):
            own_record.keep_drill(one.id, {"pictures": []}, datetime.now(UTC))


def broken(shop: Shop) -> PractisedDrill:
    """A drill whose first fault stands."""
    now = datetime.now(UTC)
    drill = Drill(
        id=f"drill-later-{next(_numbers)}",
        namespace="shop",
        fault=FAULT.name,
        announced_at=now,
        until=now + timedelta(minutes=30),
        platform="shop",
        result={"fault": FAULT.model_dump(mode="json")},
    )
    practised = PractisedDrill(drill=shop.record.announce(drill), fault=FAULT)
    assert drill_phases.break_platform.fn(practised)
    return practised


def incident(phase: Phase) -> Incident:
    """The drill's first incident, in a phase."""
    closed = datetime.now(UTC) if phase is Phase.CLOSED else None
    return Incident(
        id="inc-1",
        key="k",
        title="checkout is down",
        opened_at=datetime.now(UTC),
        phase=phase,
        closed_at=closed,
    )


def replicas(shop: Shop) -> int:
    """What checkout is told to run."""
    return int(dig(shop.checkout, "spec.replicas"))


@pytest.mark.parametrize(
    ("phase", "struck"),
    [
        (Phase.INVESTIGATE, False),
        (Phase.AWAITING_APPROVAL, False),
        (Phase.AWAITING_LEADER, False),
        (Phase.VERIFY, True),
        (Phase.CLOSED, True),
    ],
)
def test_it_strikes_once_the_first_incident_has_come_to_its_phase(
    shop: Shop, phase: Phase, struck: bool
) -> None:
    """Also when the phase was over before anybody looked."""
    practised = broken(shop)
    before = replicas(shop)

    strike_later(practised.drill, FAULT, [])
    assert replicas(shop) == before
    strike_later(practised.drill, FAULT, [incident(phase)])

    assert replicas(shop) == (0 if struck else before)


def test_it_strikes_once_and_goes_with_the_first(shop: Shop) -> None:
    """What the response mended is not broken again; at the end both are as before."""
    before, practised = replicas(shop), broken(shop)
    image = shop.image
    strike_later(practised.drill, FAULT, [incident(Phase.VERIFY)])
    shop.checkout["spec"]["replicas"] = before  # the response mended it

    strike_later(practised.drill, FAULT, [incident(Phase.VERIFY)])
    assert replicas(shop) == before
    shop.checkout["spec"]["replicas"] = 0

    assert drill_phases.restore_platform.fn(practised) == ()
    assert replicas(shop) == before
    assert shop.image != image


@pytest.mark.parametrize(
    ("ending", "stands", "opens"),
    [
        pytest.param(Ending.RECOVERED, False, False, id="both are mended"),
        pytest.param(Ending.RECOVERED, True, True, id="the first called itself over too early"),
        pytest.param(Ending.DECLINED, True, False, id="a person said no to the first"),
    ],
)
async def test_a_second_fault_that_the_first_incident_did_not_see_opens_another(
    monkeypatch: pytest.MonkeyPatch, ending: Ending, stands: bool, opens: bool
) -> None:
    """The drill waits for it; not for one that nobody will open."""
    first = incident(Phase.CLOSED).model_copy(update={"ending": ending})
    second = first.model_copy(update={"id": "inc-2"})
    standing, looked = [first], iter([stands, False])

    async def opened(drill: Drill, fault: Fault, known: int = 0) -> Incident | None:
        if known:
            standing.append(second)
        return standing[known]

    async def over(drill: Drill, fault: Fault) -> Sequence[Incident]:
        return list(standing)

    monkeypatch.setattr(await_incident, "incident_opened", opened)
    monkeypatch.setattr(await_incident, "incidents_ended", over)
    monkeypatch.setattr(
        await_incident, "look_at_end", lambda drill, fault: StoodAtEnd(cause_stands=next(looked))
    )
    now = datetime.now(UTC)
    drill = Drill(id="d", namespace="shop", fault="f", announced_at=now, until=now)

    assert await await_incident.every_incident_ended(drill, FAULT) == ([first, second] if opens else [first])
