"""The traffic that a proof of recovery measures, kept for the count of failed requests."""

from collections.abc import Callable
from datetime import datetime, timedelta

from blocks.record import Record
from outage.errors import RecordError
from outage.reports.post_incident.kept_look import LOOK, KeptLook
from outage.snapshots.snapshot import Rates

EVERY = timedelta(seconds=15)
"""Between two numbers that are kept: the monitoring itself measures no oftener."""
VERIFY = "verify"


def traffic_keeper(
    record: Record, incident_id: str, clock: Callable[[], datetime]
) -> Callable[[tuple[Rates, ...], int | None], None]:
    """Who keeps the traffic of an incident's proof.

    Args:
        record: Where.
        incident_id: Whose.
        clock: Says what time it is.

    Returns:
        Takes what each round measured, and how many pods were ready; keeps some. A record that is away costs a number,
        not the proof.
    """
    kept: list[datetime] = []

    def keep(rates: tuple[Rates, ...], ready: int | None) -> None:
        now = clock()
        if (not rates and ready is None) or (kept and now - kept[-1] < EVERY):
            return
        look = KeptLook(phase=VERIFY, at=now, rates=rates, ready_pods=ready)
        try:
            record.keep_archive(
                incident_id, f"{LOOK}{VERIFY}-{now:%H%M%S}", look.model_dump(mode="json"), now
            )
        except RecordError:
            return
        kept.append(now)

    return keep
