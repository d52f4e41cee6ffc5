"""Reading a phase back, waiting for weather, and telling what is half done."""

from collections.abc import Awaitable, Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from blocks.clients import Clients
from outage.diagnosis.hypothesis import Action
from outage.errors import ClusterForbidden, ClusterUnreachable, FenceLost, OutageError, RecordError
from outage.incidents.incident import Incident
from outage.plans.outcome import Outcome, Resolved, StepDid
from outage.plans.plan import Intent, Plan, WayBack
from tasks.act.target_lock import target_lock
from tasks.record import as_only_responder, only_responder, phase_once, retry_in_flow
from tasks.record.unfinished_writes import left_by_response
from tests.flows.scripted_response import opened
from tests.tasks.act.fake_cluster import NOON, Cluster
from tests.tasks.act.shop_plans import AUTH, at, change, deployment, image, plan_of

NUMBERS = count(1)
MINUTES = 123.0
"""All pauses together: about two minutes."""
DONE = Resolved(says="done", applied=True)


@pytest.fixture
def house(record_dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Clients]:
    """Doors to the real record."""
    with opened(record_dsn, tmp_path, monkeypatch) as there:
        yield there


@pytest.fixture
def incident(house: Clients) -> Incident:
    """An incident of its own."""
    return house.record.open_incident(f"remembering-{next(NUMBERS)}", "auth is down", NOON)[0]


class Rested:
    """Rests that are counted and not waited for."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        """Let the time pass."""
        self.seconds.append(seconds)


def meeting(*errors: BaseException) -> Callable[..., Awaitable[Resolved]]:
    """A phase that meets these errors, one after the other, before it is done."""
    left = iter(errors)

    async def phase(*_: object) -> Resolved:
        for error in left:
            raise error
        return DONE

    return phase


async def test_a_phase_without_weather_is_not_waited_for(incident: Incident) -> None:
    """The good day costs nothing."""
    rest = Rested()

    assert await phase_once(incident.id, "resolve-1", Resolved, meeting(), rest=rest) == DONE
    assert rest.seconds == []


async def test_a_finished_phase_is_read_back_and_not_run(incident: Incident) -> None:
    """What an earlier process found stands."""
    await phase_once(incident.id, "resolve-1", Resolved, meeting())

    assert await phase_once(incident.id, "resolve-1", Resolved, meeting(ValueError("ran again"))) == DONE


async def test_weather_is_waited_out_with_growing_pauses_for_two_minutes(incident: Incident) -> None:
    """A restarted API server is back by then, and the response goes on."""
    rest = Rested()
    weather = [ClusterUnreachable("list pods: 503")] * 7

    assert await phase_once(incident.id, "triage", Resolved, meeting(*weather), rest=rest) == DONE
    assert rest.seconds == sorted(rest.seconds)
    assert sum(rest.seconds) == MINUTES


async def test_weather_that_stays_comes_through_and_is_not_waited_for_again(incident: Incident) -> None:
    """Two minutes in one room are not to become two in each room around it."""
    inner, outer = Rested(), Rested()
    stays = meeting(*[ClusterUnreachable("list pods: 503") for _ in range(30)])

    async def around(_: str) -> Resolved:
        return await phase_once(incident.id, "triage", Resolved, stays, rest=inner)

    with pytest.raises(ClusterUnreachable, match="503"):
        await phase_once(incident.id, "ended", Resolved, around, rest=outer)
    assert sum(inner.seconds) == MINUTES
    assert outer.seconds == []


@pytest.mark.parametrize("error", [ClusterForbidden("list: 403"), ValueError("a bug"), KeyboardInterrupt()])
async def test_what_does_not_pass_by_itself_comes_through_at_once(
    incident: Incident, error: BaseException
) -> None:
    """Waiting would only cost the minutes that the outage lasts."""
    rest = Rested()

    with pytest.raises(type(error)):
        await phase_once(incident.id, "triage", Resolved, meeting(error), rest=rest)
    assert rest.seconds == []


@pytest.mark.parametrize("does", ["phase", "keep_phase"])
async def test_a_record_that_is_away_is_waited_for_and_the_phase_runs_once(
    house: Clients, incident: Incident, monkeypatch: pytest.MonkeyPatch, does: str
) -> None:
    """Only what failed is done again."""
    real, errors, ran = getattr(house.record, does), iter([RecordError("no connection")] * 2), []

    def away(*words: object) -> object:
        for error in errors:
            raise error
        return real(*words)

    async def phase(*_: object) -> Resolved:
        ran.append(1)
        return DONE

    monkeypatch.setattr(house.record, does, away)
    rest = Rested()

    assert await phase_once(incident.id, "resolve-1", Resolved, phase, rest=rest) == DONE
    assert (ran, len(rest.seconds)) == ([1], 2)


async def test_the_lock_is_waited_for_while_an_orphan_holds_it_and_while_the_record_is_away(
    house: Clients, incident: Incident, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a process that is not dead yet nor a restarted record ends the run."""
    real, errors = house.record.only_writer, iter([RecordError("no connection")])
    orphan = real(f"incident/{incident.id}")
    assert orphan.__enter__()
    rested: list[float] = []

    async def rest(seconds: float) -> None:
        rested.append(seconds)
        if len(rested) == 3:
            orphan.__exit__(None, None, None)

    def away(target: str) -> object:
        for error in errors:
            raise error
        return real(target)

    monkeypatch.setattr(house.record, "only_writer", away)
    async with only_responder(incident.id, rest):
        with real(f"incident/{incident.id}") as second:
            assert not second
    with real(f"incident/{incident.id}") as after:
        assert after
    assert rested == [1.0, 2.0, 2.0]


async def test_who_slept_through_the_loss_of_its_place_queues_up_again(
    house: Clients, incident: Incident
) -> None:
    """It does not close what another process answers; it reads back what that one found."""
    tried: list[str] = []

    async def answer(incident_id: str) -> Resolved:
        tried.append(incident_id)
        if len(tried) == 1:
            raise FenceLost("write deployment/auth in shop: another responder holds it")
        return DONE

    assert await as_only_responder(incident.id, answer, Rested()) == DONE
    assert len(tried) == 2
    [line] = [one.says for one in house.record.entries(incident.id) if "begins anew" in one.says]
    assert "another responder holds it" in line


async def test_a_write_is_bound_to_the_place_of_its_responder(house: Clients, incident: Incident) -> None:
    """Whoever takes the incident takes its targets with it."""
    async with only_responder(incident.id):
        with target_lock(house.record, "shop/bound", lambda _: None) as fence:
            assert fence
            fence.confirm_held()
            assert [one.target for one in fence.needed] == ["shop/bound", f"incident/{incident.id}"]
    with target_lock(house.record, "shop/bound", lambda _: None) as free:
        assert free
        assert free.place is None


async def test_a_plain_function_is_waited_for_as_well() -> None:
    """The record's own verbs are no coroutines."""
    errors: list[OutageError] = [RecordError("no connection")]

    def read(word: str) -> str:
        if errors:
            raise errors.pop()
        return word

    assert await retry_in_flow(read, "there", rest=Rested()) == "there"


def twice() -> Plan:
    """A plan of two steps on two objects."""
    cluster = Cluster(deployment(), deployment("shop"))
    other = at("Deployment", "shop")
    return plan_of(cluster, change(Action.PATCH, AUTH, image()), change(Action.PATCH, other, image()))


def without_way_back() -> Plan:
    """A plan whose step has no way back: a pod is deleted and comes again."""
    return plan_of(Cluster(), change(Action.DELETE, at("Pod", "auth-1")))


PLAN, GONE = twice(), without_way_back()
FIRST, OTHER = (step.key for step in PLAN.steps)
AUTH_SAYS, SHOP_SAYS = "patch deployment/auth in shop", "patch deployment/shop in shop"


def intent(key: str, did: StepDid | None = None, plan: Plan = PLAN) -> Intent:
    """An intent, with its outcome when that is known."""
    outcome = Outcome(did=did, says="so") if did else None
    way_back = WayBack(before=None, says="back")
    return Intent(
        incident="inc-1", plan_hash=plan.hash, step_key=key, way_back=way_back, at=NOON, outcome=outcome
    )


@pytest.mark.parametrize(
    ("plan", "intents", "says"),
    [
        pytest.param(PLAN, [], "", id="nothing was begun"),
        pytest.param(PLAN, [intent(FIRST, StepDid.ALREADY_SO)], "", id="nothing had to be written"),
        pytest.param(PLAN, [intent(FIRST, StepDid.FAILED)], "", id="it was never written"),
        pytest.param(
            PLAN,
            [intent(FIRST, StepDid.APPLIED), intent(f"take-back/{FIRST}", StepDid.APPLIED)],
            "",
            id="taken back",
        ),
        pytest.param(
            PLAN,
            [intent(FIRST, StepDid.APPLIED), intent(f"take-back/{FIRST}", StepDid.ALREADY_SO)],
            "",
            id="somebody took it back before us",
        ),
        pytest.param(
            PLAN,
            [intent(FIRST, StepDid.APPLIED), intent(OTHER)],
            f"written and not taken back: {AUTH_SAYS}; "
            f"begun, and whether it was written is not known: {SHOP_SAYS}",
            id="died within the second step",
        ),
        pytest.param(
            PLAN,
            [
                intent(FIRST, StepDid.APPLIED),
                intent(OTHER, StepDid.APPLIED),
                intent(f"take-back/{OTHER}", StepDid.FAILED),
            ],
            f"written and not taken back: {AUTH_SAYS}, {SHOP_SAYS}",
            id="the way back failed at its first step",
        ),
        pytest.param(
            PLAN,
            [intent(FIRST, StepDid.APPLIED), intent(f"take-back/{FIRST}")],
            f"its taking back was begun, and whether that was written is not known: {AUTH_SAYS}",
            id="died while taking back",
        ),
        pytest.param(
            GONE,
            [intent(GONE.steps[0].key, StepDid.APPLIED, GONE)],
            "written, and nothing takes it back: delete pod/auth-1 in shop",
            id="a deleted pod does not come back by our hand",
        ),
    ],
)
def test_what_a_response_leaves_behind_is_said_step_by_step(
    plan: Plan, intents: list[Intent], says: str
) -> None:
    """Who takes over must know what is ours in what he sees."""
    assert left_by_response([plan], intents) == says
