"""When what the watch sees is a new incident, and when somebody answers it already."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest

from blocks import prefect_runs
from blocks.prefect_api import PrefectMissing
from blocks.record import Record
from outage.diagnosis.hypothesis import Hypothesis
from outage.incidents.incident import Ending, Incident, Phase
from outage.kubernetes.objects import ObjectRef
from outage.plans.approval import Answer, Approval
from outage.plans.plan import Mode, Plan
from outage.platforms.platform import Platform, Service
from outage.policies.policy import Policy, Rule
from tasks.record import incident_place, incident_state, keep_phase
from tasks.watch import tasks

_keys = count()
NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


def incident(closed: timedelta | None, ending: Ending | None = None, **more: Any) -> Incident:
    """An incident that was closed so long before noon (after it, when negative)."""
    at = NOON - closed if closed is not None else None
    opened = NOON - timedelta(hours=3)
    return Incident(id="inc-1", key="k", title="t", opened_at=opened, closed_at=at, ending=ending, **more)


SHOP = Platform(
    name="shop",
    namespace="shop",
    services=(
        Service(name="auth", workload="deployment/auth", service="auth-active"),
        Service(name="web", workload="deployment/web", depends_on=("auth",)),
        Service(name="mail", workload="deployment/mail"),
    ),
)


def cause_on(name: str, kind: str = "Deployment", *explains: str) -> Hypothesis:
    """A cause on an object, which explains what others show."""
    about = ObjectRef(kind=kind, name=name, namespace="shop")
    return Hypothesis(cause="bad-image", about=about, says="", score=0.9, explains=explains)


@pytest.mark.parametrize(
    ("cause", "standing", "first", "says"),
    [
        pytest.param(cause_on("auth"), [], None, "", id="nobody knows of it"),
        pytest.param(
            cause_on("auth"), [incident(None)], "auth", "is being answered", id="an alert came meanwhile"
        ),
        pytest.param(
            cause_on("auth"), [incident(None)], None, "is being answered", id="what is not looked into yet"
        ),
        pytest.param(cause_on("web"), [incident(None)], "auth", "is being answered", id="what leans on it"),
        pytest.param(cause_on("mail"), [incident(None)], "auth", "", id="another thing beside what is open"),
        pytest.param(
            cause_on("auth-active", "Service"),
            [incident(None)],
            "auth",
            "is being answered",
            id="the Service in front of what is open",
        ),
        pytest.param(
            cause_on("auth-settings", "ConfigMap", "deployment/auth in shop"),
            [incident(None)],
            "auth",
            "is being answered",
            id="what the workload that is open reads",
        ),
        pytest.param(
            cause_on("mail-settings", "ConfigMap", "deployment/mail in shop"),
            [incident(None)],
            "auth",
            "",
            id="what another workload reads",
        ),
        pytest.param(
            cause_on("auth"),
            [incident(timedelta(seconds=-9), Ending.REFUSED)],
            "auth",
            "was just answered",
            id="and ended meanwhile",
        ),
        pytest.param(
            cause_on("auth"),
            [incident(timedelta(minutes=9), Ending.RECOVERED)],
            "auth",
            "",
            id="it came back",
        ),
        pytest.param(
            cause_on("auth"),
            [incident(timedelta(minutes=9), Ending.NOTHING_TO_DO)],
            "auth",
            "",
            id="nothing was found, so nobody has it",
        ),
        pytest.param(
            cause_on("auth"),
            [incident(timedelta(minutes=9), Ending.DECLINED)],
            "auth",
            "handed to a person",
            id="a person has it",
        ),
        pytest.param(
            cause_on("mail"),
            [incident(timedelta(minutes=9), Ending.DECLINED)],
            "auth",
            "",
            id="a no is about one cause",
        ),
        pytest.param(
            cause_on("auth"),
            [incident(timedelta(hours=2), Ending.DECLINED)],
            "auth",
            "",
            id="a person had it long ago",
        ),
        pytest.param(
            cause_on("auth"),
            [incident(timedelta(minutes=9), Ending.DECLINED, drill="bad-image")],
            "auth",
            "",
            id="that was a drill",
        ),
    ],
)
def test_what_is_seen_is_new_or_somebody_answers_it(
    cause: Hypothesis,
    standing: list[Incident],
    first: str | None,
    says: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nobody is asked twice about one outage, and a second one beside it is not overlooked."""
    monkeypatch.setattr(tasks, "first_cause", lambda _: cause_on(first).key if first else None)
    record = SimpleNamespace(subjects=lambda _: ["auth"])
    monkeypatch.setattr(tasks, "clients", lambda: SimpleNamespace(record=record))

    said = tasks.covered_by(cause, standing, SHOP, NOON)

    assert says in said
    assert bool(said) is bool(says)


class Server:
    """A Prefect server that knows no run any more."""

    def label_run(self, *_: object) -> None:
        """The run's name and tags."""

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def run(self, run_id: str) -> dict[str, Any]:
        """Deleted in the UI, or another database."""
        raise PrefectMissing(f"GET /flow_runs/{run_id}: 404")

    def resume(self, run_id: str, form: dict[str, Any]) -> str | None:
        """As `run`."""
        raise PrefectMissing(f"POST /flow_runs/{run_id}/resume: 404")


def test_a_run_that_was_deleted_is_over_and_keeps_nobody_else_from_being_woken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its incident is handed to a person; a red watch would hand over none."""
    monkeypatch.setattr(prefect_runs, "PrefectApi", lambda url: Server())
    yes = Approval(plan_hash="h", answer=Answer.APPROVE, by="ada", at=NOON)

    assert prefect_runs.state_of("http://prefect", "run-1").over
    assert "its run is gone" in prefect_runs.resume_run("http://prefect", "run-1", yes)


DAY = timedelta(days=1)
WAITED = Policy(mode=Mode.ASK, approvers={"leads": ("ada",)}, rules=(Rule(mode=Mode.ASK, approvers="leads"),))


@pytest.fixture
def waiting(record_dsn: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[timedelta], Incident]]:
    """An incident whose plan has waited so long, and whose run is gone."""
    with Record.open(record_dsn) as record:

        def made(waited: timedelta) -> Incident:
            opened, _ = record.open_incident(f"waits-{next(_keys)}", "auth is down", NOON)
            plan = Plan(
                incident=opened.id,
                attempt=1,
                hypothesis="h",
                summary="Restart auth",
                steps=(),
                made_at=datetime.now(UTC) - waited,
            )
            record.keep_plan(plan)
            return record.update(opened.id, phase=Phase.AWAITING_APPROVAL, flow_run_id="run-1")

        settings = SimpleNamespace(prefect_api_url="http://prefect")
        doors = SimpleNamespace(record=record, policy=WAITED, settings=settings, answer_for=lambda _: None)
        for module in (tasks, incident_state, incident_place, keep_phase):
            monkeypatch.setattr(module, "clients", lambda: doors)
        monkeypatch.setattr(prefect_runs, "PrefectApi", lambda url: Server())
        yield made


@pytest.mark.parametrize(
    ("waited", "said", "ending"),
    [
        pytest.param(WAITED.answer_within - timedelta(minutes=1), None, None, id="there is time left"),
        pytest.param(WAITED.answer_within, None, None, id="silence is no, and the run is woken"),
        pytest.param(DAY, None, Ending.UNANSWERED, id="nobody answered, and the run never wakes"),
        pytest.param(DAY, Answer.APPROVE, Ending.HAND_OFF_FAILED, id="a yes that no run ever took"),
    ],
)
def test_a_deadline_acts_also_when_the_run_is_gone(
    waiting: Callable[[timedelta], Incident], waited: timedelta, said: Answer | None, ending: Ending | None
) -> None:
    """An incident that waits for ever blocks drills, baselines and the watch for ever."""
    incident = waiting(waited)
    record = tasks.clients().record
    plan = record.plans(incident.id)[0]
    if said:
        yes = Approval(plan_hash=plan.hash, answer=said, by="ada", at=NOON)
        record.answer(incident.id, yes, quorum=1)
    tasks.silence_is_no.fn()

    assert record.incident(incident.id).ending is ending
    assert bool(record.approvals(incident.id)) is (waited >= WAITED.answer_within)


def test_a_run_that_is_over_closes_what_it_left_open(waiting: Callable[[timedelta], Incident]) -> None:
    """Whatever its state is called: nobody is answering."""
    incident = waiting(timedelta(0))
    tasks.close_abandoned.fn()

    assert tasks.clients().record.incident(incident.id).ending is Ending.HAND_OFF_FAILED
