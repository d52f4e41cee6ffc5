"""What a person chose is planned before what the program would try, and counts as no try of the program's own."""

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from blocks.clients import Clients
from outage.diagnosis.hypothesis import Action, ChosenProposal, Diagnosis, Hypothesis, Repair
from outage.diagnosis.resolution_action import BY_HAND, ResolutionAction, ResolutionKind
from outage.incidents.incident import Ending, Incident
from outage.incidents.phase_key import investigated
from outage.incidents.severity import Impact, Severity, assess_severity
from outage.kubernetes.objects import ObjectRef
from outage.plans.approval import Answer, Approval
from outage.plans.plan import Mode, Plan
from outage.plans.planned import Planned
from outage.platforms.platform import Slots
from tasks.act import note_standing as standing
from tasks.ask.choose_instead import choose_in_place
from tasks.decide import next_plan
from tests.flows.scripted_response import POLICY, opened
from tests.tasks.act.fake_cluster import NOON, Cluster
from tests.tasks.act.shop_plans import AUTH, change, deployment, image, view

_numbers = count()
FRONT = ObjectRef(kind="Service", name="auth", namespace="shop")
CAUSE = Hypothesis(
    cause="bad-image",
    about=AUTH,
    says="the image does not exist",
    score=0.9,
    repair=Repair(summary="Put the image back", changes=(change(Action.PATCH, AUTH, image()),)),
)


@pytest.fixture
def there(record_dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Clients]:
    """A home with a policy that asks, before a cluster in memory."""
    cluster = Cluster(deployment())
    monkeypatch.setattr(
        next_plan, "targets_now", lambda targets: {one: cluster.objects.get(one) for one in targets}
    )
    monkeypatch.setattr(next_plan, "preview_now", lambda plan: plan)
    monkeypatch.setattr(
        next_plan, "guard_view_of", lambda *_: view(cluster, taken_at=next_plan.datetime.now(next_plan.UTC))
    )
    with opened(record_dsn, tmp_path, monkeypatch, POLICY + "limits: {disturbed_share: 1.0}\n") as made:
        yield made


@pytest.fixture
def incident(there: Clients) -> Incident:
    """An open incident about auth."""
    made, _ = there.record.open_incident(f"chosen-{next(_numbers)}", "auth is down", NOON)
    return there.record.update(made.id, severity=Severity.P1)


def chosen(
    kind: str = "restart", target: ObjectRef = AUTH, action: Action = Action.RESTART
) -> ChosenProposal:
    """What ada chose."""
    told = ResolutionAction(kind=ResolutionKind(kind), target=target.name, by="ada", at=NOON)
    ops = (
        ()
        if action is Action.RESTART
        else ({"op": "replace", "path": "/spec/selector/slot", "value": "green"},)
    )
    repair = Repair(summary=f"{kind} {target}", changes=(change(action, target, *ops),))
    return ChosenProposal(
        action=told, cause=BY_HAND, about=target, says="ada chose it", score=1.0, repair=repair
    )


def found(*causes: Hypothesis, by_hand: ChosenProposal | None = None) -> Diagnosis:
    """An investigation, with what a person chose."""
    impact = Impact(services=1, services_down=("auth",) if causes else ())
    return Diagnosis(at=NOON, assessment=assess_severity(impact), hypotheses=causes, chosen=by_hand)


def made(there: Clients, incident: Incident, attempt: int, diagnosis: Diagnosis) -> Planned:
    """What planning comes to, on the diagnosis that is kept for the attempt."""
    there.record.keep_phase(incident.id, investigated(attempt), diagnosis, NOON)
    return next_plan.make_plan.fn(incident.id, attempt, diagnosis)


def test_without_a_choice_the_likeliest_cause_is_planned(there: Clients, incident: Incident) -> None:
    """As ever."""
    planned = made(there, incident, 1, found(CAUSE))

    assert planned.plan
    assert (planned.plan.hypothesis, planned.mode) == (CAUSE.key, Mode.ASK)


def test_a_choice_goes_before_every_cause_and_asks_like_any_plan(there: Clients, incident: Incident) -> None:
    """The same plan object, with its way back."""
    planned = made(there, incident, 1, found(CAUSE, by_hand=chosen()))

    assert planned.plan
    assert planned.plan.hypothesis == chosen().key
    assert [str(step.change.action) for step in planned.plan.steps] == ["restart"]
    assert planned.plan.steps[0].take_back.startswith("Remove the restart's mark")
    assert planned.mode is Mode.ASK


def test_a_choice_is_planned_although_nothing_is_wrong(there: Clients, incident: Incident) -> None:
    """A person may know what no look shows."""
    planned = made(there, incident, 1, found(by_hand=chosen()))

    assert planned.plan
    assert planned.ending is None


@pytest.mark.parametrize(
    ("causes", "ending", "passed"), [((CAUSE,), None, True), ((), Ending.REFUSED, False)]
)
def test_what_guards_refuse_ends_no_incident_in_which_there_is_more_to_try(
    there: Clients, incident: Incident, causes: tuple[Hypothesis, ...], ending: Ending | None, passed: bool
) -> None:
    """Where there is nothing else, the refusal is the answer."""
    secret = ObjectRef(kind="Secret", name="login", namespace="shop")
    planned = made(there, incident, 1, found(*causes, by_hand=chosen("restart", secret)))

    assert (planned.ending, planned.passed) == (ending, passed)
    assert planned.objections


def test_the_plan_that_a_choice_replaced_was_not_tried(there: Clients, incident: Incident) -> None:
    """After the choice its cause may be proposed again."""
    first = made(there, incident, 1, found(CAUSE)).plan
    assert first
    choose_in_place(there.record, incident, first, chosen().action)
    made(there, incident, 2, found(CAUSE, by_hand=chosen()))
    third = made(there, incident, 3, found(CAUSE)).plan

    assert third
    assert (third.hypothesis, third.attempt) == (CAUSE.key, 3)


def test_choices_do_not_use_up_the_tries_that_policy_allows(there: Clients, incident: Incident) -> None:
    """Three of the program's own, however often a person chose in between."""
    counted = []
    for attempt in next_plan.attempts_made(incident.id):
        by_hand = chosen() if attempt in (1, 3) else None
        if by_hand:
            action = by_hand.action.model_copy(update={"because": str(attempt)})
            by_hand = by_hand.model_copy(update={"action": action})
        there.record.keep_phase(incident.id, investigated(attempt), found(CAUSE, by_hand=by_hand), NOON)
        counted.append(attempt)

    assert counted == [1, 2, 3, 4, 5]


def switch_of(there: Clients, incident: Incident, kind: str = "switch", target: str = "") -> Plan:
    """The plan of a switch of auth, on record, with ada's yes."""
    told = chosen(kind, FRONT, Action.PATCH)
    told = told.model_copy(update={"action": told.action.model_copy(update={"target": target or "auth"})})
    there.record.keep_phase(incident.id, investigated(1), found(CAUSE, by_hand=told), NOON)
    live = {"kind": "Service", "metadata": {"name": "auth"}, "spec": {"selector": {"slot": "blue"}}}
    plan = next_plan.plan_for(told, incident, 1, {FRONT: live}, NOON)
    yes = Approval(plan_hash=plan.hash, answer=Answer.APPROVE, by="ada", at=NOON)
    there.record.answer(incident.id, yes, quorum=1)
    return there.record.keep_plan(plan)


def test_a_switch_that_was_written_has_an_owner_a_deadline_and_a_way_back_until_it_is_taken_back(
    there: Clients, incident: Incident, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Taken back by another incident's act, it stands no more."""
    platform = there.platform.model_copy(
        update={"slots": (Slots(service="auth", label="slot", slots={"blue": "deployment/auth"}),)}
    )
    monkeypatch.setattr(type(there), "platform", property(lambda _: platform))
    standing.note_standing(incident.id, switch_of(there, incident))
    standing.note_standing(incident.id, switch_of(there, incident))

    (one,) = [each for each in there.record.standing_mitigations() if each.incident == incident.id]
    assert (one.owner, (one.due_at - one.since).total_seconds()) == ("ada", 4 * 3600)
    lines = [each.says for each in there.record.entries(incident.id) if each.kind == "note"]
    assert len(lines) == 1
    assert f"`outage act take-back {incident.id} --plan 1 --by ada`" in lines[0]

    other, _ = there.record.open_incident(f"chosen-{next(_numbers)}", "take it back", NOON)
    standing.note_standing(other.id, switch_of(there, other, "take-back", incident.id))

    assert [
        each for each in there.record.standing_mitigations() if each.incident in (incident.id, other.id)
    ] == []
