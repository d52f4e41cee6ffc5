"""What Alertmanager delivers, and the incident that becomes of it."""

from datetime import UTC, datetime, timedelta
from typing import Any

from outage.incidents.incident import Incident
from outage.incidents.payloads import from_alertmanager
from stack.intake.deliveries import Intake

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def delivery(namespace: str, *names: str, status: str = "firing", at: datetime = NOON) -> dict[str, Any]:
    """A delivery of these alerts of one namespace."""
    return {
        "version": "4",
        "groupKey": "g",
        "alerts": [
            {
                "status": status,
                "labels": {"alertname": name, "namespace": namespace},
                "startsAt": at.isoformat(),
            }
            for name in names or ("ServiceDown",)
        ],
    }


def deliver(intake: Intake, body: dict[str, Any], now: datetime = NOON) -> Incident:
    """Deliver it past HTTP; returns the incident of its first alert."""
    done = intake.deliver(from_alertmanager(body, now), now)
    assert done[0].incident
    return intake.record.incident(done[0].incident)
