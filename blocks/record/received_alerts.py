"""Alerts as they were received, and which incident they belong to."""

from datetime import datetime

from blocks.record.record_pool import RecordPool, as_json
from outage.incidents.alert import Alert


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

    def attach_alert(self, incident_id: str, alert: Alert) -> bool:
        """Make a received alert a member of an incident; True when it was not one before."""
        return (
            self.row(
                f"attach alert {alert.name} to {incident_id}",
                "insert into outage.member (incident, fingerprint, firing) values (%s, %s, %s)"
                " on conflict do nothing returning incident",
                incident_id,
                alert.fingerprint,
                alert.firing,
            )
            is not None
        )

    def alerts(self, incident_id: str) -> list[Alert]:
        """The incident's alerts, in the order in which they arrived."""
        found = self.rows(
            f"read the alerts of {incident_id}",
            "select a.body from outage.member m join outage.alert a using (fingerprint, firing)"
            " where m.incident = %s order by a.received_at, a.fingerprint, a.firing desc",
            incident_id,
        )
        return [Alert.model_validate(row["body"]) for row in found]

    def homeless_alerts(self, received_before: datetime, limit: int = 100) -> list[Alert]:
        """Firing alerts that were kept but belong to no incident: the intake died in between."""
        found = self.rows(
            "read alerts without an incident",
            "select body from outage.alert a where firing and received_at < %s and not exists"
            " (select from outage.member m where m.fingerprint = a.fingerprint and m.firing)"
            " order by received_at limit %s",
            received_before,
            limit,
        )
        return [Alert.model_validate(row["body"]) for row in found]
