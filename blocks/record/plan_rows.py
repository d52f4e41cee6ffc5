"""Plans, and who answered them."""

from blocks.record.record_pool import RecordPool, advisory_lock, as_json
from outage.plans.approval import Answer, Approval, standing_answer_of
from outage.plans.plan import Plan


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

    def answer(self, incident_id: str, approval: Approval, *, quorum: int) -> Approval:
        """Say yes or no to a plan, unless that was decided already.

        Args:
            incident_id: Whose plan it is.
            approval: The answer. A yes that a person gave before stays; it may become a no until the plan is decided.
            quorum: Approvals that the plan needs. A single decline decides it.

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
            if decided := standing_answer_of(given, quorum):
                return decided
            for one in given:
                if one.by == approval.by and approval.answer is not Answer.DECLINE:
                    return one
            connection.execute(
                "insert into outage.approval (incident, plan_hash, by, answer, at, body)"
                " values (%s, %s, %s, %s, %s, %s) on conflict (incident, plan_hash, by)"
                " do update set answer = excluded.answer, at = excluded.at, body = excluded.body",
                (
                    incident_id,
                    approval.plan_hash,
                    approval.by,
                    approval.answer,
                    approval.at,
                    as_json(approval),
                ),
            )
            return approval

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
