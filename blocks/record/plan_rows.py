"""Plans, and who answered them."""

from collections.abc import Sequence

from blocks.record.record_pool import Connection, RecordPool, advisory_lock, as_json
from blocks.record.timeline_entries import add_entry
from outage.incidents.timeline import Entry, EntryKind
from outage.plans.approval import Approval, answer_sentence, overruled, with_answer
from outage.plans.plan import Plan
from outage.text.redaction import redact
from outage.value import Value


class AnsweredPlan(Value):
    """A plan, and how many people answered it."""

    plan: Plan
    answers: int


class PlanRows(RecordPool):
    """What would be written, and who said yes or no."""

    def keep_plan(self, plan: Plan) -> Plan:
        """Keep the plan of an attempt; the first one stands, and what stands is returned."""
        row = self.row(
            f"keep plan {plan.attempt} of {plan.incident}",
            "insert into outage.plan (incident, attempt, hash, body) values (%s, %s, %s, %s)"
            " on conflict (incident, attempt) do update set attempt = excluded.attempt returning body",
            plan.incident,
            plan.attempt,
            plan.hash,
            as_json(plan),
        )
        return Plan.model_validate(row["body"]) if row else plan

    def plan(self, incident_id: str, attempt: int) -> Plan | None:
        """The plan of one attempt, or None."""
        row = self.row(
            f"read plan {attempt} of {incident_id}",
            "select body from outage.plan where incident = %s and attempt = %s",
            incident_id,
            attempt,
        )
        return Plan.model_validate(row["body"]) if row else None

    def plans(self, incident_id: str) -> list[Plan]:
        """All plans of an incident, in the order of attempts."""
        found = self.rows(
            f"read the plans of {incident_id}",
            "select body from outage.plan where incident = %s order by attempt",
            incident_id,
        )
        return [Plan.model_validate(row["body"]) for row in found]

    def waiting_plans(self, incident_ids: Sequence[str]) -> dict[str, AnsweredPlan]:
        """The newest plan of each of some incidents, with how many people answered it: one statement for all.

        Args:
            incident_ids: Of the incidents; one without a plan is left out.
        """
        if not incident_ids:
            return {}
        found = self.rows(
            "read the plans that wait",
            "select p.incident, p.body, (select count(*) from outage.approval a"
            " where a.incident = p.incident and a.plan_hash = p.hash) as answers"
            " from (select distinct on (incident) incident, hash, body from outage.plan"
            " where incident = any(%s) order by incident, attempt desc) p",
            list(incident_ids),
        )
        return {
            row["incident"]: AnsweredPlan(plan=Plan.model_validate(row["body"]), answers=row["answers"])
            for row in found
        }

    def answer(self, incident_id: str, approval: Approval, *, quorum: int, leader: str = "") -> Approval:
        """Say yes or no to a plan; what was said is a line of the timeline in the same moment, counted or not.

        Args:
            incident_id: Whose plan it is.
            approval: The answer. The first no decides; a yes can be called back until the first write.
            quorum: Approvals that the plan needs.
            leader: Who must be among those who say yes; empty when nobody must.

        Returns:
            The answer that stands: this one, the same person's earlier one, or the one that decided the plan.
        """
        with self.transaction(f"answer plan {approval.plan_hash} of {incident_id}") as connection:
            advisory_lock(connection, "answer", incident_id, approval.plan_hash)
            found = connection.execute(
                "select body from outage.approval where incident = %s and plan_hash = %s order by written",
                (incident_id, approval.plan_hash),
            ).fetchall()
            given = [Approval.model_validate(row["body"]) for row in found]
            written = _is_written(connection, incident_id, approval.plan_hash)
            stands = with_answer(given, approval, quorum, written, leader)
            if stands is approval:
                _keep_answer(connection, incident_id, approval)
            because = overruled(approval, stands, written)
            add_entry(connection, incident_id, _answer_line(approval, because))
            return stands

    def approvals(self, incident_id: str, plan_hash: str | None = None) -> list[Approval]:
        """The answers to one plan (or to all of the incident), one per person, first answer first."""
        found = self.rows(
            f"read the approvals of {incident_id}",
            "select body from outage.approval where incident = %s and (%s::text is null or plan_hash = %s)"
            " order by written",
            incident_id,
            plan_hash,
            plan_hash,
        )
        return [Approval.model_validate(row["body"]) for row in found]


def _answer_line(given: Approval, because: str) -> Entry:
    """The line of one answer; the same person saying the same at the same door again is no news."""
    key = f"answer/{given.plan_hash}/{given.by}/{given.answer}/{given.door}{'/late' if because else ''}"
    return Entry(
        key=key,
        at=given.at,
        kind=EntryKind.APPROVAL,
        says=redact(answer_sentence(given, because)),
        by=given.by,
    )


def _is_written(connection: Connection, incident_id: str, plan_hash: str) -> bool:
    found = connection.execute(
        "select from outage.intent where incident = %s and plan_hash = %s limit 1", (incident_id, plan_hash)
    )
    return found.fetchone() is not None


def _keep_answer(connection: Connection, incident_id: str, approval: Approval) -> None:
    connection.execute(
        "insert into outage.approval (incident, plan_hash, by, answer, at, body)"
        " values (%s, %s, %s, %s, %s, %s) on conflict (incident, plan_hash, by)"
        " do update set answer = excluded.answer, at = excluded.at, body = excluded.body",
        (incident_id, approval.plan_hash, approval.by, approval.answer, approval.at, as_json(approval)),
    )
