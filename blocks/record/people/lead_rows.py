"""What people chose to be done, and what stands until somebody takes it back."""

from datetime import datetime

from blocks.record.record_pool import RecordPool, as_json
from outage.diagnosis.resolution_action import ResolutionAction
from outage.mitigation.standing_mitigation import StandingMitigation


class LeadRows(RecordPool):
    """Choices, and mitigations that stand."""

    def choose_action(self, incident_id: str, action: ResolutionAction) -> bool:
        """Keep what a person chose; the first of a key stands. True when it is new."""
        row = self.row(
            f"keep what {action.by} chose for {incident_id}",
            "insert into outage.chosen_action (incident, key, at, body) values (%s, %s, %s, %s)"
            " on conflict do nothing returning key",
            *(incident_id, action.key, action.at, as_json(action)),
        )
        return row is not None

    def chosen_actions(self, incident_id: str) -> list[ResolutionAction]:
        """What people chose for an incident, oldest first."""
        found = self.rows(
            f"read what was chosen for {incident_id}",
            "select body from outage.chosen_action where incident = %s order by at, key",
            incident_id,
        )
        return [ResolutionAction.model_validate(row["body"]) for row in found]

    def keep_standing(self, one: StandingMitigation) -> StandingMitigation:
        """Keep that something stands; the first of a plan counts, and is returned."""
        row = self.row(
            f"keep that plan {one.attempt} of {one.incident} stands",
            "insert into outage.standing_mitigation (incident, attempt, body) values (%s, %s, %s)"
            " on conflict (incident, attempt) do update set attempt = excluded.attempt returning body",
            *(one.incident, one.attempt, as_json(one)),
        )
        return StandingMitigation.model_validate(row["body"]) if row else one

    def end_standing(self, incident_id: str, attempt: int, at: datetime) -> bool:
        """Mark it as taken back; False when it did not stand."""
        row = self.row(
            f"end what plan {attempt} of {incident_id} left standing",
            "update outage.standing_mitigation set ended_at = %s"
            " where incident = %s and attempt = %s and ended_at is null returning attempt",
            *(at, incident_id, attempt),
        )
        return row is not None

    def standing_mitigations(self) -> list[StandingMitigation]:
        """Everything that stands now, of all incidents, oldest first."""
        found = self.rows(
            "read what stands",
            "select body from outage.standing_mitigation where ended_at is null"
            " order by body ->> 'since', incident",
        )
        return [StandingMitigation.model_validate(row["body"]) for row in found]
