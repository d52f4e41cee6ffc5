"""How much of everything the record holds: what `/metrics` counts. Counts only grow, but for what is open or waits."""

from datetime import datetime

from blocks.record.record_pool import RecordPool
from outage.value import Value

THREAD_NAMES = ("head", "issue", "sys_id", "id")
"""What receipts call the one thread, ticket or public incident that an incident has at a service."""

UNSETTLED = "unsettled"
"""In place of what a step did: nobody knows yet."""


class IncidentCount(Value):
    """Incidents of one kind."""

    platform: str
    severity: str
    ending: str
    """Empty while they are open."""
    drill: bool
    count: int
    oldest: datetime
    """When the first of them was opened."""


class MessageCount(Value):
    """Messages of one channel in one state."""

    channel: str
    state: str
    count: int
    oldest: datetime
    """When the first of them was asked for."""


class RecordCounts(RecordPool):
    """Counts of rows."""

    def count_incidents(self) -> list[IncidentCount]:
        """Incidents by platform, severity, ending and whether they are practice."""
        found = self.rows(
            "count the incidents",
            "select platform, severity, coalesce(ending, '') as ending, drill is not null as drill,"
            " count(*) as count, min(opened_at) as oldest from outage.incident group by 1, 2, 3, 4",
        )
        return [IncidentCount.model_validate(row) for row in found]

    def count_messages(self) -> list[MessageCount]:
        """Messages by channel and state."""
        found = self.rows(
            "count the messages",
            "select channel, state, count(*) as count, min(asked_at) as oldest from outage.outbox group by 1, 2",
        )
        return [MessageCount.model_validate(row) for row in found]

    def count_doubled(self) -> dict[str, int]:
        """By channel: incidents for which a service shows more than one thread, ticket or public incident."""
        found = self.rows(
            "count what is shown twice",
            "select channel, count(*) as count from (select channel from outage.outbox,"
            " jsonb_each_text(receipt) as named(name, word) where state = 'receipt' and name = any(%s)"
            " and what not in ('page', 'acknowledged', 'called-off') group by incident, channel, name"
            " having count(distinct word) > 1) as doubled group by channel",
            list(THREAD_NAMES),
        )
        return {str(row["channel"]): int(row["count"]) for row in found}

    def count_writes(self) -> dict[str, int]:
        """Steps by what they did."""
        found = self.rows(
            "count the writes",
            "select lower(coalesce(outcome ->> 'did', %s)) as did, count(*) as count"
            " from outage.intent group by 1",
            UNSETTLED,
        )
        return {str(row["did"]): int(row["count"]) for row in found}

    def count_received(self) -> int:
        """Episodes of alerts that were received."""
        row = self.row("count the alerts", "select count(*) as count from outage.alert where firing")
        return int(row["count"]) if row else 0

    def count_drills(self) -> dict[str, int]:
        """Drills that are over, `passed` and `failed`."""
        found = self.rows(
            "count the drills",
            "select coalesce((result ->> 'passed')::boolean, false) as passed, count(*) as count"
            " from outage.drill where ended_at is not null group by 1",
        )
        return {"passed" if row["passed"] else "failed": int(row["count"]) for row in found}
