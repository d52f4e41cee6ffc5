"""Intents: the way back is written down before a step is, and the outcome after it."""

from datetime import datetime

from blocks.record.record_pool import Connection, RecordPool, Row, advisory_lock, as_json
from blocks.record.writer_locks import refuse_old_fence
from outage.errors import PlanDeclined, RecordError
from outage.plans.fence import Fence
from outage.plans.outcome import Outcome
from outage.plans.plan import Intent, WayBack

COLUMNS = "incident, plan_hash, step_key, way_back, at, outcome"


class StepIntents(RecordPool):
    """What was about to be written, and what became of it."""

    def intend(
        self,
        incident_id: str,
        plan_hash: str,
        step_key: str,
        way_back: WayBack,
        at: datetime,
        fence: Fence,
    ) -> Intent:
        """Write an intent before the step; an earlier one of the same step stands and is returned.

        Answers wait for it and it waits for answers: a no that was recorded stops the first write, and a no that
        comes later is told that writing has begun.

        Args:
            incident_id: Of the incident.
            plan_hash: Of the plan that people said yes to.
            step_key: Of the step within it.
            way_back: The object as it is now, and how it is put back.
            at: Now, aware UTC.
            fence: What the writer holds; compared in the same transaction.

        Returns:
            The intent that stands; one with an outcome has been carried out before.

        Raises:
            FenceLost: Somebody else holds the target since. Permanent.
            PlanDeclined: Somebody said no, and nothing of the plan was written yet. Permanent.
        """
        with self.transaction(f"intend {step_key} of {incident_id}") as connection:
            advisory_lock(connection, "answer", incident_id, plan_hash)
            refuse_old_fence(connection, fence)
            _refuse_declined(connection, incident_id, plan_hash)
            row = connection.execute(
                "insert into outage.intent (incident, plan_hash, step_key, way_back, at, target, token)"
                " values (%s, %s, %s, %s, %s, %s, %s)"
                " on conflict (incident, plan_hash, step_key) do update set step_key = excluded.step_key"
                f" returning {COLUMNS}",
                (incident_id, plan_hash, step_key, as_json(way_back), at, fence.target, fence.token),
            ).fetchone()
        return _intent(row, incident_id, step_key)

    def settle(
        self,
        incident_id: str,
        plan_hash: str,
        step_key: str,
        outcome: Outcome,
        at: datetime,
        fence: Fence,
    ) -> Intent:
        """Write what a step did; the first outcome stands and is returned.

        Args:
            incident_id: Of the incident.
            plan_hash: Of the plan.
            step_key: Of the step within it.
            outcome: What came of it.
            at: Now, aware UTC.
            fence: What the writer holds; who lost it tells nobody what became of a step.

        Raises:
            FenceLost: Somebody else holds the target since. Permanent.
        """
        with self.transaction(f"settle {step_key} of {incident_id}") as connection:
            refuse_old_fence(connection, fence)
            row = connection.execute(
                "update outage.intent set outcome = coalesce(outcome, %s), settled_at = coalesce(settled_at, %s)"
                f" where incident = %s and plan_hash = %s and step_key = %s returning {COLUMNS}",
                (as_json(outcome), at, incident_id, plan_hash, step_key),
            ).fetchone()
        return _intent(row, incident_id, step_key)

    def intents(self, incident_id: str) -> list[Intent]:
        """All intents of an incident, in the order in which they were written."""
        found = self.rows(
            f"read the intents of {incident_id}",
            f"select {COLUMNS} from outage.intent where incident = %s order by written",
            incident_id,
        )
        return [Intent.model_validate(row) for row in found]


def _intent(row: Row | None, incident_id: str, step_key: str) -> Intent:
    if row is None:
        raise RecordError(f"settle {step_key} of {incident_id}: it was never intended")
    return Intent.model_validate(row)


def _refuse_declined(connection: Connection, incident_id: str, plan_hash: str) -> None:
    no = connection.execute(
        "select by from outage.approval a where incident = %s and plan_hash = %s and answer = 'decline'"
        " and not exists (select from outage.intent i where i.incident = a.incident and i.plan_hash = a.plan_hash)"
        " limit 1",
        (incident_id, plan_hash),
    ).fetchone()
    if no:
        raise PlanDeclined(f"{no['by']} declined the plan before anything was written")
