"""Tabletops: which incident was replayed, and what people did at it."""

from datetime import datetime

from blocks.record.record_pool import RecordPool, as_json
from outage.errors import UnknownIncident
from outage.reports.drills.tabletop import Tabletop, TabletopAct

ACT_COLUMNS = "at, kind, by, what"


class TabletopRows(RecordPool):
    """The plays and their acts."""

    def keep_tabletop(self, table: Tabletop) -> None:
        """Keep a play that begins; again it changes nothing."""
        self.row(
            f"keep {table.id}",
            "insert into outage.tabletop (id, incident, started_at, body) values (%s, %s, %s, %s)"
            " on conflict do nothing",
            *(table.id, table.incident, table.started_at, as_json(table)),
        )

    def end_tabletop(self, table_id: str, at: datetime) -> None:
        """End a play; the first end stands."""
        self.row(
            f"end {table_id}",
            "update outage.tabletop set ended_at = coalesce(ended_at, %s) where id = %s",
            *(at, table_id),
        )

    def tabletop(self, table_id: str) -> Tabletop:
        """One play as it stands.

        Raises:
            UnknownIncident: There is none of that id. Permanent.
        """
        row = self.row(
            f"read {table_id}", "select body, ended_at from outage.tabletop where id = %s", table_id
        )
        if row is None:
            raise UnknownIncident(f"read {table_id}: the record knows no tabletop of that id")
        return Tabletop.model_validate({**row["body"], "ended_at": row["ended_at"]})

    def add_tabletop_act(self, table_id: str, act: TabletopAct) -> None:
        """Write down what somebody did at the table."""
        self.row(
            f"add to {table_id}",
            f"insert into outage.tabletop_act (tabletop, {ACT_COLUMNS}) values (%s, %s, %s, %s, %s)",
            *(table_id, act.at, act.kind, act.by, act.what),
        )

    def tabletop_acts(self, table_id: str) -> list[TabletopAct]:
        """What was done at a table, in order."""
        found = self.rows(
            f"read what was done at {table_id}",
            f"select {ACT_COLUMNS} from outage.tabletop_act where tabletop = %s order by written",
            table_id,
        )
        return [TabletopAct.model_validate(row) for row in found]
