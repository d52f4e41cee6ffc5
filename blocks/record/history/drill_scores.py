"""Drills: announced, ended, scored."""

from datetime import UTC, datetime
from typing import Any

from psycopg.types.json import Jsonb

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
        return self.announce(
            Drill(
                id=id or f"drill-{at:%Y%m%d-%H%M%S}-{fault}",
                namespace=namespace,
                fault=fault,
                announced_at=at,
                until=until,
                about=about,
            )
        )

    def announce(self, drill: Drill) -> Drill:
        """The same for a whole drill, with whose yes it had, who is told, and what its way back needs.

        Returns:
            The drill as it stands in the record: one that was announced before is left as it was.
        """
        row = self.row(
            f"announce drill {drill.fault}",
            f"insert into outage.drill ({COLUMNS}) values ({', '.join(['%s'] * len(Drill.model_fields))})"
            f" on conflict (id) do update set id = excluded.id returning {COLUMNS}",
            *(_column(getattr(drill, name)) for name in Drill.model_fields),
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

    def standing_drills(self, since: datetime) -> list[Drill]:
        """Drills that are not over, and those that are while something of them was not put back; oldest first.

        Args:
            since: Older ones are left out, by their announcement; aware UTC.
        """
        found = self.rows(
            "list standing drills",
            f"select {COLUMNS} from outage.drill where announced_at >= %s and (ended_at is null"
            " or jsonb_array_length(coalesce(result->'pictures', '[]')) > 0) order by announced_at",
            since,
        )
        return [Drill.model_validate(row) for row in found]

    def drill(self, drill_id: str) -> Drill | None:
        """One drill, or None when it was never announced."""
        row = self.row(
            f"read drill {drill_id}", f"select {COLUMNS} from outage.drill where id = %s", drill_id
        )
        return Drill.model_validate(row) if row else None


def _column(value: Any) -> Any:
    if isinstance(value, tuple):
        return Jsonb(list(value))
    return as_json(value) if isinstance(value, dict) else value
