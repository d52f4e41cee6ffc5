"""What stands, and what ended lately, whole: a limit of rows would hide the oldest just when there are many."""

from datetime import datetime, timedelta

from blocks.record.incident_rows import COLUMNS
from blocks.record.record_pool import RecordPool, Row
from outage.incidents.incident import Incident
from outage.kubernetes.objects import ObjectRef
from outage.plans.plan import TAKE_BACK, Plan
from outage.policies.guards import RecentWrite


class StandingIncidents(RecordPool):
    """Incidents by whether they are over, and what was written for them."""

    def open_incidents(self) -> list[Incident]:
        """Every incident that is not over, newest first."""
        found = self.rows(
            "list what is open",
            f"select {COLUMNS} from outage.incident where closed_at is null order by opened_at desc, id",
        )
        return [Incident.model_validate(row) for row in found]

    def answered_since(self, platform: str, since: datetime) -> list[Incident]:
        """What is open on a platform or ended there since, newest first; with what belongs to no platform yet.

        Args:
            platform: Its name.
            since: Aware UTC.
        """
        found = self.rows(
            f"list what was answered on {platform}",
            f"select {COLUMNS} from outage.incident where platform in (%s, '')"
            " and (closed_at is null or closed_at >= %s) order by opened_at desc, id",
            platform,
            since,
        )
        return [Incident.model_validate(row) for row in found]

    def last_close(self, platform: str) -> datetime | None:
        """When the newest incident of a platform ended; None when none ever did."""
        row = self.row(
            f"ask when {platform} was last well again",
            "select max(closed_at) as at from outage.incident where platform = %s",
            platform,
        )
        return row["at"] if row else None

    def writes_since(self, since: datetime) -> tuple[RecentWrite, ...]:
        """Every write that was begun for any incident since, oldest first: what the guards count."""
        found = self.rows(
            "list the writes of late",
            "select t.incident, i.platform, t.step_key, t.at, p.body as plan from outage.intent t"
            " join outage.incident i on i.id = t.incident"
            " join lateral (select body from outage.plan one where one.incident = t.incident"
            " and one.hash = t.plan_hash order by attempt limit 1) p on true"
            " where t.at >= %s order by t.at, t.written",
            since,
        )
        return tuple(write for row in found if (write := _recent_write(row)))

    def watched_incidents(self, now: datetime, closed_within: timedelta) -> list[Incident]:
        """Incidents about which somebody may have to be told: the open ones, and those closed lately, not seen out.

        Args:
            now: The time.
            closed_within: For so long, at most, is anybody called about an incident that is over.
        """
        found = self.rows(
            "read the incidents to watch over",
            f"select {COLUMNS} from outage.incident where closed_at is null"
            " or (seen_out_at is null and closed_at > %s) order by opened_at",
            now - closed_within,
        )
        return [Incident.model_validate(row) for row in found]

    def see_out(self, incident_id: str, at: datetime) -> None:
        """Note that all was told of an incident that is over: it is watched no more until a person does something."""
        self.rows(
            f"see {incident_id} out",
            "update outage.incident set seen_out_at = %s where id = %s and closed_at is not null returning id",
            at,
            incident_id,
        )


def _recent_write(row: Row) -> RecentWrite | None:
    target = _target(Plan.model_validate(row["plan"]), row["step_key"].removeprefix(TAKE_BACK))
    if target is None:
        return None
    return RecentWrite(incident=row["incident"], target=target, at=row["at"], platform=row["platform"])


def _target(plan: Plan, step_key: str) -> ObjectRef | None:
    return next((step.change.target for step in plan.steps if step.key == step_key), None)
