"""Apply a plan: guards again, the kill switch, the live object again, the way back, the write, the outcome."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from blocks.record.people.person_codes import ProofFolder, read_checking_key
from blocks.settings import Settings
from outage.diagnosis.hypothesis import Action, Change
from outage.errors import OutageError
from outage.incidents.incident import Incident
from outage.people.name_proof import checked_answers, only_signed_answers
from outage.plans.approval import Approval, NameProof
from outage.plans.objection import Objection, Refuse
from outage.plans.outcome import Outcome, Resolved, StepDid
from outage.plans.plan import Plan, Precondition, Step
from outage.policies.guards import GuardView, step_objections
from outage.policies.permission import PermissionRequest, permission_for
from outage.policies.policy import Policy
from tasks.act.restart_order import unfinished_restart
from tasks.act.step_executor import StepExecutor, intent_of_step
from tasks.act.step_outcomes import failed_outcome
from tasks.act.step_store import StepStore, Target
from tasks.act.target_lock import target_lock


@dataclass(frozen=True)
class PlanInHand:
    """A plan that is being written, with all that each of its steps is asked anew."""

    plan: Plan
    incident: Incident
    record: StepStore
    policy: Callable[[], Policy]
    view: Callable[[], GuardView]
    stopped: Callable[[], str | None]
    now: Callable[[], datetime]
    head: Callable[[], Incident] | None
    """The incident as it stands now; None lets the one at the beginning stand."""
    rest: Callable[[float], None]

    def write_step(self, step: Step, door: Target | None) -> Outcome:
        """Write one step, or find out what became of it.

        Args:
            step: A step of the plan; the ones before it are done.
            door: Where its object is; None when we have no access to that.

        Raises:
            FenceLost: Another responder holds the target since; this one wrote nothing. Permanent.
        """
        what = f"{step.change.action} {step.change.target}"
        if door is None:
            return failed_outcome(f"{what}: no access to the database")
        begun = intent_of_step(self.record, self.incident.id, self.plan.hash, step.key) is not None
        if not begun and (
            late := unfinished_restart(self.plan, step, door, self.now, self.rest, self.stopped)
        ):
            return failed_outcome(f"{what}: {late}")
        with target_lock(self.record, str(step.change.target), self.rest) as fence:
            if fence is None:
                return _busy(step)
            hand = StepExecutor(
                self.incident.id,
                self.plan.hash,
                self.record,
                door,
                fence,
                self.now,
                lambda: self.why_not(step),
                self.stopped,
                self.rest,
            )
            return _step(hand, self.plan, step)

    def why_not(self, step: Step) -> str | None:
        """Why this step may not be written now, or None; who cannot tell objects."""
        try:
            refusals = objection_reasons(
                self.plan,
                step,
                self.head() if self.head else self.incident,
                self.record,
                self.policy(),
                self.view(),
                self.stopped(),
                self.now(),
            )
        except OutageError as error:
            return f"nobody can tell whether it may be written: {error}"
        return "; ".join(one.says for one in refusals) or None


def apply_plan_steps(
    plan: Plan,
    incident: Incident,
    record: StepStore,
    writer: Target,
    *,
    policy: Callable[[], Policy],
    view: Callable[[], GuardView],
    stopped: Callable[[], str | None],
    now: Callable[[], datetime],
    database: Target | None = None,
    head: Callable[[], Incident] | None = None,
    rest: Callable[[float], None] = time.sleep,
) -> Resolved:
    """Write a plan step by step; run again after a death, it settles what was begun and goes on.

    Of several restarts each one waits until the one before has rolled out.

    Source: runbook "Resolution Actions".
    Changes: what the plan's steps say, each once.
    Take back: `take_back` with the same plan.

    Args:
        plan: The plan as it was shown, diffs and all: its hash is what the approvals are bound to.
        incident: Whose plan it is; its severity is asked of the policy.
        record: Where approvals are read, and intents and outcomes written.
        writer: The cluster's door.
        policy: The policy in force, read anew for each step.
        view: A fresh picture for the guards, taken anew for each step.
        stopped: Why writing is switched off, or None; asked right before each write.
        now: The clock.
        database: The database's door; without one, steps on sessions fail.
        head: The incident as it stands now, asked before each write: somebody may have taken the lead, or closed it.
        rest: Waits so many seconds.

    Returns:
        What each step did, up to the first that was refused or failed.

    Raises:
        FenceLost: Another responder holds a target since; this one wrote nothing to it. Permanent.
        RecordError: What is on record is not known. Transient.
    """
    in_hand = PlanInHand(plan, incident, record, policy, view, stopped, now, head, rest)
    outcomes: dict[str, Outcome] = {}
    for step in plan.steps:
        door = database if step.change.action is Action.CANCEL else writer
        outcomes[step.key] = in_hand.write_step(step, door)
        if outcomes[step.key].did is StepDid.FAILED:
            break
    return summed_outcomes(plan, outcomes, record, incident)


def _step(hand: StepExecutor, plan: Plan, step: Step) -> Outcome:
    expected = step.precondition
    if expected.follows:
        before = hand.intent(expected.follows)
        if before is None or before.outcome is None:
            return failed_outcome(
                f"{step.change.action} {step.change.target}: the step before it has no outcome"
            )
        expected = Precondition(uid=before.outcome.uid, spec_hash=before.outcome.spec_hash)
    return hand.carry_out(step.key, step.change, expected, step.take_back, step_follower(plan, step))


def step_follower(plan: Plan, step: Step) -> Change | None:
    """The next change of the same object in the plan, whose precondition is what this step leaves.

    Returns:
        None when no later step writes that object.
    """
    return next((one.change for one in plan.steps if one.precondition.follows == step.key), None)


def rightly_signed(plan: Plan, answers: tuple[Approval, ...], now: datetime) -> tuple[Approval, ...]:
    """The answers that count: who said yes, to this plan, and when, as the doors that took them signed it.

    A pool's worker counts no yes that is not signed. Elsewhere one that says proven and is not signed by us is typed.

    Args:
        plan: The plan that is written.
        answers: Those to it that are on record.
        now: The moment, aware UTC.

    Raises:
        FileError: The key by which they are checked cannot be read, so nobody can tell. Permanent.
    """
    settings = Settings()
    if settings.answers_key_file is not None:
        key = read_checking_key(settings.answers_key_file)
        return only_signed_answers(key, plan.incident, answers, plan.made_at, now)
    if all(one.proof is NameProof.TYPED for one in answers):
        return answers
    return checked_answers(ProofFolder(Path(settings.home)).checking_key(), plan.incident, answers)


def objection_reasons(
    plan: Plan,
    step: Step,
    incident: Incident,
    record: StepStore,
    policy: Policy,
    view: GuardView,
    stop: str | None,
    now: datetime,
) -> tuple[Refuse, ...]:
    """Everything that speaks against writing this step now: no yes that counts, a guard, the kill switch.

    Args:
        plan: The plan.
        step: The step of it that would be written now.
        incident: Whose plan it is, as it stands now.
        record: For the answers and for what was written.
        policy: What is allowed.
        view: What the guards see, fresh.
        stop: Why writing is switched off, or None.
        now: The moment, aware UTC.

    Returns:
        Empty when nothing speaks against it.
    """
    if incident.closed_at is not None:
        return (Refuse(reason=Objection.NOT_ALLOWED, says=f"{incident.id} was closed meanwhile"),)
    answers = rightly_signed(plan, tuple(record.approvals(incident.id, plan.hash)), now)
    allowed = permission_for(PermissionRequest.of(plan, incident, policy), answers)
    view = view.model_copy(update={"kill_switch": stop or view.kill_switch})
    against = step_objections(step, plan, view, policy, now)
    return ((allowed,) if isinstance(allowed, Refuse) else ()) + against


def summed_outcomes(
    plan: Plan, outcomes: dict[str, Outcome], record: StepStore, incident: Incident
) -> Resolved:
    """All outcomes as one value, with a sentence that leaves no half-applied plan unsaid.

    Args:
        plan: The plan.
        outcomes: Step key → what came of it; a step that was not come to has none.
        record: For the ways back.
        incident: Whose plan it is.
    """
    done = [one for one in outcomes.values() if one.did is not StepDid.FAILED]
    last = list(outcomes.values())[-1] if outcomes else None
    if last is None:
        return Resolved(says="the plan has no steps", applied=False, refused=True, outcomes=outcomes)
    if last.did is not StepDid.FAILED:
        return Resolved(
            says=f"{plan.summary}: {len(done)} of {len(plan.steps)} steps done",
            applied=True,
            outcomes=outcomes,
        )
    begun = any(one.plan_hash == plan.hash for one in record.intents(incident.id))
    says = f"{len(done)} of {len(plan.steps)} steps done, then: {last.says}"
    return Resolved(says=says, applied=False, refused=not begun, outcomes=outcomes)


def _busy(step: Step) -> Outcome:
    return failed_outcome(
        f"{step.change.action} {step.change.target}: not written, another run of ours is writing it"
    )
