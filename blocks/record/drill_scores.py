"""Drills: announced, ended, scored."""

from datetime import UTC, datetime
from typing import Any

from blocks.record.record_pool import RecordPool, as_json
from outage.incidents.drill_notice import Drill

COLUMNS = ", ".join(Drill.model_fields)


class DrillScores(RecordPool):
    """What was practised."""

    def announce_drill(
        self,
        namespace: str,
        fault: str,
        until: datetime,
        at: datetime | None = None,
        *,
        id: str | None = None,
        about: str = "",
    ) -> Drill:
        """Say that what breaks in this namespace from now until then is practice; the same id changes nothing.

        Args:
            namespace: Where it will break.
            fault: Name in the catalogue.
            until: When the announcement lapses by itself, aware UTC.
            at: Now; None for the clock's.
            id: A drill that may be announced twice has one; None makes one of time and fault.
            about: The services that break, separated by commas; empty when that cannot be said.

        Returns:
            The drill as it stands in the record.
        """
        at = at or datetime.now(UTC)
        drill = Drill(
            id=id or f"drill-{at:%Y%m%d-%H%M%S}-{fault}",
            namespace=namespace,
            fault=fault,
            announced_at=at,
            until=until,
            about=about,
        )
        row = self.row(
            f"announce drill {fault}",
            "insert into outage.drill (id, namespace, fault, announced_at, until, about)"
            " values (%s, %s, %s, %s, %s, %s)"
            f" on conflict (id) do update set id = excluded.id returning {COLUMNS}",
            drill.id,
            namespace,
            fault,
            at,
            until,
            about,
        )
        return Drill.model_validate(row) if row else drill

    def keep_drill(self, drill_id: str, result: dict[str, Any], ended_at: datetime | None = None) -> None:
        """Add to a drill's result, and end it when `ended_at` is given; the first ending stands.

        Args:
            drill_id: Of the drill.
            result: Keys to add, or to write anew.
            ended_at: The end, aware UTC; None while it goes on.
        """
        self.row(
            f"keep drill {drill_id}",
            "update outage.drill set result = result || %s, ended_at = coalesce(ended_at, %s) where id = %s",
            as_json(result),
            ended_at,
            drill_id,
        )

    def drills(self, limit: int = 50) -> list[Drill]:
        """Drills, newest first."""
        found = self.rows(
            "list drills", f"select {COLUMNS} from outage.drill order by announced_at desc limit %s", limit
        )
        return [Drill.model_validate(row) for row in found]
