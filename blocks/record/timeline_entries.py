"""Lines of the timeline, and the looks they rest on."""

from collections.abc import Sequence
from datetime import datetime

from blocks.record.record_pool import Connection, RecordPool, advisory_lock, as_json
from outage.incidents.timeline import Entry, link_hash
from outage.snapshots.evidence import Evidence


class TimelineEntries(RecordPool):
    """What happened, and what was seen."""

    def add(self, incident_id: str, entry: Entry) -> bool:
        """Add a line; the first of a key stands. True when it is new."""
        with self.transaction(f"add {entry.key} to the timeline of {incident_id}") as connection:
            return add_entry(connection, incident_id, entry)

    def entries(self, incident_id: str) -> list[Entry]:
        """The timeline, in order."""
        found = self.rows(
            f"read the timeline of {incident_id}",
            "select key, at, kind, says, by from outage.entry where incident = %s order by at, written",
            incident_id,
        )
        return [Entry.model_validate(row) for row in found]

    def entries_as_written(self, incident_id: str) -> list[Entry]:
        """The timeline in the order of writing, which is the order of its chain."""
        found = self.rows(
            f"read the timeline of {incident_id}",
            "select key, at, kind, says, by, hash from outage.entry where incident = %s order by written",
            incident_id,
        )
        return [Entry.model_validate(row) for row in found]

    def keep_evidence(self, incident_id: str, evidence: Sequence[Evidence], round: str) -> None:
        """Keep the looks of one round (`triage`, `investigate-2`); the first of an id stands.

        Args:
            incident_id: Of the incident.
            evidence: What was looked at, with what could not be.
            round: When it was looked.
        """
        with self.transaction(f"keep evidence of {incident_id}") as connection:
            connection.cursor().executemany(
                "insert into outage.evidence (incident, round, id, observed_at, body)"
                " values (%s, %s, %s, %s, %s) on conflict do nothing",
                [(incident_id, round, one.id, one.observed_at, as_json(one)) for one in evidence],
            )

    def evidence(self, incident_id: str, round: str | None = None) -> list[Evidence]:
        """The looks of one round or of all, oldest first."""
        found = self.rows(
            f"read the evidence of {incident_id}",
            "select body from outage.evidence where incident = %s and (%s::text is null or round = %s)"
            " order by observed_at, round, id",
            incident_id,
            round,
            round,
        )
        return [Evidence.model_validate(row["body"]) for row in found]

    def over_with_evidence(self, closed_before: datetime, at_most: int) -> list[str]:
        """Incidents that ended before a time, and of which looks are kept, by id.

        Args:
            closed_before: Aware UTC.
            at_most: So many.
        """
        found = self.rows(
            "find looks that are old",
            "select i.id from outage.incident i where i.closed_at < %s and exists"
            " (select from outage.evidence e where e.incident = i.id) limit %s",
            closed_before,
            at_most,
        )
        return [str(row["id"]) for row in found]

    def drop_evidence(self, incident_id: str) -> None:
        """Forget the looks of an incident; what was concluded, planned, answered and written stays."""
        self.rows(
            f"forget the looks of {incident_id}",
            "delete from outage.evidence where incident = %s returning id",
            incident_id,
        )


def add_entry(connection: Connection, incident_id: str, entry: Entry) -> bool:
    """Add a line within a transaction of the caller's, chained to the one before; the first of a key stands.

    Args:
        connection: In a transaction.
        incident_id: Of the incident.
        entry: The line; its key says which lines are the same.

    Returns:
        Whether it is new.
    """
    kept = entry.model_copy(update={"says": entry.says.replace("\x00", "�")})
    advisory_lock(connection, "timeline", incident_id)
    last = connection.execute(
        "select hash from outage.entry where incident = %s order by written desc limit 1", (incident_id,)
    ).fetchone()
    link = link_hash(last["hash"] if last else "", incident_id, kept)
    added = connection.execute(
        "insert into outage.entry (incident, key, at, kind, says, by, hash)"
        " values (%s, %s, %s, %s, %s, %s, %s) on conflict do nothing returning key",
        (incident_id, kept.key, kept.at, kept.kind, kept.says, kept.by, link),
    )
    return added.fetchone() is not None
