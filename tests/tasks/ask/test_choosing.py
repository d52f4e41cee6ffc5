"""The form offers the next causes beside the first, and says at the buttons what a yes and a no do."""

from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import ValidationError

from blocks import prefect_runs
from blocks.record import Record
from outage.diagnosis.hypothesis import Action, Change, Diagnosis, Hypothesis, Repair
from outage.diagnosis.resolution_action import ResolutionKind
from outage.incidents.incident import Incident, Phase
from outage.incidents.phase_key import investigated
from outage.incidents.severity import Impact, assess_severity
from outage.kubernetes.objects import ObjectRef
from outage.plans.answer_words import answer_words
from outage.plans.approval import Answer, Approval
from outage.plans.plan import Plan
from outage.plans.planning import take_back_plan
from outage.reports.markdown import plan_in_markdown
from tasks.ask import await_answer as asking
from tasks.ask.approval_form import KEEP, ApprovalForm, form_for
from tasks.decide import chosen_plan
from tests.tasks.ask.test_answers import NOON, TWO, plan_of

_keys = count()


def cause(name: str, repaired: bool = True) -> Hypothesis:
    """A cause on one Deployment."""
    about = ObjectRef(kind="Deployment", name=name, namespace="shop")
    change = Change(action=Action.RESTART, target=about, why="it hangs", expected="it answers")
    repair = Repair(summary=f"Restart {name}", changes=(change,)) if repaired else None
    return Hypothesis(cause="bad-image", about=about, says=f"{name} hangs", score=0.8, repair=repair)


AUTH, USER, WEB = cause("auth"), cause("user"), cause("web", repaired=False)


@pytest.fixture
def incident(record: Record, monkeypatch: pytest.MonkeyPatch) -> Incident:
    """An incident whose plan for auth waits; user would be next, and web has no repair."""
    made, _ = record.open_incident(f"choosing-{next(_keys)}", "auth is down", NOON)
    impact = Impact(services=3, services_down=("auth",))
    found = Diagnosis(at=NOON, assessment=assess_severity(impact), hypotheses=(AUTH, USER, WEB))
    record.keep_phase(made.id, investigated(1), found, NOON)
    record.keep_plan(waiting(made.id))
    for module in (asking, chosen_plan):
        monkeypatch.setattr(module, "clients", lambda: SimpleNamespace(record=record, policy=TWO))
    return record.update(made.id, phase=Phase.AWAITING_APPROVAL)


def waiting(incident_id: str) -> Plan:
    """The plan for auth."""
    return plan_of(incident_id).model_copy(update={"hypothesis": AUTH.key})


def submitted(incident: Incident, **fields: str) -> str:
    """What is left to say after a form with these fields."""
    plan = waiting(incident.id)
    others = chosen_plan.other_proposals(incident.id, plan)
    form = form_for(plan, "", others).model_validate({"approver": "ada", **fields})
    return asking.take_answer(incident, plan, form, TWO)


def test_the_form_offers_what_else_could_be_planned(incident: Incident) -> None:
    """By its repair, the likeliest first; what only a person can mend is none, and the waiting one is no other."""
    others = chosen_plan.other_proposals(incident.id, waiting(incident.id))
    schema = form_for(waiting(incident.id), "", others).model_json_schema()

    assert schema["properties"]["instead"]["enum"] == [KEEP, "1. Restart user"]
    assert schema["properties"]["instead"]["default"] == KEEP
    assert schema["required"] == ["approver"]


def test_without_another_proposal_the_form_has_no_line_for_one(incident: Incident) -> None:
    """A line that takes any text, above the one for the handle, was filled in with the handle."""
    schema = form_for(waiting(incident.id)).model_json_schema()

    assert set(schema["properties"]) == {"decision", "approver", "why", "plan"}


@pytest.mark.parametrize(
    ("fields", "because"),
    [
        ({"decision": "decline", "instead": "ana"}, "`ana` is none of the proposals"),
        ({"decision": "approve", "instead": "1. Restart user"}, "you approved this plan and chose another"),
        ({"decision": "decline", "instead": "1. Restart user", "approver": "policy"}, "is not a person"),
    ],
)
def test_a_choice_that_does_not_count_is_on_the_timeline(
    record: Record, incident: Incident, fields: dict[str, str], because: str
) -> None:
    """Whatever a form was refused for, whoever reads the incident can see it."""
    plan = waiting(incident.id)
    form = ApprovalForm.model_validate({"approver": "ada", **fields})

    assert because in asking.take_answer(incident, plan, form, TWO)
    assert because in record.entries(incident.id)[-1].says


def test_choosing_another_declines_this_one_and_asks_about_that_one_first(
    record: Record, incident: Incident
) -> None:
    """Nothing is written that was not shown: the choice is planned next."""
    assert submitted(incident, decision="decline", instead="1. Restart user", why="user first") == ""

    (no,) = record.approvals(incident.id)
    (action,) = record.chosen_actions(incident.id)
    assert no.answer is Answer.DECLINE
    assert (action.kind, action.target, action.because) == (ResolutionKind.PROPOSAL, USER.key, "user first")
    assert chosen_plan.chosen_instead(incident.id, waiting(incident.id))
    assert chosen_plan.waiting_choice(incident.id) == action


def test_a_yes_with_another_choice_is_asked_again(record: Record, incident: Incident) -> None:
    """It cannot be told which was meant, and a yes is never guessed."""
    said = submitted(incident, decision="approve", instead="1. Restart user")

    assert said.startswith("you approved this plan and chose another one")
    assert record.approvals(incident.id) == []


def test_what_the_form_does_not_offer_is_not_taken(incident: Incident) -> None:
    """Prefect's server checks it against the form, and so do we."""
    with pytest.raises(ValidationError):
        submitted(incident, instead="2. Restart web")


def question() -> Plan:
    """Whether plan 1 is taken back."""
    return take_back_plan(plan_of("inc-1"), 2, "nobody could see its users", NOON)


@pytest.mark.parametrize(
    ("plan", "words", "silence"),
    [
        (plan_of("inc-1"), ["decline", "approve"], "Silence is a no."),
        (question(), ["let it stay", "take it back"], "Silence lets it stay."),
    ],
)
def test_the_buttons_say_what_a_yes_and_a_no_do(plan: Plan, words: list[str], silence: str) -> None:
    """At the question whether a plan stays a yes undoes something: nobody may press it for the opposite."""
    decision: dict[str, Any] = form_for(plan).model_json_schema()["properties"]["decision"]
    told = answer_words(plan)

    assert (decision["enum"], decision["default"]) == (words, words[0])
    assert told.yes_does in decision["description"]
    assert told.no_does in decision["description"]
    assert plan_in_markdown(plan).endswith(silence)


@pytest.mark.parametrize(
    ("answer", "word"), [(Answer.APPROVE, "take it back"), (Answer.DECLINE, "let it stay")]
)
def test_an_answer_from_another_door_reaches_the_question_in_its_own_words(
    answer: Answer, word: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Prefect's server takes only what the form knows."""
    given: list[dict[str, str]] = []

    class Api:
        """A server that takes everything."""

        def __init__(self, *_: object) -> None: ...
        def __enter__(self) -> "Api":
            return self

        def __exit__(self, *_: object) -> None: ...
        def resume(self, _: str, form: dict[str, str]) -> None:
            given.append(form)

    monkeypatch.setattr(prefect_runs, "PrefectApi", Api)
    said = Approval(plan_hash=question().hash, answer=answer, by="ada", at=NOON)
    prefect_runs.resume_run("http://prefect", "run-1", said, answer_words(question()))

    assert given[0]["decision"] == word
    form = form_for(question()).model_validate(given[0])
    assert isinstance(form, ApprovalForm)
    assert answer_words(question()).heard(form.decision) is answer
