"""Alerts, reports, answers, deadlines and deaths in any order, through the real intake on a real record.

The cluster, the clock and Prefect's server are models; the response is one as far as it looks, and real where it is
allowed to write: the policy, the answers and the intents are the program's own.
"""

from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from blocks import prefect_runs
from blocks.prefect_api import Json, PrefectApi, PrefectMissing, PrefectUnreachable
from blocks.record import Record
from outage.diagnosis.hypothesis import Action, Change, Risk
from outage.errors import PlanDeclined
from outage.incidents.alert import Alert
from outage.incidents.incident import Ending, Incident, Phase
from outage.incidents.payloads import from_person
from outage.incidents.severity import Severity
from outage.kubernetes.objects import ObjectRef
from outage.plans.approval import Answer, standing_answer_of
from outage.plans.objection import Proceed
from outage.plans.outcome import Outcome, StepDid
from outage.plans.plan import Mode, Plan, Precondition, Step, WayBack
from outage.platforms.access import ClusterReference
from outage.platforms.platform import Platform, Service
from outage.platforms.platform_registry import PlatformRegistry
from outage.policies.permission import approvals_needed, permission_for
from outage.policies.policy import Policy, Rule
from stack.intake.deliveries import Intake
from tasks.ask.give_answer import give_answer
from tasks.record import incident_place, incident_state, keep_phase
from tasks.watch import tasks as watch

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
PEOPLE = ("ada", "bob", "eve")
POLICY = Policy(
    mode=Mode.ASK,
    namespaces=("shop", "bank"),
    kinds=("Deployment",),
    approvers={"on-call": PEOPLE},
    rules=(Rule(mode=Mode.ASK, approvers="on-call", quorum=2, requester_may_approve=False),),
)
SHOP = Platform(
    name="shop",
    namespace="shop",
    cluster=ClusterReference(name="eu"),
    services=(
        Service(name="web", workload="deployment/web", depends_on=("auth",)),
        Service(name="auth", workload="deployment/auth", depends_on=("db",)),
        Service(name="db", workload="statefulset/db"),
        Service(name="mail", workload="deployment/mail"),
    ),
)
BANK = Platform(name="bank", namespace="bank", cluster=ClusterReference(name="eu"))
REGISTRY = PlatformRegistry(platforms=(SHOP, BANK))
TABLES = "outage.incident, outage.alert, outage.trace, outage.drill, outage.member"

labels = st.fixed_dictionaries(
    {
        "alertname": st.sampled_from(["Down", "Slow", "Watchdog"]),
        "namespace": st.sampled_from(["shop", "shop", "bank", "unknown", ""]),
        "service": st.sampled_from(["web", "auth", "db", "mail", ""]),
        "cluster": st.sampled_from(["", "", "eu", "us"]),
        "severity": st.sampled_from(["critical", "warning", "banana", ""]),
    }
)
pick = st.integers(0, 10_000)


class RememberingServer(PrefectApi):
    """Prefect's server as far as the intake and the watch speak to it; `away` answers nothing."""

    def __init__(self) -> None:
        self.runs: dict[str, str] = {}
        self.gone: set[str] = set()
        self.away = False

    def ask(self, method: str, path: str, body: Json | None = None) -> Any:
        """The few questions that are asked."""
        if self.away:
            raise PrefectUnreachable("the model's server is away")
        if path == "/deployments/filter":
            return [{"id": "dep", "name": "respond"}]
        if path.endswith("/create_flow_run") and body:
            return {"id": self.runs.setdefault(body["idempotency_key"], f"run-{body['idempotency_key']}")}
        run = path.split("/")[2]
        if run in self.gone or run not in self.runs.values():
            raise PrefectMissing(f"{path}: 404")
        if path.endswith("/resume"):
            return {"status": "ACCEPT"}
        return {"state": {"name": "Suspended", "type": "PAUSED"}}

    def __enter__(self) -> "RememberingServer":
        return self

    def __exit__(self, *_: object) -> None:
        pass


class IncidentMachine(RuleBasedStateMachine):
    """Anything may happen; what must hold is in the invariants and in `teardown`."""

    record: Record

    def __init__(self) -> None:
        super().__init__()
        with self.record.transaction("begin anew") as connection:
            connection.execute(f"truncate {TABLES} cascade")
        self.server, self.now = RememberingServer(), NOON
        self.intake = Intake(self.record, self.server, 2 * MINUTE, lambda: REGISTRY, lambda _: POLICY)
        self.sent: list[Alert] = []
        self.taken: dict[str, str] = {}
        self.interrupted = False
        self._patches = ExitStack()
        doors = SimpleNamespace(
            record=self.record,
            policy=POLICY,
            settings=SimpleNamespace(prefect_api_url=""),
            answer_for=lambda _: None,
        )
        for module in (watch, incident_state, incident_place, keep_phase):
            self._patches.enter_context(patch.object(module, "clients", lambda: doors))
        self._patches.enter_context(patch.object(prefect_runs, "PrefectApi", lambda _: self.server))

    # What the monitoring and people tell

    @rule(labels=labels, late=st.integers(0, 10))
    def fires(self, labels: dict[str, str], late: int) -> None:
        """A new alert; it began some minutes ago."""
        told = {key: word for key, word in labels.items() if word}
        self._deliver([Alert(name=labels["alertname"], labels=told, starts_at=self.now - late * MINUTE)])

    @precondition(lambda self: self.sent)
    @rule(which=st.lists(pick, min_size=1, max_size=4))
    def repeats(self, which: list[int]) -> None:
        """The sender repeats itself, in any order."""
        self._deliver([self.sent[one % len(self.sent)] for one in which])

    @rule(labels=labels, before=st.booleans())
    def resolves(self, labels: dict[str, str], before: bool) -> None:
        """An alert ends; its end may be told before its beginning."""
        told = {key: word for key, word in labels.items() if word}
        alert = Alert(name=labels["alertname"], labels=told, starts_at=self.now)
        over = alert.model_copy(update={"firing": False})
        self._deliver([over, alert] if before else [alert, over])

    @rule(by=st.sampled_from([*PEOPLE, ""]), service=st.sampled_from(["web", "mail", ""]))
    def reports(self, by: str, service: str) -> None:
        """A person tells of an outage: a run starts, or it joins an open one."""
        self.now += timedelta(milliseconds=1)  # nobody tells of two outages in one moment
        told = {"title": "it is slow", "namespace": "shop", "service": service, "by": by}
        [done] = self._deliver([from_person(told, self.now)])
        assert self.server.away or self.record.incident(done).closed_at is None

    @rule(labels=labels)
    def intake_dies(self, labels: dict[str, str]) -> None:
        """Killed between keeping an alert and opening its incident."""
        told = {key: word for key, word in labels.items() if word}
        self.record.receive(Alert(name=labels["alertname"], labels=told, starts_at=self.now), self.now)

    @rule()
    def reconciles(self) -> None:
        """The next intake finishes what was begun."""
        if not self.server.away:
            self.intake.reconcile(self.now + MINUTE)

    @rule(minutes=st.sampled_from([1, 3, 30, 90]))
    def time_passes(self, minutes: int) -> None:
        """Nothing else does."""
        self.now += minutes * MINUTE

    @rule()
    def server_comes_and_goes(self) -> None:
        """Prefect is started anew."""
        self.server.away = not self.server.away

    # What the response and people do

    @precondition(lambda self: self._open())
    @rule(which=pick, interrupted=st.booleans())
    def run_goes_on(self, which: int, interrupted: bool) -> None:
        """One step of a response: it plans, asks, writes or closes; somebody may say no at the last moment."""
        self.interrupted = interrupted
        incident = self._open()[which % len(self._open())]
        if incident.flow_run_id and incident.flow_run_id not in self.server.gone:
            self._step(incident)

    @precondition(lambda self: self._waiting())
    @rule(
        which=pick,
        by=st.sampled_from([*PEOPLE, *PEOPLE, "mallory", "j", "silence", " @Ada "]),
        answer=st.sampled_from([Answer.APPROVE, Answer.APPROVE, Answer.APPROVE, Answer.DECLINE]),
        door=st.sampled_from(["ui", "cli", "terminal"]),
    )
    def answers(self, which: int, by: str, answer: Answer, door: str) -> None:
        """Somebody answers at some door; whatever it is, it is on the timeline."""
        incident = self._waiting()[which % len(self._waiting())]
        plan = self.record.plans(incident.id)[-1]
        before = standing_answer_of(self.record.approvals(incident.id, plan.hash), 2)
        give_answer(self.record, incident, plan, POLICY, answer=answer, by=by, why="", door=door, at=self.now)
        after = standing_answer_of(self.record.approvals(incident.id, plan.hash), 2)
        if before and before.answer is Answer.DECLINE:
            assert after == before, "a no became something else"
        said = [one.says for one in self.record.entries(incident.id) if one.kind == "approval"]
        assert any(f"said {answer} to plan" in one for one in said)

    @precondition(lambda self: self._open())
    @rule(which=pick)
    def run_is_lost(self, which: int) -> None:
        """Somebody deletes the run, or its process dies for good."""
        incident = self._open()[which % len(self._open())]
        self.server.gone.add(str(incident.flow_run_id))

    @rule()
    def watch_goes_round(self) -> None:
        """Deadlines act; what no run answers is closed."""
        for incident, plan in watch.waiting_plans():
            if self.now - plan.made_at >= POLICY.answer_within:
                watch.expire(incident, plan, POLICY, self.now)
        watch.close_abandoned.fn()
        self._in_our_time()

    # What must always hold

    @invariant()
    def every_alert_is_answered(self) -> None:
        """Every firing alert that was answered 200 is in an incident with a run or an ending."""
        heads = {one.id: one for one in self.record.incidents(limit=1000)}
        for fingerprint, incident in self.taken.items():
            head = heads[incident]
            assert head.flow_run_id or head.ending, f"{fingerprint} is in {incident}, which nobody answers"

    @invariant()
    def nobodys_alert_has_no_platforms_plan(self) -> None:
        """What no platform answers is planned for by none; another cluster's is over at once."""
        for one in self.record.incidents(limit=1000):
            assert not (one.unclaimed and self.record.plans(one.id))
            assert one.rule != "other-cluster" or one.ending is Ending.NOT_MINE
            strange = [alert for alert in self.record.alerts(one.id) if alert.namespace == "unknown"]
            assert one.unclaimed or not strange

    def teardown(self) -> None:
        """No incident is open for ever: when all is quiet, the runs and the watch bring every one to its end."""
        try:
            self.server.away = False
            self.intake.reconcile(self.now + MINUTE)
            for _ in range(8):
                self.now += timedelta(hours=2)
                for incident in self._open():
                    if incident.flow_run_id not in self.server.gone:
                        self._step(incident)
                self.watch_goes_round()
            assert [one.id for one in self._open()] == []
            assert self._homeless() == []
        finally:
            self._patches.close()

    def _homeless(self) -> list[str]:
        found = self.record.rows(
            "look for alerts that nobody has",
            "select body ->> 'name' as name from outage.alert a where firing and not exists (select from"
            " outage.member m where m.fingerprint = a.fingerprint) and body ->> 'name' <> 'Watchdog'",
        )
        return [row["name"] for row in found]

    # The models

    def _deliver(self, alerts: list[Alert]) -> list[str]:
        try:
            done = self.intake.deliver(alerts, self.now, "eu")
        except PrefectUnreachable:
            return [self._kept(one) for one in alerts]
        for alert, delivered in zip(alerts, done, strict=True):
            assert delivered.trace
            if alert.firing and delivered.incident:
                self.taken[alert.fingerprint] = delivered.incident
                self.sent.append(alert)
            assert bool(delivered.incident) == (alert.name != "Watchdog") or not alert.firing
        return [one.incident or "" for one in done]

    def _kept(self, alert: Alert) -> str:
        found = self.record.incident_of(alert)
        return found.id if found else ""

    def _open(self) -> list[Incident]:
        return self.record.incidents(limit=1000, open_only=True)

    def _waiting(self) -> list[Incident]:
        return [one for one in self._open() if one.phase is Phase.AWAITING_APPROVAL]

    def _step(self, incident: Incident) -> None:
        if incident.unclaimed:
            self._close(incident, Ending.ADVISED)
            return
        plans = self.record.plans(incident.id)
        if not plans:
            self.record.keep_plan(drafted(incident, self.now))
            self.record.update(incident.id, phase=Phase.AWAITING_APPROVAL, severity=Severity.P1)
            return
        answers = self.record.approvals(incident.id, plans[-1].hash)
        stands = standing_answer_of(answers, approvals_needed(plans[-1], incident.severity, POLICY))
        if stands is not None:
            self._close(incident, self._resolved(incident, plans[-1], stands.answer))

    def _resolved(self, incident: Incident, plan: Plan, answer: Answer) -> Ending:
        """Write as the step executor does: permission, intent, write, outcome."""
        answers = tuple(self.record.approvals(incident.id, plan.hash))
        if answer is Answer.DECLINE:
            return Ending.DECLINED
        allowed = permission_for(plan, incident.severity, POLICY, answers, incident.requester)
        if not isinstance(allowed, Proceed):
            return Ending.REFUSED
        if self.interrupted:
            give_answer(
                self.record,
                incident,
                plan,
                POLICY,
                answer=Answer.DECLINE,
                by="eve",
                why="",
                door="ui",
                at=self.now,
            )
        try:
            self.record.intend(incident.id, plan.hash, "1", WayBack(before=None, says=""), self.now)
        except PlanDeclined:
            return Ending.REFUSED
        self._written(incident, plan)
        done = Outcome(did=StepDid.APPLIED, says="")
        self.record.settle(incident.id, plan.hash, "1", done, self.now)
        return Ending.RECOVERED

    def _written(self, incident: Incident, plan: Plan) -> None:
        """No write without a standing yes to this very plan, by as many people as policy wants."""
        answers = self.record.approvals(incident.id, plan.hash)
        yes = {one.by for one in answers if one.answer is Answer.APPROVE} & set(PEOPLE)
        assert len(yes - {incident.requester}) >= 2
        assert all(one.answer is Answer.APPROVE for one in answers)

    def _close(self, incident: Incident, ending: Ending) -> None:
        self.record.update(incident.id, phase=Phase.CLOSED, ending=ending, closed_at=self.now)

    def _in_our_time(self) -> None:
        """The watch closes by the machine's clock; the model's is another."""
        for one in self.record.incidents(limit=1000):
            if one.closed_at and one.closed_at < NOON:
                self.record.update(one.id, closed_at=self.now)


def drafted(incident: Incident, at: datetime, risks: Sequence[Risk] = (Risk.MEDIUM,)) -> Plan:
    """One step on one deployment."""
    target = ObjectRef(kind="Deployment", name="auth", namespace="shop")
    change = Change(action=Action.RESTART, target=target, why="", expected="", risk=risks[0])
    step = Step(key="1", change=change, precondition=Precondition(), diff="", take_back="")
    return Plan(
        incident=incident.id, attempt=1, hypothesis="h", summary="Restart auth", steps=(step,), made_at=at
    )
