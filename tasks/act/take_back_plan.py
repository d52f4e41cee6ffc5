"""Take a plan back, last step first, and prove that the state after equals the state before."""

import time
from collections.abc import Callable
from datetime import datetime

from outage.diagnosis.hypothesis import Action, Change
from outage.errors import OutageError, RecordError
from outage.incidents.incident import Incident
from outage.plans.outcome import Outcome, Resolved, StepDid
from outage.plans.plan import TAKE_BACK, Intent, Plan, Step
from outage.plans.preconditions import edited_fields, precondition, spec_hash
from outage.plans.reconcile_intents import WriteState, is_this, look_at_write, undoing_patch
from outage.value import Manifest
from tasks.act.step_executor import StepExecutor
from tasks.act.step_outcomes import failed_outcome
from tasks.act.step_store import StepStore, Target
from tasks.act.target_lock import target_lock

BUSY = "not taken back, another run of ours is writing there"


def take_back_steps(
    plan: Plan,
    incident: Incident,
    record: StepStore,
    writer: Target,
    *,
    stopped: Callable[[], str | None],
    now: Callable[[], datetime],
    database: Target | None = None,
    rest: Callable[[float], None] = time.sleep,
) -> Resolved:
    """Undo what the plan wrote; what it did not write, or what somebody else wrote since, stays.

    The approval of the plan covers this: the way back stood in it.

    Source: runbook "Resolution Actions".
    Changes: restores, re-creates or deletes what the plan's steps wrote.
    Take back: nothing; the state is that from before the plan.

    Args:
        plan: The plan that was applied, whole or in part.
        incident: Whose plan it is.
        record: Where the ways back are.
        writer: The cluster's door.
        stopped: Why writing is switched off, or None.
        now: The clock.
        database: The database's door.
        rest: Waits so many seconds.

    Raises:
        FenceLost: Another responder holds a target since; this one wrote nothing to it. Permanent.
        RecordError: What is on record is not known. Transient.
    """
    outcomes: dict[str, Outcome] = {}
    for step in reversed(plan.steps):
        door = database if step.change.action is Action.CANCEL else writer
        if door is None:
            continue  # without the door nothing was written through it either

        def may() -> str | None:
            return f"the kill switch is thrown: {stop}" if (stop := stopped()) else None

        outcome: Outcome | None = failed_outcome(f"{step.key}: {BUSY}")
        with target_lock(record, str(step.change.target), rest) as fence:
            if fence:
                hand = StepExecutor(incident.id, plan.hash, record, door, fence, now, may, stopped, rest)
                outcome = _undo(hand, plan, step, _beyond(hand, plan, step))
        if outcome is not None:
            outcomes[TAKE_BACK + step.key] = outcome
            if outcome.did is StepDid.FAILED:
                break  # earlier steps rely on this one being undone
    return _summed(plan, outcomes)


def _undo(hand: StepExecutor, plan: Plan, step: Step, beyond: bool) -> Outcome | None:
    """Undo one step; None when it wrote nothing.

    Args:
        hand: Writes for this plan.
        plan: The whole plan.
        step: What to undo.
        beyond: Whether an earlier run went on to the steps before this one: then this one was proven, and the
            object has moved on since.
    """
    standing = hand.intent(step.key)
    if standing is None:
        return None
    try:
        did = standing.outcome or hand.find_out(step.key, step.change, standing)
        if not _may_have_written(step.change, did):
            return None
        if step.change.action is Action.CANCEL or _replaced_by_its_controller(step.change):
            return Outcome(did=StepDid.ALREADY_SO, says=step.take_back)
        done = _write_back(hand, step, standing, did, *_left(hand, plan, step, did))
        return done if beyond else _proven(hand, step, standing, done)
    except RecordError:
        raise  # the next run reads it
    except OutageError as error:
        return failed_outcome(f"take back {step.change.action} {step.change.target}: {error}")


def _may_have_written(change: Change, did: Outcome) -> bool:
    """Whether there may be something to undo: a drain that failed or was stopped has cordoned its node all the same."""
    return did.did is StepDid.APPLIED or (did.did is StepDid.FAILED and change.action is Action.DRAIN)


def _replaced_by_its_controller(change: Change) -> bool:
    return change.action is Action.DELETE and change.target.kind == "Pod"


def _beyond(hand: StepExecutor, plan: Plan, step: Step) -> bool:
    before = plan.steps[: plan.steps.index(step)]
    return any(hand.intent(TAKE_BACK + one.key) is not None for one in before)


def _write_back(
    hand: StepExecutor, step: Step, standing: Intent, did: Outcome, last: Change, uids: set[str | None]
) -> Outcome:
    before, live, key = standing.way_back.before, hand.door.read(step.change.target), TAKE_BACK + step.key
    begun = hand.intent(key)
    base = begun.way_back.before if begun else live
    exact = base is not None and spec_hash(base, last) == did.spec_hash and _uid(base) in uids
    if is_same_state(
        before, base, step.change
    ):  # also when an earlier run saw that, and died before it said so
        return hand.nothing_to_write(key, step.change, live, step.take_back, "it is as it was before")
    if begun is None and not exact and (why := _not_ours(step.change, before, live, did)):
        return failed_outcome(
            f"take back {step.change.action} {step.change.target}: {why}; a person has to look"
        )
    back = undoing_patch(step.change, before, base, exact)
    if back is None:
        return Outcome(did=StepDid.ALREADY_SO, says=step.take_back)
    return hand.carry_out(key, back, precondition(live, back), step.take_back)


def _left(hand: StepExecutor, plan: Plan, step: Step, did: Outcome) -> tuple[Change, set[str | None]]:
    """How to hash what the step left, and which uids it may have: undoing a later deletion made the object anew."""
    later = next((one for one in plan.steps if one.precondition.follows == step.key), None)
    again = hand.intent(TAKE_BACK + later.key) if later else None
    made = again.outcome.uid if again and again.outcome else None
    return (later or step).change, {did.uid, made}


def _uid(manifest: Manifest) -> str | None:
    uid: str | None = (manifest.get("metadata") or {}).get("uid")
    return uid


def _not_ours(change: Change, before: Manifest | None, live: Manifest | None, did: Outcome) -> str | None:
    """Why the live object is not what our step left, or None when it is."""
    if look_at_write(change, before, live) is not WriteState.WRITTEN:
        return "somebody else wrote it since"
    if change.action is Action.CREATE and did.uid and (live or {}).get("metadata", {}).get("uid") != did.uid:
        return "somebody made it anew since"
    if change.action is Action.DELETE and live is not None:
        return "somebody made another one since"
    return None


def _proven(hand: StepExecutor, step: Step, standing: Intent, outcome: Outcome) -> Outcome:
    """Look whether the state after equals the state before."""
    if outcome.did is StepDid.FAILED:
        return outcome
    live = hand.door.read(step.change.target)
    if is_same_state(standing.way_back.before, live, step.change):
        return outcome
    return failed_outcome(
        f"take back {step.change.action} {step.change.target}: written, but it is not as it was before"
    )


def is_same_state(before: Manifest | None, live: Manifest | None, change: Change) -> bool:
    """Whether an object is as a person left it before the step, whatever controllers wrote since.

    Args:
        before: The object before the step; None when there was none.
        live: The object now.
        change: What the step wrote.
    """
    if before is None or live is None:
        gone = live is None or bool((live.get("metadata") or {}).get("deletionTimestamp"))
        return before is None and gone
    if change.action is Action.DELETE:
        return is_this(live, before, change)
    return edited_fields(before, change) == edited_fields(live, change)


def _summed(plan: Plan, outcomes: dict[str, Outcome]) -> Resolved:
    stuck = [one for one in outcomes.values() if one.did is StepDid.FAILED]
    if stuck:
        return Resolved(says=f"not taken back whole: {stuck[0].says}", applied=False, outcomes=outcomes)
    if not outcomes:
        return Resolved(says="nothing was written, so nothing is taken back", applied=True)
    return Resolved(says=f"taken back: {plan.summary}", applied=True, outcomes=outcomes)
