"""What was looked at for incidents that ended long ago is dropped: it is nine tenths of what an incident leaves.

Timeline, diagnoses, plans, answers and writes stay in the record for good.
"""

import shutil
from datetime import datetime, timedelta
from pathlib import Path

from blocks.clients import clients
from blocks.settings import Settings

AGAIN_AFTER = timedelta(hours=1)
"""Once nothing is old any more."""
AT_ONCE = 10
"""Incidents of one look: people are called in between."""


class OldEvidence:
    """Drops it, some with each look."""

    def __init__(self, settings: Settings) -> None:
        self._bundles = Path(settings.home) / "bundles"
        self._kept = timedelta(days=settings.evidence_kept_days)
        self._rests_until: datetime | None = None

    def drop_some(self, now: datetime) -> int:
        """Drop the looks of a few incidents; rests for an hour once none is old.

        Args:
            now: The time, aware UTC.

        Returns:
            Of how many incidents.
        """
        if self._rests_until and now < self._rests_until:
            return 0
        old = clients().record.over_with_evidence(now - self._kept, AT_ONCE)
        for incident_id in old:
            shutil.rmtree(self._bundles / incident_id, ignore_errors=True)
            clients().record.drop_evidence(incident_id)  # last: whoever dies before finds the folder again
        if len(old) < AT_ONCE:
            self._rests_until = now + AGAIN_AFTER
        return len(old)
