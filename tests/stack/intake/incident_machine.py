"""Alerts, reports, answers, deadlines and deaths in any order, through the real intake on a real record.

The cluster, the clock and Prefect's server are models; the response is one as far as it looks, and real where it is
allowed to write: the policy, the answers, the fences and the intents are the program's own.
"""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from types import SimpleNamespace
from unittest.mock import patch

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from blocks import prefect_runs
from blocks.prefect_api import PrefectUnreachable
from outage.errors import FenceLost, RecordError
from outage.incidents.alert import Alert
from outage.incidents.folding import CauseFound, outcome_for
from outage.incidents.incident import Ending, Incident, Phase
from outage.incidents.payloads import from_person
from outage.incidents.severity import Severity
from outage.plans.approval import Answer, Approval, standing_answer_of
from outage.plans.objection import Proceed
from outage.plans.outcome import StepDid
from outage.plans.plan import Mode, Plan
from outage.plans.preconditions import precondition as relied_upon
from outage.policies.permission import PermissionRequest, approvals_needed, permission_for
from outage.policies.policy import Policy
from stack.intake.deliveries import Intake
from tasks.act import take_back_steps
from tasks.act.step_executor import StepExecutor
from tasks.act.target_lock import target_lock
from tasks.ask.give_answer import give_answer
from tasks.record import incident_place, incident_state, keep_phase
from tasks.watch import tasks as watch
from tests.stack.intake.losable_record import LosableRecord
from tests.stack.intake.modelled_house import (
    EDITS,
    MINUTE,
    NOON,
    ONE_YES,
    PEOPLE,
    POLICY,
    REGISTRY,
    Freeze,
    FreezePoint,
    Meanwhile,
    ModelledCluster,
    RememberingServer,
    drafted,
    freezes,
    labels,
    loss,
    pick,
    several,
)

WAITS = timedelta(hours=4)
TABLES = "outage.incident, outage.alert, outage.trace, outage.drill, outage.member"


class IncidentMachine(RuleBasedStateMachine):
    """Anything may happen; what must hold is in the invariants and in `teardown`."""

    record: LosableRecord

    def __init__(self) -> None:
        super().__init__()
        self.record.heal()
        with self.record.transaction("begin anew") as connection:
            connection.execute(f"truncate {TABLES} cascade")
        self.server, self.now = RememberingServer(), NOON
        self.intake = Intake(self.record, self.server, 2 * MINUTE, lambda: REGISTRY, lambda _: self.policy)
        self.sent: list[Alert] = []
        self.taken: dict[str, str] = {}
        self.interrupted = False
        self.policy = POLICY
        self.cluster = ModelledCluster()
        self.wrote: set[str] = set()
        self.freeze: Freeze | None = None
        self.left_asleep: tuple[int, int] | None = None
        self._others = ExitStack()
        self._patches = ExitStack()
        self.doors = doors = SimpleNamespace(
            record=self.record,
            policy=POLICY,
            settings=SimpleNamespace(prefect_api_url=""),
            answer_for=lambda _: None,
        )
        for module in (watch, incident_state, incident_place, keep_phase):
            self._patches.enter_context(patch.object(module, "clients", lambda: doors))
        self._patches.enter_context(patch.object(prefect_runs, "PrefectApi", lambda _: self.server))

    # What the monitoring and people tell

    @rule(labels=labels, late=st.integers(0, 10), lost=loss)
    def fires(self, labels: dict[str, str], late: int, lost: int | None) -> None:
        """A new alert; it began some minutes ago. When the record is lost in between, the sender repeats it, or not."""
        told = {key: word for key, word in labels.items() if word}
        alert = Alert(name=labels["alertname"], labels=told, starts_at=self.now - late * MINUTE)
        if self._weathered(lost, lambda: self._deliver([alert])) and late % 2:
            self._deliver([alert])

    @rule(service=st.sampled_from(["web", "mail", "db"]), number=st.integers(2, 3))
    def several_fire_at_once(self, service: str, number: int) -> None:
        """Alerts of one service at several intakes in the same moment are one outage."""
        labels = {"namespace": "shop", "service": service, "cluster": "eu"}
        alerts = [Alert(name=f"Down{one}", labels=labels, starts_at=self.now) for one in range(number)]
        self.now += timedelta(milliseconds=1)
        with ThreadPoolExecutor(number) as pool:
            done = list(pool.map(lambda one: self._deliver([one]), alerts))
        assert len({one[0] for one in done}) == 1 or self.server.away

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

    @rule(lost=loss)
    def reconciles(self, lost: int | None) -> None:
        """The next intake finishes what was begun."""
        if not self.server.away:
            self._weathered(lost, lambda: self.intake.reconcile(self.now + MINUTE))

    @rule(which=st.sampled_from(EDITS))
    def policy_is_edited(self, which: Policy) -> None:
        """Somebody saves the policy file, in the middle of everything."""
        self.policy = self.doors.policy = which

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
    @rule(which=pick, interrupted=st.booleans(), lost=loss)
    def run_goes_on(self, which: int, interrupted: bool, lost: int | None) -> None:
        """One step of a response: it plans, asks, writes or closes; somebody may say no at the last moment."""
        self.interrupted = interrupted
        incident = self._open()[which % len(self._open())]
        if incident.flow_run_id and incident.flow_run_id not in self.server.gone:
            self._weathered(lost, lambda: self._step(incident))

    @precondition(lambda self: self._open())
    @rule(which=pick, freeze=freezes, now_and_then=st.integers(0, 3))
    def responder_freezes(self, which: int, freeze: Freeze | None, now_and_then: int) -> None:
        """All say yes; the process is stopped while it writes, loses its session, and goes on after another one.

        Or somebody says no at the last moment. Now and then only: other answers want their turn, too.
        """
        if now_and_then:
            return
        incident = self._open()[which % len(self._open())]
        self.interrupted, self.freeze = freeze is None, freeze
        for _ in range(2):
            if incident.closed_at or incident.flow_run_id in self.server.gone or not incident.flow_run_id:
                return
            if incident.phase is Phase.AWAITING_APPROVAL:
                for by in PEOPLE:
                    self._answer(incident, by, Answer.APPROVE, "cli", None)
            self._step(incident)
            incident = self.record.incident(incident.id)

    @precondition(lambda self: self._waiting())
    @rule(
        which=pick,
        by=st.sampled_from([*PEOPLE, *PEOPLE, "mallory", "j", "silence", " @Ada "]),
        answer=st.sampled_from([Answer.APPROVE, Answer.APPROVE, Answer.APPROVE, Answer.DECLINE]),
        door=st.sampled_from(["ui", "cli", "terminal"]),
        lost=loss,
    )
    def answers(self, which: int, by: str, answer: Answer, door: str, lost: int | None) -> None:
        """Somebody answers at some door; whatever it is, it is on the timeline."""
        incident = self._waiting()[which % len(self._waiting())]
        self._answer(incident, by, answer, door, lost)

    @precondition(lambda self: self._waiting())
    @rule(which=pick, said=several, turns=st.booleans(), goes_on=st.booleans())
    def several_answer(self, which: int, said: list[tuple[str, Answer]], turns: bool, goes_on: bool) -> None:
        """One after the other, whoever reported it among them, and the first may turn round; then the run goes on."""
        incident = self._waiting()[which % len(self._waiting())]
        first, before = said[0]
        other = Answer.APPROVE if before is Answer.DECLINE else Answer.DECLINE
        for who, answer in [*said, (first, other)] if turns else said:
            by = incident.requester or "ada" if who == "requester" else who
            self._answer(incident, by, answer, "cli", None)
        if goes_on and incident.flow_run_id not in self.server.gone:
            self._step(self.record.incident(incident.id))

    @precondition(lambda self: self._open())
    @rule(which=pick)
    def run_is_lost(self, which: int) -> None:
        """Somebody deletes the run, or its process dies for good."""
        incident = self._open()[which % len(self._open())]
        self.server.gone.add(str(incident.flow_run_id))

    @rule()
    def watch_goes_round(self) -> None:
        """Deadlines act; what no run answers is closed."""
        self._watch()

    @rule(lost=loss)
    def watch_is_interrupted(self, lost: int | None) -> None:
        """The record is lost while the watch goes round; the next minute's goes round again."""
        self._weathered(lost, self._watch)

    def _watch(self) -> None:
        try:
            for incident, plan in watch.waiting_plans():
                if self.now - plan.made_at >= self.policy.answer_within:
                    watch.expire(incident, plan, self.policy, self.now)
            watch.close_abandoned.fn()
        finally:
            self.record.lost_after = None
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
        """What no platform answers is planned for by none; another cluster's is over once its sender heard 200.

        A delivery that the record's loss cut off got no 200: what it left open the sender's repetition or the next
        reconciling closes.
        """
        taken = set(self.taken.values())
        for one in self.record.incidents(limit=1000):
            assert not (one.unclaimed and self.record.plans(one.id))
            assert one.rule != "other-cluster" or one.ending is Ending.NOT_MINE or one.id not in taken
            strange = [alert for alert in self.record.alerts(one.id) if alert.namespace == "unknown"]
            assert one.unclaimed or not strange

    @invariant()
    def one_plan_for_each_cause(self) -> None:
        """Of the open incidents that came to one cause on one object, one alone has a plan; the others wait for it."""
        planned = [plan.hypothesis for one in self._open() for plan in self.record.plans(one.id)]
        assert len(planned) == len(set(planned))

    def teardown(self) -> None:
        """No incident is open for ever: when all is quiet, the runs and the watch bring every one to its end."""
        try:
            self.server.away = False
            self.record.heal()
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

    def _weathered(self, lost: int | None, doing: Callable[[], object]) -> bool:
        """Do something while the record's connections are cut after so many statements; True when that was met."""
        self.record.lost_after = lost
        try:
            doing()
        except RecordError:
            assert self.record.was_lost, "the record was not lost, and yet it did not answer"
            return True
        finally:
            self.record.heal()
        return False

    def _answer(self, incident: Incident, by: str, answer: Answer, door: str, lost: int | None) -> None:
        plan = self.record.plans(incident.id)[-1]
        before = self._stands(incident, plan)

        def give() -> None:
            told = {"answer": answer, "by": by, "why": "", "door": door, "at": self.now}
            give_answer(self.record, incident, plan, self.policy, **told)

        if self._weathered(lost, give):
            give()  # who got an error says it again
        after = self._stands(incident, plan)
        if before and before.answer is Answer.DECLINE:
            assert after == before, "a no became something else"
        said = [one.says for one in self.record.entries(incident.id) if one.kind == "approval"]
        assert any(f"said {answer} to plan" in one for one in said)

    def _stands(self, incident: Incident, plan: Plan) -> Approval | None:
        needed = approvals_needed(PermissionRequest.of(plan, incident, self.policy))
        return standing_answer_of(self.record.approvals(incident.id, plan.hash), needed)

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
        return self.record.open_incidents()

    def _waiting(self) -> list[Incident]:
        return [one for one in self._open() if one.phase is Phase.AWAITING_APPROVAL]

    def _step(self, incident: Incident) -> None:
        if incident.unclaimed:
            self._close(incident, Ending.ADVISED)
            return
        if fold := self.record.fold_of(incident.id):
            found = outcome_for(fold, self.record.incident(fold.into), self.now)
            if found:
                self._close(incident, found.ending)
            return
        plans = self.record.plans(incident.id)
        if not plans:
            plan = drafted(incident, self.now)
            came = CauseFound(incident=incident.id, causes=(plan.hypothesis,), seen_at=self.now)
            if self.record.claim_cause("eu", came, self.now, WAITS).into:
                self.record.update(incident.id, phase=Phase.AWAITING_OUTCOME)
                return
            self.record.keep_plan(plan)
        if incident.phase is not Phase.AWAITING_APPROVAL:
            self.record.update(incident.id, phase=Phase.AWAITING_APPROVAL, severity=Severity.P1)
            return
        answers = self.record.approvals(incident.id, plans[-1].hash)
        asked = PermissionRequest.of(plans[-1], incident, self.policy)
        stands = standing_answer_of(answers, approvals_needed(asked))
        if stands is not None and (ending := self._resolved(incident, plans[-1], stands.answer)):
            self._close(incident, ending)

    def _resolved(self, incident: Incident, plan: Plan, answer: Answer) -> Ending | None:
        """Write by the step executor; None when this responder slept and another one has the step."""
        answers = tuple(self.record.approvals(incident.id, plan.hash))
        if answer is Answer.DECLINE:
            return Ending.DECLINED
        allowed = permission_for(PermissionRequest.of(plan, incident, self.policy), answers)
        if not isinstance(allowed, Proceed):
            return Ending.REFUSED
        if self.interrupted:
            give_answer(
                self.record,
                incident,
                plan,
                self.policy,
                answer=Answer.DECLINE,
                by="eve",
                why="",
                door="ui",
                at=self.now,
            )
        freeze, self.freeze, self.left_asleep = self.freeze, None, None
        try:
            return self._carried_out(incident, plan, freeze)
        except FenceLost:
            assert self.left_asleep, "nobody slept, and yet somebody else holds the target"
            assert self.left_asleep == self._traces(), "who slept wrote, although another one has the target"
            return None
        finally:
            self._others.close()

    def _carried_out(self, incident: Incident, plan: Plan, freeze: Freeze | None) -> Ending:
        """Permission, intent, write, outcome; frozen once where it says so."""
        change, left = plan.steps[0].change, [freeze] if freeze else []

        def passes(point: FreezePoint) -> None:
            if left and left[0].at is point:
                self._others_go_on(incident, plan, left.pop().meanwhile)
                self.cluster.passes, self.cluster.judge = passes, lambda: self._written(incident, plan)

        with target_lock(self.record, str(change.target), time.sleep) as fence:
            assert fence
            self.cluster.passes, self.cluster.judge = passes, lambda: self._written(incident, plan)
            hand = StepExecutor(
                *(incident.id, plan.hash, self.record, self.cluster, fence),
                now=lambda: self.now,
                may=lambda: passes(FreezePoint.BEFORE_INTENT),
                stopped=lambda: None,
                rest=lambda _: None,
            )
            relies = relied_upon(self.cluster.read(change.target), change)
            done = hand.carry_out("1", change, relies, "")
        return Ending.REFUSED if done.did is StepDid.FAILED else Ending.RECOVERED

    def _others_go_on(self, incident: Incident, plan: Plan, meanwhile: Meanwhile) -> None:
        """The sleeper's session ends, and another responder has its target."""
        self.record.end_lock_sessions()
        target = str(plan.steps[0].change.target)
        if meanwhile is Meanwhile.HOLDS:
            assert self._others.enter_context(target_lock(self.record, target, lambda _: time.sleep(0.01)))
        else:
            self._close(incident, self._carried_out(incident, plan, None))
        if meanwhile is Meanwhile.TAKES_BACK:
            self.cluster.judge = lambda: None
            clock = {"now": lambda: self.now, "rest": lambda _: None, "stopped": lambda: None}
            assert take_back_steps(plan, incident, self.record, self.cluster, **clock).applied
        self.left_asleep = self._traces()

    def _traces(self) -> tuple[int, int]:
        """How many intents there are, and which version every object has: who writes leaves one or the other."""
        [row] = self.record.rows("count the intents", "select count(*) as many from outage.intent")
        versions = [int(one["metadata"]["resourceVersion"]) for one in self.cluster.objects.values()]
        return int(row["many"]), max(versions)

    def _written(self, incident: Incident, plan: Plan) -> None:
        """No write without a standing yes to this very plan, by as many people as policy wants."""
        assert plan.hash not in self.wrote, "written a second time"
        self.wrote.add(plan.hash)
        answers = self.record.approvals(incident.id, plan.hash)
        yes = {one.by for one in answers if one.answer is Answer.APPROVE} & set(PEOPLE)
        assert self.policy.broken is None
        assert self.policy.mode is Mode.ASK
        assert (
            len(yes if self.policy is ONE_YES else yes - {incident.requester}) >= self.policy.rules[0].quorum
        )
        assert all(one.answer is Answer.APPROVE for one in answers)

    def _close(self, incident: Incident, ending: Ending) -> None:
        self.record.update(incident.id, phase=Phase.CLOSED, ending=ending, closed_at=self.now)

    def _in_our_time(self) -> None:
        """The watch closes by the machine's clock; the model's is another."""
        for one in self.record.incidents(limit=1000):
            if one.closed_at and one.closed_at < NOON:
                self.record.update(one.id, closed_at=self.now)
