"""Earlier outages of a cause: by what was mended, else by what the first investigation put first."""

from datetime import datetime

from blocks.record.record_pool import RecordPool
from outage.incidents.incident import Ending, Incident
from outage.reports.post_incident.repair_history import HISTORY, PastOutage, RepairHistory, repair_history

MENDED = (
    "exists (select from outage.plan p where p.incident = i.id and p.cause = %s"
    " and exists (select from outage.phase r where r.incident = i.id and r.key = 'resolve-' || p.attempt"
    " and (r.body ->> 'applied')::boolean)"
    " and not exists (select from outage.phase t where t.incident = i.id and t.key = 'take-back-' || p.attempt))"
)
SUSPECTS = (
    "i.id in (select incident from outage.phase where key = 'investigate-1' and cause = %s"
    " union select incident from outage.plan where cause = %s)"
)
"""Found by an index: of the incidents of a month, most had other causes."""
NEWEST = 300
"""How such a repair went lately says more than how it went a month ago, and is found at once."""
BELIEVED = (
    "exists (select from outage.phase d where d.incident = i.id and d.key = 'investigate-1' and d.cause = %s)"
)


class CauseHistory(RecordPool):
    """What earlier incidents of the same platform were."""

    def history_of(self, incident: Incident, cause: str) -> RepairHistory:
        """The closed outages of one cause before an incident, on its platform.

        Args:
            incident: Before which.
            cause: Stable class name.
        """
        found = self.rows(
            f"read earlier outages of {cause}",
            f"select i.id as incident, i.drill is not null as drill, i.opened_at, i.closed_at,"
            f" i.ending = %s and {MENDED} as repaired from (select * from outage.incident i"
            f" where {SUSPECTS} and i.platform = %s and i.closed_at is not null and i.opened_at between %s and %s"
            f" order by i.opened_at desc limit {NEWEST}) i where {MENDED} or {BELIEVED}",
            *(str(Ending.RECOVERED), cause, cause, cause, incident.platform),
            *(incident.opened_at - HISTORY, incident.opened_at, cause, cause),
        )
        return repair_history(cause, [PastOutage.model_validate(row) for row in found], incident)

    def last_look(self) -> datetime | None:
        """When an incident was looked at last; None when none ever was."""
        row = self.row(
            "read when an incident was looked at last",
            "select max(at) as at from outage.phase where key = 'triage' or starts_with(key, 'investigate-')",
        )
        return row["at"] if row else None

    def unlooked_incidents(self, opened_before: datetime) -> list[str]:
        """Ids of the open incidents that nobody has looked at yet, the oldest first."""
        found = self.rows(
            "read the incidents that nobody looked at",
            "select id from outage.incident i where closed_at is null and opened_at < %s"
            " and not exists (select from outage.phase p where p.incident = i.id) order by opened_at",
            opened_before,
        )
        return [str(row["id"]) for row in found]
