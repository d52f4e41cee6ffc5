"""What is left to do after incidents; an item that was done stays done."""

from collections.abc import Iterable
from datetime import datetime

from blocks.record.record_pool import RecordPool
from outage.people.action_item import ActionItem

ITEM = ", ".join(ActionItem.model_fields)
PLACES = ", ".join(["%s"] * len(ActionItem.model_fields))


class ActionRows(RecordPool):
    """Action items."""

    def keep_items(self, items: Iterable[ActionItem]) -> None:
        """Keep items; the first of a key stands."""
        for one in items:
            self.rows(
                f"keep the action item {one.id}",
                f"insert into outage.action_item ({ITEM}) values ({PLACES}) on conflict do nothing",
                *one.model_dump().values(),
            )

    def items(self, incident_id: str | None = None, *, open_only: bool = False) -> list[ActionItem]:
        """The items of one incident or of all, those that are due first in front."""
        found = self.rows(
            f"read the action items of {incident_id or 'all incidents'}",
            f"select {ITEM} from outage.action_item where (%s::text is null or incident = %s)"
            " and (done_at is null or not %s) order by due_at, incident, key",
            *(incident_id, incident_id, open_only),
        )
        return [ActionItem.model_validate(row) for row in found]

    def overdue_items(self, now: datetime) -> list[ActionItem]:
        """The items whose day has passed and that nobody has done."""
        found = self.rows(
            "read the overdue action items",
            f"select {ITEM} from outage.action_item where done_at is null and due_at <= %s order by due_at, key",
            now,
        )
        return [ActionItem.model_validate(row) for row in found]

    def done_items(self, since: datetime) -> list[ActionItem]:
        """The items that were done since a moment, those that were done first in front."""
        found = self.rows(
            "read the action items that are done",
            f"select {ITEM} from outage.action_item where done_at >= %s order by done_at, incident, key",
            since,
        )
        return [ActionItem.model_validate(row) for row in found]

    def finish_item(self, item: ActionItem, by: str, at: datetime) -> bool:
        """Mark an item as done; False when it was already."""
        row = self.row(
            f"finish the action item {item.id}",
            "update outage.action_item set done_at = %s, done_by = %s"
            " where incident = %s and key = %s and done_at is null returning key",
            *(at, by, item.incident, item.key),
        )
        return row is not None
