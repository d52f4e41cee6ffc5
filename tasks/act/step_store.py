"""What applying a plan needs of the record and of the doors: two small shapes, so that tests can stand in for both."""

from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from outage.diagnosis.hypothesis import Change
from outage.kubernetes.objects import ObjectRef
from outage.plans.approval import Approval
from outage.plans.fence import Fence
from outage.plans.outcome import Outcome
from outage.plans.plan import Intent, Precondition, WayBack
from outage.value import Manifest


class StepStore(Protocol):
    """The part of the record that makes dying harmless; `blocks.record.Record` is one."""

    def intend(
        self,
        incident_id: str,
        plan_hash: str,
        step_key: str,
        way_back: WayBack,
        at: datetime,
        fence: Fence,
    ) -> Intent:
        """Write an intent; an earlier one of the same step stands and is returned.

        Args:
            incident_id: Whose plan it is.
            plan_hash: Of the plan as it was approved.
            step_key: Of the step; with `take-back/` before it for its undoing.
            way_back: The object as it was, None when there was none, and how to get there again.
            at: The moment, aware UTC.
            fence: What the writer holds; an old one is refused.

        Raises:
            FenceLost: Somebody else holds the target since. Permanent.
            RecordError: It could not be written, so the step may not be either. Transient.
        """

    def settle(
        self,
        incident_id: str,
        plan_hash: str,
        step_key: str,
        outcome: Outcome,
        at: datetime,
        fence: Fence,
    ) -> Intent:
        """Write an outcome; the first one stands.

        Args:
            incident_id: Whose plan it is.
            plan_hash: Of the plan as it was approved.
            step_key: Of the step.
            outcome: What became of it.
            at: The moment, aware UTC.
            fence: What the writer holds; an old one is refused.

        Returns:
            The intent with the outcome that stands.

        Raises:
            FenceLost: Somebody else holds the target since. Permanent.
            RecordError: It could not be written; a later run looks at the object. Transient.
        """

    def intents(self, incident_id: str) -> list[Intent]:
        """All intents of an incident, in the order in which they were written."""

    def approvals(self, incident_id: str, plan_hash: str | None = None) -> list[Approval]:
        """The answers to a plan."""

    def only_writer(self, target: str) -> AbstractContextManager[Fence | None]:
        """Hold the right to write to a target; None when somebody else holds it."""


class Target(Protocol):
    """Where a change is written: a cluster's `Writer`, or a database's."""

    def read(self, ref: ObjectRef) -> Manifest | None:
        """The object as it is now, or None when it is not there."""

    def dry_run(self, change: Change, precondition: Precondition) -> tuple[Manifest | None, Manifest | None]:
        """The object before and after, without writing."""

    def write(self, change: Change, precondition: Precondition, fence: Fence) -> Manifest | None:
        """Write; gives the object after it.

        Args:
            change: What to write.
            precondition: What must hold of the live object; the write goes against the version that was
                read.
            fence: What the writer holds; compared right before the call.

        Returns:
            The object after it; None when it is gone.
        """
