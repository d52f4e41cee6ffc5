"""One write, done with care: the way back recorded first, the outcome after, and the truth looked up when in doubt.

Whatever happens to this process at any line, a later one finds an intent, looks at the object and goes on. The
object is written at most once: every write relies on the version that was read just before it.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from outage.diagnosis.hypothesis import Action, Change
from outage.errors import (
    ClusterConflict,
    ClusterMissing,
    ClusterThrottled,
    ClusterUnreachable,
    DatabaseUnreachable,
    OutageError,
    PlanDeclined,
    RecordError,
)
from outage.plans.fence import Fence
from outage.plans.outcome import Outcome, StepDid
from outage.plans.plan import Intent, Precondition
from outage.plans.preconditions import broken_precondition
from outage.plans.reconcile_intents import WriteState, already_so, changes_nothing, look_at_write
from outage.value import Manifest
from tasks.act.drain_node import drain_node
from tasks.act.step_outcomes import applied_outcome, before_image, failed_outcome, unexpected_outcome
from tasks.act.step_store import StepStore, Target

BREATHS_SECONDS = (0.0, 0.2, 1.0, 4.0, 10.0)
"""Before each try of one write: an API server that restarts is back within seconds, or it is an outage of its own."""

MAY_PASS = (ClusterConflict, ClusterMissing, ClusterThrottled, ClusterUnreachable, DatabaseUnreachable)
"""After one of these the object is looked at again: it moved, went, or the answer got lost."""


@dataclass(frozen=True)
class StepExecutor:
    """What is needed to write one thing: where the record is, where the object is, and the clock."""

    incident_id: str
    plan_hash: str
    ledger: StepStore
    door: Target
    fence: Fence
    """Held on the step's target: compared when the intent is written, and again right before the write."""
    now: Callable[[], datetime]
    may: Callable[[], str | None]
    """Why not to write, or None: asked right before each write, the kill switch first of all."""
    stopped: Callable[[], str | None]
    """Why writing is switched off, or None: asked again and again while one write goes on, as a drain does."""
    rest: Callable[[float], None] = time.sleep

    def carry_out(
        self,
        key: str,
        change: Change,
        expected: Precondition,
        says_back: str,
        followed_by: Change | None = None,
    ) -> Outcome:
        """Do one step, or find out what became of it.

        Args:
            key: The step's key in the record.
            change: What to write.
            expected: What must hold of the live object.
            says_back: The way back, as a sentence.
            followed_by: A later change of the same object, whose precondition this outcome will be.
        """
        standing = self.intent(key)
        if standing and standing.outcome:
            return standing.outcome
        try:
            if standing:
                return self._go_on(key, change, standing, followed_by)
            live = self.door.read(change.target)
            if why := broken_precondition(expected, live, change):
                if already_so(change, live):
                    return self.nothing_to_write(
                        key, change, live, says_back, f"{why}, as wanted", followed_by
                    )
                return failed_outcome(
                    f"{change.action} {change.target}: not written, {why} since the plan was made"
                )
            if changes_nothing(change, live):
                return self.nothing_to_write(key, change, live, says_back, "it is so already", followed_by)
            if reason := self.may():
                return failed_outcome(f"{change.action} {change.target}: not written, {reason}")
            self._intend(key, live, says_back)
            return self._write(key, change, live, followed_by)
        except RecordError:
            raise  # nobody may guess what is on record, or holds the target now: the next run reads it and looks
        except (ClusterUnreachable, ClusterThrottled, DatabaseUnreachable, PlanDeclined) as error:
            doubt = "whether it was written is not known yet" if self.intent(key) else "nothing was written"
            return failed_outcome(f"{change.action} {change.target}: {error}; {doubt}")
        except OutageError as error:
            return self._settled(key, failed_outcome(f"{change.action} {change.target}: {error}"))

    def intent(self, key: str) -> Intent | None:
        """The intent of this plan under a key, or None."""
        return intent_of_step(self.ledger, self.incident_id, self.plan_hash, key)

    def _intend(self, key: str, live: Manifest | None, says_back: str) -> None:
        before = before_image(live, says_back)
        self.ledger.intend(self.incident_id, self.plan_hash, key, before, self.now(), self.fence)

    def find_out(self, key: str, change: Change, standing: Intent) -> Outcome:
        """Settle an intent without an outcome by looking alone; nothing is written.

        Args:
            key: Of the step.
            change: What was to be written.
            standing: The intent, written before whoever wrote it died.
        """
        live = self.door.read(change.target)
        match look_at_write(change, standing.way_back.before, live):
            case WriteState.WRITTEN:
                return self._settled(
                    key, applied_outcome(change, live, None, "found written when looking again")
                )
            case WriteState.AS_BEFORE:
                return self._settled(
                    key, failed_outcome(f"{change.action} {change.target}: it was never written")
                )
            case _:
                return self._settled(key, failed_outcome(unexpected_outcome(change)))

    def _go_on(self, key: str, change: Change, standing: Intent, followed_by: Change | None) -> Outcome:
        """An earlier process died between intent and outcome: look, then write only what was not written."""
        before, live = standing.way_back.before, self.door.read(change.target)
        seen = look_at_write(change, before, live)
        if seen is WriteState.WRITTEN and change.action is not Action.DRAIN:
            return self._settled(
                key, applied_outcome(change, live, followed_by, "found written when looking again")
            )
        if seen is WriteState.NEITHER:
            return self._settled(key, failed_outcome(unexpected_outcome(change)))
        if reason := self.may():
            return self._settled(
                key, failed_outcome(f"{change.action} {change.target}: not written, {reason}")
            )
        return self._write(key, change, before, followed_by)

    def _write(
        self, key: str, change: Change, before: Manifest | None, followed_by: Change | None
    ) -> Outcome:
        trouble: OutageError | None = None
        for breath in BREATHS_SECONDS:
            try:
                if trouble:
                    self.rest(breath)
                live = self.door.read(change.target)
                seen = look_at_write(change, before, live)
                if seen is WriteState.WRITTEN and change.action is not Action.DRAIN:
                    return self._settled(key, applied_outcome(change, live, followed_by, "found written"))
                if seen is WriteState.NEITHER:
                    return self._settled(key, failed_outcome(unexpected_outcome(change)))
                if trouble and (reason := self.may()):
                    return self._settled(
                        key, failed_outcome(f"{change.action} {change.target}: not written, {reason}")
                    )
                after = self._once(change, live, seen)
            except MAY_PASS as error:
                trouble = error
                continue
            return self._settled(key, applied_outcome(change, after, followed_by, "written"))
        raise trouble or ClusterUnreachable(f"{change.action} {change.target}: no try was made")

    def _once(self, change: Change, live: Manifest | None, seen: WriteState) -> Manifest | None:
        after = live  # a node that is cordoned already is only drained
        if seen is not WriteState.WRITTEN:
            meta = (live or {}).get("metadata") or {}
            relies = Precondition(uid=meta.get("uid"), resource_version=meta.get("resourceVersion"))
            after = self.door.write(change, relies, self.fence)
        if change.action is Action.DRAIN:
            drain_node(change.target, self.door, self.fence, self.rest, self.stopped)
        return after

    def nothing_to_write(
        self,
        key: str,
        change: Change,
        live: Manifest | None,
        says_back: str,
        why: str,
        followed_by: Change | None = None,
    ) -> Outcome:
        """Record that a step had nothing to do, so that later runs know it was settled and do not judge anew.

        Args:
            key: The step's key in the record.
            change: What would have been written.
            live: The object as it is; None when there is none.
            says_back: The way back, as a sentence.
            why: Why there is nothing to write.
            followed_by: A later change of the same object, whose precondition this outcome will be.
        """
        self._intend(key, live, says_back)
        outcome = applied_outcome(change, live, followed_by, f"nothing to write, {why}")
        return self._settled(key, outcome.model_copy(update={"did": StepDid.ALREADY_SO}))

    def _settled(self, key: str, outcome: Outcome) -> Outcome:
        if self.intent(key) is None:
            return outcome
        stands = self.ledger.settle(self.incident_id, self.plan_hash, key, outcome, self.now(), self.fence)
        return stands.outcome or outcome


def intent_of_step(ledger: StepStore, incident_id: str, plan_hash: str, key: str) -> Intent | None:
    """The intent of one step of a plan, or None when it was not begun.

    Args:
        ledger: Where intents are.
        incident_id: Whose plan it is.
        plan_hash: Of the plan.
        key: Of the step, or of its undoing.
    """
    found = (one for one in ledger.intents(incident_id) if one.plan_hash == plan_hash)
    return next((one for one in found if one.step_key == key), None)
