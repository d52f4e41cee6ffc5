"""The response as far as the machine's rules need one: it plans, asks, writes and closes; models where it only looks.

Real where it is allowed to write: the policy, the answers, the fences and the intents are the program's own.
"""

import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from types import SimpleNamespace
from unittest.mock import patch

from hypothesis.stateful import RuleBasedStateMachine

from blocks import prefect_runs
from blocks.prefect_api import PrefectUnreachable
from outage.errors import FenceLost, RecordError
from outage.incidents.alert import Alert
from outage.incidents.folding import CauseFound, outcome_for
from outage.incidents.incident import Ending, Incident, Phase
from outage.incidents.severity import Severity
from outage.plans.approval import Answer, Approval, standing_answer_of
from outage.plans.objection import Proceed
from outage.plans.outcome import StepDid
from outage.plans.plan import Mode, Plan
from outage.plans.preconditions import precondition as relied_upon
from outage.policies.permission import PermissionRequest, approvals_needed, permission_for
from stack.intake.deliveries import Intake
from tasks.act import take_back_steps
from tasks.act.step_executor import StepExecutor
from tasks.act.target_lock import target_lock
from tasks.ask.give_answer import give_answer
from tasks.record import incident_place, incident_state, keep_phase
from tasks.watch import tasks as watch
from tests.stack.intake.losable_record import LosableRecord
from tests.stack.intake.modelled_house import (
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
)

WAITS = timedelta(hours=4)
TABLES = "outage.incident, outage.alert, outage.trace, outage.drill, outage.member"


class ModelledResponse(RuleBasedStateMachine):
    """What the rules drive: the real intake on a real record, and the steps of a response, at a model's clock."""

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

    def _approved_by_all(self, incident: Incident) -> None:
        """The run makes its plan, everybody says yes, and it writes; a run that is gone does neither."""
        for _ in range(2):
            if incident.closed_at or incident.flow_run_id in self.server.gone or not incident.flow_run_id:
                return
            if incident.phase is Phase.AWAITING_APPROVAL:
                for by in PEOPLE:
                    self._answer(incident, by, Answer.APPROVE, "cli", None)
            self._step(incident)
            incident = self.record.incident(incident.id)

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
