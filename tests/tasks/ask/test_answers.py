"""A plan and the people who answer it, through every door, against a real record."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from types import SimpleNamespace

import pytest

from blocks.prefect_api import PrefectUnreachable
from blocks.record import Record
from blocks.settings import Settings
from outage.diagnosis.hypothesis import Action, Change, Risk
from outage.errors import NoSuchPlan, PlanDeclined
from outage.incidents.incident import Incident, Phase
from outage.incidents.timeline import Entry
from outage.kubernetes.objects import ObjectRef
from outage.plans.approval import Answer, Approval, standing_answer_of
from outage.plans.plan import Plan, Precondition, Step, WayBack
from outage.plans.planned import Planned
from outage.policies.policy import Limits, Mode, Policy, Rule, broken_policy
from outage.text.handle import read_handle
from tasks.ask import await_answer as asking
from tasks.ask import person_answer
from tasks.ask.approval_form import ApprovalForm, form_for
from tasks.ask.give_answer import GivenAnswer, give_answer
from tests.blocks.record.written import newest_fence

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
TWO = Policy(
    mode=Mode.ASK,
    namespaces=("shop",),
    kinds=("Deployment",),
    approvers={"leads": ("ada", "bob", "eve")},
    rules=(Rule(risk=tuple(Risk), mode=Mode.ASK, approvers="leads", quorum=2, requester_may_approve=False),),
    limits=Limits(),
)
_keys = count()


@pytest.fixture
def incident(record: Record, monkeypatch: pytest.MonkeyPatch) -> Incident:
    """An incident whose plan waits for two people; the process' doors lead to this record."""
    opened, _ = record.open_incident(f"answers-{next(_keys)}", "auth is down", NOON)
    record.keep_plan(plan_of(opened.id))
    monkeypatch.setattr(
        asking, "clients", lambda: SimpleNamespace(record=record, policy=TWO, settings=Settings())
    )
    monkeypatch.setattr(asking, "note_entry", lambda *_, **__: None)
    monkeypatch.setattr(asking, "other_proposals", lambda *_: ())
    return record.update(opened.id, phase=Phase.AWAITING_APPROVAL)


def plan_of(incident_id: str, attempt: int = 1) -> Plan:
    """One step on one deployment."""
    target = ObjectRef(kind="Deployment", name="auth", namespace="shop")
    change = Change(
        action=Action.RESTART, target=target, why="it hangs", expected="it answers", risk=Risk.HIGH
    )
    step = Step(key="1", change=change, precondition=Precondition(), diff="", take_back="nothing")
    return Plan(
        incident=incident_id,
        attempt=attempt,
        hypothesis="h",
        summary="Restart auth",
        steps=(step,),
        made_at=NOON,
    )


def form(by: str, decision: str = "approve", plan: str = "") -> ApprovalForm:
    """A submitted form."""
    return ApprovalForm.model_validate({"decision": decision, "approver": by, "why": "", "plan": plan})


def stands(record: Record, incident: Incident, plan: Plan) -> Approval | None:
    """The answer that the run would find."""
    return standing_answer_of(record.approvals(incident.id, plan.hash), 2)


def test_in_a_pools_worker_a_yes_in_the_form_does_not_count_and_a_no_does(
    record: Record, incident: Incident, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """It has no key to sign with, and says where a yes is taken."""
    plan = plan_of(incident.id)
    settings = Settings(home=tmp_path, answers_key_file=tmp_path / "answers-key")
    monkeypatch.setattr(
        asking, "clients", lambda: SimpleNamespace(record=record, policy=TWO, settings=settings)
    )

    said = asking.take_answer(incident, plan, form("ada"), TWO)
    assert said.startswith("a yes for this platform is signed: give it on the page")
    assert record.approvals(incident.id) == []
    assert "does not count: a yes for this platform" in record.entries(incident.id)[-1].says
    assert asking.take_answer(incident, plan, form("ada", "decline"), TWO) == ""
    found = stands(record, incident, plan)
    assert found is not None
    assert found.answer is Answer.DECLINE


def test_two_forms_make_a_quorum_of_two(record: Record, incident: Incident) -> None:
    """The first yes is kept, and the next form says that one more is needed."""
    plan = plan_of(incident.id)

    said = asking.take_answer(incident, plan, form("ada"), TWO)
    assert said.endswith("by ada is recorded; 1 more needed")
    assert stands(record, incident, plan) is None
    assert asking.take_answer(incident, plan, form("bob"), TWO) == ""

    found = stands(record, incident, plan)
    assert found is not None
    assert (found.by, found.answer) == ("bob", Answer.APPROVE)


def test_a_no_after_the_first_yes_ends_the_waiting(record: Record, incident: Incident) -> None:
    """One no is enough, whoever said yes before."""
    plan = plan_of(incident.id)
    asking.take_answer(incident, plan, form("ada"), TWO)
    asking.take_answer(incident, plan, form("bob", "decline"), TWO)

    found = stands(record, incident, plan)
    assert found is not None
    assert found.answer is Answer.DECLINE


def test_a_page_that_was_opened_for_an_earlier_plan_answers_nothing(
    record: Record, incident: Incident
) -> None:
    """The answer is bound to what was read, not to what waits by now."""
    plan = plan_of(incident.id)

    said = asking.take_answer(incident, plan, form("ada", plan="0123456789ab"), TWO)

    assert "was to plan 0123456789ab" in said
    assert record.approvals(incident.id, plan.hash) == []


def test_the_form_carries_the_hash_of_its_plan(incident: Incident) -> None:
    """So that Prefect gives it back with the answer, and asks for a name without a default."""
    plan = plan_of(incident.id)
    schema = form_for(plan).model_json_schema()

    assert schema["properties"]["plan"]["default"] == plan.hash
    assert schema["required"] == ["approver"]


def test_who_reported_it_cannot_be_one_of_the_two(incident: Incident) -> None:
    """High risk wants other eyes than the requester's."""
    reported = incident.model_copy(update={"requester": "ada"})

    said = asking.take_answer(reported, plan_of(incident.id), form("ada"), TWO)

    assert "ada started this incident" in said


def test_nobody_can_say_yes_under_a_policy_that_cannot_be_read(incident: Incident) -> None:
    """It is said as it is, instead of blaming a group that is not there."""
    said = asking.take_answer(incident, plan_of(incident.id), form("ada"), broken_policy("line 3"))

    assert said.endswith("the policy cannot be used, so nobody can say yes: line 3")


class Suspended(Exception):
    """The process of the run ended here."""


async def test_a_run_that_is_woken_by_a_form_asks_once_and_finds_the_answer(
    record: Record, incident: Incident, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is run again from its first line; what stood on its page already is not put there twice."""
    plan = plan_of(incident.id)
    forms: list[ApprovalForm | None] = [None, form("ada"), form("ada"), form("bob")]
    shown: list[str] = []

    async def suspend(**_: object) -> ApprovalForm:
        if (given := forms.pop(0)) is None:
            raise Suspended
        return given

    async def show(incident_id: str, planned: Planned) -> None:
        shown.append(incident_id)

    monkeypatch.setattr(asking, "note_entry", lambda *words, key="", **_: record.add(words[0], entry(key)))
    monkeypatch.setattr(asking, "set_phase", lambda *_: None)
    monkeypatch.setattr(asking, "asuspend_flow_run", suspend)
    monkeypatch.setattr(asking, "show_plan", show)
    planned = Planned(plan=plan, says=plan.summary)
    with pytest.raises(Suspended):
        await asking.answer_for(incident.id, planned)

    found = await asking.answer_for(incident.id, planned)

    assert (found.by, found.answer) == ("bob", Answer.APPROVE)
    assert shown == [incident.id]


def entry(key: str) -> Entry:
    """A line of the timeline."""
    return Entry(key=key or "other", at=NOON, kind="approval", says="…")


@pytest.fixture
def command_line(incident: Incident, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """The command line with a policy of two leads, and a Prefect that is not there to be woken."""
    policy = tmp_path / "policy.yaml"
    policy.write_text(
        "version: 1\nmode: ask\nnamespaces: [shop]\nkinds: [Deployment]\napprovers: {leads: [ada, bob, eve]}\n"
        "rules:\n  - {risk: [low, medium, high], mode: ask, approvers: leads, quorum: 2}\n"
    )
    monkeypatch.setattr(person_answer, "resume_run", lambda *_: "the run goes on")
    return Settings(home=tmp_path, policy_file=policy)


def test_the_command_line_says_how_many_more_are_needed(
    record: Record, incident: Incident, command_line: Settings
) -> None:
    """The person knows whether to wake somebody."""
    plan = plan_of(incident.id)
    first, second, late = (
        person_answer.answer_and_wake(command_line, record, incident, plan, Answer.APPROVE, who, "")
        for who in ("ada", "bob", "eve")
    )

    assert "1 more needed" in first.says
    assert second.says.endswith("the run goes on")
    assert "bob answered approve before you" in late.says


def test_only_the_plan_that_was_read_is_answered(record: Record, incident: Incident) -> None:
    """`--plan HASH` of a plan that is no longer the one that waits is refused by name."""
    plan = person_answer.waiting_plan(record, incident, Answer.APPROVE, plan_of(incident.id).hash[:8])

    assert plan.hash == plan_of(incident.id).hash
    with pytest.raises(NoSuchPlan, match="not 0000"):
        person_answer.waiting_plan(record, incident, Answer.APPROVE, "0000")


def test_an_incident_that_does_not_wait_takes_no_answer(record: Record, incident: Incident) -> None:
    """A yes before the question would be a yes to something nobody read."""
    busy = record.update(incident.id, phase=Phase.INVESTIGATE)

    with pytest.raises(NoSuchPlan, match="it is investigate"):
        person_answer.waiting_plan(record, busy, Answer.DECLINE)


ONE = TWO.model_copy(update={"rules": (Rule(mode=Mode.ASK, approvers="leads"),)})


def lines(record: Record, incident: Incident) -> list[str]:
    """What the timeline tells of answers."""
    return [one.says for one in record.entries(incident.id) if one.kind == "approval"]


def give(record: Record, incident: Incident, by: str, answer: Answer, door: str = "cli") -> GivenAnswer:
    """Answer the plan where one yes is enough."""
    return give_answer(
        record, incident, plan_of(incident.id), ONE, answer=answer, by=by, why="", door=door, at=NOON
    )


@pytest.mark.parametrize("by", ["j", "", "  ", "silence", "ada; drop", "a" * 65])
def test_a_name_that_no_door_understands_is_recorded_at_none(
    record: Record, incident: Incident, by: str
) -> None:
    """One letter was taken on the command line and not by the form: the run slept, and nobody else could answer."""
    given = give(record, incident, by, Answer.DECLINE)

    assert not given.counted
    assert record.approvals(incident.id) == []
    assert "does not count" in lines(record, incident)[0]
    with pytest.raises(ValueError, match=r"approver|handle|person"):
        ApprovalForm.model_validate({"decision": "decline", "approver": by}) and read_handle(by)


def test_a_name_is_the_same_name_at_every_door(record: Record, incident: Incident) -> None:
    """`@Ada` of the form and `ada` of the command line are no two people."""
    give(record, incident, " @Ada ", Answer.APPROVE, "ui")
    give(record, incident, "ADA", Answer.APPROVE)

    assert [one.by for one in record.approvals(incident.id)] == ["ada"]


def test_a_no_after_the_yes_stops_what_was_not_written_yet(record: Record, incident: Incident) -> None:
    """Seventeen minutes later a decline in the UI resumed the run, and it wrote."""
    plan = plan_of(incident.id)
    give(record, incident, "ada", Answer.APPROVE)
    no = give(record, incident, "bob", Answer.DECLINE, "ui")

    assert no.counted
    with pytest.raises(PlanDeclined, match="bob declined"):
        record.intend(incident.id, plan.hash, "1", WayBack(before=None, says=""), NOON, newest_fence(record))
    assert len(lines(record, incident)) == 2


def test_a_no_after_the_first_write_is_told_so(record: Record, incident: Incident) -> None:
    """It is on the timeline all the same, and whoever gave it knows that it came too late."""
    plan = plan_of(incident.id)
    give(record, incident, "ada", Answer.APPROVE)
    record.intend(incident.id, plan.hash, "1", WayBack(before=None, says=""), NOON, newest_fence(record))
    late = give(record, incident, "bob", Answer.DECLINE)

    assert not late.counted
    assert (
        "which does not count: ada said approve before, and writing has begun" in lines(record, incident)[-1]
    )


def test_a_yes_after_the_no_changes_nothing_and_stands_on_the_timeline(
    record: Record, incident: Incident
) -> None:
    """The last word never turns a no into a yes."""
    give(record, incident, "bob", Answer.DECLINE)
    late = give(record, incident, "ada", Answer.APPROVE, "ui")

    assert (late.counted, late.says) == (False, "bob answered decline before you; that stands")
    assert "ada said approve" in lines(record, incident)[-1]


def test_two_doors_in_the_same_second_are_both_on_the_timeline(record: Record, incident: Incident) -> None:
    """A yes in the UI and a no on the command line: one of them was in no record."""
    with ThreadPoolExecutor(8) as crowd:
        doors = [("ada", Answer.APPROVE, "ui"), ("bob", Answer.DECLINE, "cli")] * 4
        list(crowd.map(lambda one: give(record, incident, *one), doors))

    said = " ".join(lines(record, incident))
    assert "ada said approve" in said
    assert "bob said decline" in said
    standing = standing_answer_of(record.approvals(incident.id), 1)
    assert standing is not None
    assert standing.answer is Answer.DECLINE


def test_an_answer_that_no_run_can_take_is_recorded_and_said(
    record: Record, incident: Incident, command_line: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server is away: the person reads that the answer is safe, and who wakes the run."""

    def away(*_: object) -> str:
        raise PrefectUnreachable("no answer")

    monkeypatch.setattr(person_answer, "resume_run", away)
    plan = plan_of(incident.id)
    given = person_answer.answer_and_wake(command_line, record, incident, plan, Answer.DECLINE, "ada", "")

    assert given.counted
    assert "could not be woken now" in given.says


def test_the_form_leads_to_the_page_where_a_name_can_be_proven(incident: Incident) -> None:
    """What is typed into Prefect's form is never a proof."""
    plan = plan_of(incident.id)

    assert "[the page](https://outage.example.com/incidents/inc)" in str(
        vars(form_for(plan, page="https://outage.example.com/incidents/inc"))
    )
    assert "the page" not in str(vars(form_for(plan)))
