"""Alerts as they were received, and which incident they belong to."""

from datetime import datetime

from blocks.record.record_pool import Connection, RecordPool, as_json
from outage.incidents.alert import Alert
from outage.incidents.alert_trace import AlertTrace
from outage.incidents.joining import JoinReason
from outage.incidents.routing import HEARTBEATS


class ReceivedAlerts(RecordPool):
    """What the monitoring told us."""

    def receive(self, alert: Alert, received_at: datetime) -> bool:
        """Keep an alert; True when this delivery is the first of its episode."""
        return (
            self.row(
                f"keep alert {alert.name}",
                "insert into outage.alert (fingerprint, firing, received_at, body) values (%s, %s, %s, %s)"
                " on conflict do nothing returning fingerprint",
                alert.fingerprint,
                alert.firing,
                received_at,
                as_json(alert),
            )
            is not None
        )

    def attach_alert(
        self, incident_id: str, alert: Alert, subject: str = "", reason: JoinReason = JoinReason.SAME_EPISODE
    ) -> bool:
        """Make a received alert a member of an incident; True when it was not one before.

        Args:
            incident_id: Of the incident.
            alert: One that was received.
            subject: The service that it is about; empty when it names none.
            reason: Why it belongs there.
        """
        with self.transaction(f"attach alert {alert.name} to {incident_id}") as connection:
            return add_member(connection, incident_id, alert, subject, reason)

    def resolve_of(self, alert: Alert) -> Alert | None:
        """The resolved notice of this very episode when it came before the alert itself, else None."""
        row = self.row(
            f"look for the end of alert {alert.name}",
            "select body from outage.alert where fingerprint = %s and not firing",
            alert.fingerprint,
        )
        return Alert.model_validate(row["body"]) if row else None

    def keep_trace(self, trace: AlertTrace) -> AlertTrace:
        """Keep what became of an alert; the first stands and is returned."""
        row = self.row(
            f"keep trace {trace.id}",
            "insert into outage.trace (id, incident, at, body) values (%s, %s, %s, %s)"
            " on conflict (id) do update set id = excluded.id returning body",
            trace.id,
            trace.incident,
            trace.at,
            as_json(trace),
        )
        return AlertTrace.model_validate(row["body"]) if row else trace

    def trace(self, id: str) -> AlertTrace | None:
        """One trace, or None."""
        row = self.row(f"read trace {id}", "select body from outage.trace where id = %s", id)
        return AlertTrace.model_validate(row["body"]) if row else None

    def traces(self, incident_id: str, limit: int = 20) -> list[AlertTrace]:
        """The traces of an incident's alerts, the first first."""
        found = self.rows(
            f"read the traces of {incident_id}",
            "select body from outage.trace where incident = %s order by at, id limit %s",
            incident_id,
            limit,
        )
        return [AlertTrace.model_validate(row["body"]) for row in found]

    def alerts(self, incident_id: str) -> list[Alert]:
        """The incident's alerts, in the order in which they arrived."""
        found = self.rows(
            f"read the alerts of {incident_id}",
            "select a.body from outage.member m join outage.alert a using (fingerprint, firing)"
            " where m.incident = %s order by a.received_at, a.fingerprint, a.firing desc",
            incident_id,
        )
        return [Alert.model_validate(row["body"]) for row in found]

    def count_alerts(self, incident_id: str, *, firing: bool) -> int:
        """How many alerts of an incident fired (or were resolved)."""
        row = self.row(
            f"count the alerts of {incident_id}",
            "select count(*) as many from outage.member where incident = %s and firing = %s",
            incident_id,
            firing,
        )
        return int(row["many"]) if row else 0

    def subjects(self, incident_id: str) -> list[str]:
        """The services that an incident's alerts are about."""
        found = self.rows(
            f"read the services of {incident_id}",
            "select distinct subject from outage.member where incident = %s and subject <> ''",
            incident_id,
        )
        return [row["subject"] for row in found]

    def homeless_alerts(self, received_before: datetime, limit: int = 100) -> list[Alert]:
        """Firing alerts that were kept but belong to no incident: the intake died in between."""
        found = self.rows(
            "read alerts without an incident",
            "select body from outage.alert a where firing and received_at < %s and not exists"
            " (select from outage.member m where m.fingerprint = a.fingerprint and m.firing)"
            " and a.body ->> 'name' <> all(%s) order by received_at limit %s",
            received_before,
            list(HEARTBEATS),
            limit,
        )
        return [Alert.model_validate(row["body"]) for row in found]


def add_member(
    connection: Connection, incident_id: str, alert: Alert, subject: str, reason: JoinReason
) -> bool:
    """Make an alert a member within a transaction of the caller's; True when it was not one before.

    Args:
        connection: In a transaction.
        incident_id: Of the incident.
        alert: One that was received.
        subject: The service that it is about; empty when it names none.
        reason: Why it belongs there.
    """
    added = connection.execute(
        "insert into outage.member (incident, fingerprint, firing, subject, starts_at, reason)"
        " values (%s, %s, %s, %s, %s, %s) on conflict do nothing returning incident",
        (incident_id, alert.fingerprint, alert.firing, subject, alert.starts_at, reason),
    )
    return added.fetchone() is not None
