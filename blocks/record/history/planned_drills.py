"""Drills that a schedule announced, until they begin or are called off; of both only the first counts."""

from datetime import datetime

from blocks.record.record_pool import RecordPool
from outage.policies.drill_rotation import PlannedDrill

COLUMNS = ", ".join(PlannedDrill.model_fields)


class PlannedDrills(RecordPool):
    """What will be practised."""

    def plan_drill(self, planned: PlannedDrill) -> PlannedDrill:
        """Keep an announced drill; a run that is started again finds the one that it announced before."""
        row = self.row(
            f"plan {planned.id}",
            "insert into outage.planned_drill (id, run, platform, fault, service, announced_at, begins_at)"
            " values (%s, %s, %s, %s, %s, %s, %s)"
            f" on conflict (run) do update set run = excluded.run returning {COLUMNS}",
            *(planned.id, planned.run, planned.platform, planned.fault, planned.service),
            *(planned.announced_at, planned.begins_at),
        )
        return PlannedDrill.model_validate(row) if row else planned

    def planned_drill(self, drill_id: str) -> PlannedDrill | None:
        """One of them as it stands; None of a drill that nobody announced before."""
        return self._one("id", drill_id)

    def planned_by_run(self, run: str) -> PlannedDrill | None:
        """The drill that a run announced; None when it has not yet."""
        return self._one("run", run)

    def _one(self, column: str, value: str) -> PlannedDrill | None:
        row = self.row(
            f"read the planned drill {value}",
            f"select {COLUMNS} from outage.planned_drill where {column} = %s",
            value,
        )
        return PlannedDrill.model_validate(row) if row else None

    def waiting_drills(self, platform: str = "") -> list[PlannedDrill]:
        """Those that have neither begun nor been called off, the next first; of one platform, or of all."""
        found = self.rows(
            "list the drills that wait",
            f"select {COLUMNS} from outage.planned_drill where begun_at is null and off_at is null"
            " and (%s = '' or platform = %s) order by begins_at, id",
            *(platform, platform),
        )
        return [PlannedDrill.model_validate(row) for row in found]

    def begin_planned(self, drill_id: str, at: datetime) -> bool:
        """Say that it begins; False when it was called off before, or has begun already."""
        return self._settled(drill_id, "begun_at = %s", at)

    def call_off(self, drill_id: str, by: str, why: str, at: datetime) -> bool:
        """Call it off; False when it was already, or has begun: then it is an incident to be answered.

        Args:
            drill_id: Of the drill.
            by: Who calls it off; `outage` when something stood against it.
            why: As a sentence without its end.
            at: Now, aware UTC.
        """
        return self._settled(drill_id, "off_at = %s, off_by = %s, off_why = %s", at, by, why)

    def _settled(self, drill_id: str, change: str, *values: object) -> bool:
        row = self.row(
            f"settle the planned drill {drill_id}",
            f"update outage.planned_drill set {change} where id = %s and begun_at is null and off_at is null"
            " returning id",
            *(*values, drill_id),
        )
        return row is not None
