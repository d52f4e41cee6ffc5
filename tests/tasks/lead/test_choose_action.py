"""`act` at its door: what can be told at once is told at once, and what is chosen reaches the response."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from blocks.clients import Clients, clients
from outage.diagnosis.hypothesis import Action
from outage.diagnosis.resolution_action import ResolutionAction, ResolutionKind
from outage.errors import ActionRefused
from outage.incidents.incident import Ending, Incident, Phase
from outage.incidents.routing import RouteRule
from outage.plans.approval import Answer, Approval
from outage.plans.plan import WayBack
from outage.snapshots.case import Case
from tasks.lead import choose_action as door
from tasks.lead import incident_at_hand
from tests.blocks.record.written import newest_fence
from tests.flows.scripted_response import POLICY, opened
from tests.outage.diagnosis.worlds.shop_snapshot import Ground
from tests.outage.mitigation.overloaded_platform import platform
from tests.tasks.act.fake_cluster import NOON, Cluster
from tests.tasks.act.shop_plans import AUTH, change, deployment, image, plan_of

_numbers = count()


@pytest.fixture
def there(record_dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Clients]:
    """A home with a policy that asks; the one look sees the shop as it should be."""
    case = Case(snapshot=Ground().snapshot(), platform=platform())
    monkeypatch.setattr(door, "whole_look", lambda *_: case)
    monkeypatch.setattr(incident_at_hand, "resume_run", lambda *_: "the run goes on")
    monkeypatch.setattr(incident_at_hand, "wake_leader", lambda *_: "the run looks again")
    with opened(record_dsn, tmp_path, monkeypatch, POLICY) as made:
        yield made


@pytest.fixture
def incident(there: Clients) -> Incident:
    """An open incident about auth."""
    made, _ = there.record.open_incident(f"choices-{next(_numbers)}", "auth is down", NOON)
    return made


def asked(there: Clients, incident: Incident) -> Incident:
    """The incident once a plan of it waits."""
    plan = plan_of(Cluster(deployment()), change(Action.PATCH, AUTH, image()))
    there.record.keep_plan(plan.model_copy(update={"incident": incident.id}))
    return there.record.update(incident.id, phase=Phase.AWAITING_APPROVAL)


def restart(target: str = "auth", **more: Any) -> ResolutionAction:
    """What ada chose."""
    kind = more.pop("kind", ResolutionKind.RESTART)
    return ResolutionAction(kind=kind, target=target, by="ada", at=datetime.now(UTC), **more)


def intake(monkeypatch: pytest.MonkeyPatch, **answer: Any) -> list[dict[str, str]]:
    """An intake that answers so; gives what it was told."""
    told: list[dict[str, str]] = []

    def report(_: object, given: dict[str, str]) -> dict[str, Any]:
        told.append(given)
        return answer

    monkeypatch.setattr(door, "report_outage", report)
    return told


def test_without_an_incident_one_is_opened_as_a_persons_report_opens_it(
    there: Clients, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The choice travels with the report, so that no run can begin without it."""
    told = intake(monkeypatch, incident="inc-7", new=True)
    action = restart()

    done = door.choose_action(action)

    assert (done.incident, done.new) == ("inc-7", True)
    assert (told[0]["title"], told[0]["service"], told[0]["by"]) == (
        "ada chose to restart auth",
        "auth",
        "ada",
    )
    assert ResolutionAction.model_validate_json(told[0]["action"]) == action


def test_on_an_open_incident_it_is_planned_next(there: Clients, incident: Incident) -> None:
    """Its run finds it; the person is told so, and the timeline too."""
    done = door.choose_action(restart(), incident.id)

    assert (done.incident, done.new) == (incident.id, False)
    assert done.says.startswith("it is planned next, shown and asked about")
    assert [one.says for one in there.record.chosen_actions(incident.id)] == ["restart auth"]
    assert [one.says for one in there.record.entries(incident.id)] == ["chose to restart auth (cli)"]


def test_a_plan_that_waits_is_declined_by_it_and_the_run_is_woken(there: Clients, incident: Incident) -> None:
    """Both in the same breath."""
    done = door.choose_action(restart(), asked(there, incident).id)

    (plan,) = there.record.plans(incident.id)
    assert done.says == (
        f"it is planned in the place of plan {plan.hash}, shown and asked about; the run goes on"
    )
    (no,) = there.record.approvals(incident.id, plan.hash)
    assert (no.answer, no.by, no.why) == (Answer.DECLINE, "ada", "chose instead: restart auth")
    assert there.record.chosen_actions(incident.id)[0].instead_of == plan.hash


def test_a_plan_whose_writing_has_begun_is_not_replaced(there: Clients, incident: Incident) -> None:
    """What was approved and begun goes its way; nothing is kept that nobody carries out."""
    (plan,) = there.record.plans(asked(there, incident).id)
    yes = Approval(plan_hash=plan.hash, answer=Answer.APPROVE, by="bob", at=NOON)
    there.record.answer(incident.id, yes, quorum=1)
    there.record.intend(
        incident.id,
        plan.hash,
        plan.steps[0].key,
        WayBack(before=None, says=""),
        NOON,
        newest_fence(there.record),
    )
    with pytest.raises(ActionRefused, match=r"bob said approve to plan .* before, and writing has begun"):
        door.choose_action(restart(), incident.id)

    assert there.record.chosen_actions(incident.id) == []


def test_joining_an_incident_whose_plan_waits_asks_first(
    there: Clients, incident: Incident, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody declines a plan that they have not heard of."""
    asked(there, incident)
    intake(monkeypatch, incident=incident.id, new=False)
    with pytest.raises(ActionRefused, match=f"add --incident {incident.id} to choose this in its place"):
        door.choose_action(restart())


@pytest.mark.parametrize(
    ("action", "policy", "says"),
    [
        (restart("atuh"), POLICY, "restart atuh: the platform file names no service `atuh`"),
        (restart("postgres"), POLICY, "restart postgres: postgres is a data store"),
        (
            restart(),
            POLICY.replace("mode: ask", "mode: advise"),
            "restart auth: the policy does not permit a plan of medium risk here: it advises only",
        ),
        (
            restart(),
            POLICY.replace("kinds: [Deployment]", "kinds: [Service]"),
            "restart auth: the policy does not permit it: deployment/auth in shop is of a kind that is not allowed",
        ),
        (
            restart("node-1", kind=ResolutionKind.DRAIN),
            POLICY,
            "drain node-1: the policy does not permit it: node/node-1 is cluster-wide",
        ),
        (restart(), "version: 2\n", "restart auth: the policy cannot be used, so nothing is written"),
    ],
)
def test_what_cannot_be_is_told_at_once_and_opens_nothing(
    there: Clients, monkeypatch: pytest.MonkeyPatch, action: ResolutionAction, policy: str, says: str
) -> None:
    """One sentence, and no incident."""
    told = intake(monkeypatch, incident="inc-7", new=True)
    Path(there.settings.policy_file).write_text(policy)
    with pytest.raises(ActionRefused) as refused:
        door.choose_action(action)

    assert str(refused.value).startswith(says)
    assert told == []


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"closed_at": NOON, "ending": Ending.DECLINED}, "it is closed already, it ended Declined"),
        ({"rule": RouteRule.NO_PLATFORM}, "no platform answers it, and nothing is written there"),
    ],
)
def test_an_incident_that_cannot_be_acted_on_says_so(
    there: Clients, incident: Incident, fields: dict[str, Any], says: str
) -> None:
    """Closed, or nobody's."""
    there.record.update(incident.id, **fields)
    with pytest.raises(ActionRefused, match=says):
        door.choose_action(restart(), incident.id)


def test_a_platform_that_nobody_named_is_asked_for(there: Clients, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sentence lists what there is."""
    with pytest.raises(ActionRefused, match=r"name one platform \(`--platform`\); there are Shop"):
        door.choose_action(restart(), platform="Shoop")
    assert clients().platforms.platforms
