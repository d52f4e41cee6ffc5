"""When an outage could be seen, when users felt it, when an alert told of it, and when it was taken up."""

from collections.abc import Iterable
from datetime import datetime

from outage.diagnosis.findings.facts import Sign
from outage.diagnosis.findings.sign_reading import SOFT
from outage.diagnosis.hypothesis import Diagnosis
from outage.incidents.alert import PERSON, WATCH, Alert
from outage.incidents.incident import Incident
from outage.value import Value

FELT = frozenset(
    {
        *(Sign.PROBE_FAILING, Sign.HEALTH_FAILING, Sign.ERROR_RATIO_HIGH, Sign.SERVICE_WITHOUT_ENDPOINTS),
        *(Sign.SERVICE_MISSING, Sign.CERTIFICATE_EXPIRED),
    }
)
"""Signs that users feel."""


class Detection(Value):
    """The moments; None when nothing on record tells."""

    opened_at: datetime
    first_sign_at: datetime | None = None
    first_sign: str = ""
    """As a sentence."""
    felt_at: datetime | None = None
    """When users began to feel it, as the cluster or the monitoring dates it."""
    seen_felt_at: datetime | None = None
    """When a look saw users feel it: they may have for longer."""
    alert_at: datetime | None = None
    """When the first alert fired, as the monitoring dates it."""
    alert: str = ""
    """Its name."""
    told_by_person: bool = False

    def seconds(self, since: datetime | None, until: datetime | None) -> float | None:
        """From one moment to another; negative when the second came first."""
        return None if since is None or until is None else (until - since).total_seconds()


def detection_of(
    incident: Incident, alerts: Iterable[Alert], first: Diagnosis | None, broken_at: datetime | None = None
) -> Detection:
    """Work out the moments.

    Args:
        incident: Which was opened.
        alerts: Its alerts; those of our own watch are none of the monitoring's.
        first: The first whole look.
        broken_at: In a drill, when the fault was put in.
    """
    given = list(alerts)
    fired = min((one for one in given if _fired(one)), key=lambda one: one.starts_at, default=None)
    findings = [one for one in (first.findings if first else ()) if one.sign not in SOFT]
    dated = [(one.since, one.says) for one in findings if one.since is not None]
    at, says = min(dated, default=(None, ""))
    if broken_at is not None and (at is None or broken_at < at):
        at, says = broken_at, "the fault of the drill was put in"
    felt = [one.since for one in findings if one.sign in FELT and one.since is not None]
    seen = first is not None and any(one.sign in FELT for one in findings)
    return Detection(
        opened_at=incident.opened_at,
        first_sign_at=at,
        first_sign=says,
        felt_at=min(felt, default=None),
        seen_felt_at=first.at if first and seen else None,
        alert_at=fired.starts_at if fired else None,
        alert=fired.name if fired else "",
        told_by_person=any(one.source == PERSON for one in given),
    )


def _fired(alert: Alert) -> bool:
    return alert.firing and alert.source not in (WATCH, PERSON)
