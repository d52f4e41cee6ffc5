"""How much of everything the record holds: what `/metrics` counts. Counts only grow, but for what is open or waits."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from blocks.record.record_pool import RecordPool
from outage.incidents.incident import Ending
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


class TimeKind(StrEnum):
    """What of an incident is measured."""

    DETECT = "detect"
    ACKNOWLEDGE = "acknowledge"
    RECOVER = "recover"


class TimeCount(Value):
    """Incidents of one group that took about as long."""

    kind: TimeKind
    platform: str
    severity: str
    within: int
    """How many of the borders are at least as long; 0: longer than all."""
    count: int
    seconds: float
    """Of all of them together."""


TIMES = """
with real as (
    select id, platform, severity, opened_at, closed_at, ending from outage.incident where drill is null
), began as (
    select m.incident as id, min((a.body ->> 'starts_at')::timestamptz) as at
    from outage.member m join outage.alert a using (fingerprint, firing) where m.firing group by 1
), taken as (
    select id, min(at) as at from (
        select incident as id, at from outage.person_act where kind in ('acknowledged', 'handed-to')
        union all
        select incident, at from outage.approval where by not in ('policy', 'silence')
    ) as said group by 1
), took as (
    select 'detect' as kind, platform, severity, extract(epoch from opened_at - began.at) as seconds
    from real join began using (id) where began.at is not null
    union all
    select 'acknowledge', platform, severity, extract(epoch from taken.at - opened_at) from real join taken using (id)
    union all
    select 'recover', platform, severity, extract(epoch from closed_at - opened_at)
    from real where ending = %s and closed_at is not null
), told as (
    select kind, platform, severity, greatest(seconds, 0) as seconds from took
)
select kind, platform, severity, width_bucket(-seconds, %s::numeric[]) as within,
       count(*) as count, sum(seconds) as seconds
from told group by 1, 2, 3, 4
"""
"""The times of `PastIncident`, of real incidents alone; clocks differ, so none is negative. PostgreSQL's buckets hold
their lower border and ours the upper one: so both are turned round."""


class RecordCounts(RecordPool):
    """Counts of rows."""

    def count_times(self, borders: Sequence[float]) -> list[TimeCount]:
        """How long it took to detect, acknowledge and recover, counted where the rows are.

        Args:
            borders: In seconds, rising; an incident is within all that are at least as long.
        """
        found = self.rows(
            "count how long incidents took",
            TIMES,
            *(Ending.RECOVERED, sorted(-one for one in borders)),
        )
        return [TimeCount.model_validate(row) for row in found]

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
