"""Find drills that nobody carries any more, and start the run that takes back what they broke.

A drill that lives holds a lock of the record, which goes with its process. The runner takes up a drill that died within
seconds; whatever is still free after that was cancelled, given up, or lost its run.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from blocks.record import Record
from outage.errors import OutageError
from outage.incidents.drill_notice import Drill, carrier_lock

TAKE_BACK = "take-back-drill"
"""The deployment that puts back what a dead drill broke."""
FREE_FOR = timedelta(seconds=20)
"""The runner has taken up a drill that merely died by then."""
AGAIN_AFTER = timedelta(seconds=60)
"""What could not be put back is tried again so often."""
LATE = timedelta(seconds=90)
"""So long after its end a drill that still holds its lock hangs."""

NOT_OLDER = timedelta(days=7)
"""What an older drill recorded is no picture of how things should be now: people have worked there since."""

StartTakingBack = Callable[[str, str], None]
"""Called with the id of a drill and a key: the same key starts one run."""


class AbandonedDrills:
    """Remembers since when nobody carries a drill, and when its taking back was last asked for."""

    def __init__(self, record: Record, start: StartTakingBack) -> None:
        """Remember nothing yet."""
        self.record, self.start = record, start
        self._free_since: dict[str, datetime] = {}
        self._asked: dict[str, datetime] = {}

    def look(self, now: datetime) -> list[str]:
        """Ask once for the taking back of every abandoned drill; a sentence for each."""
        standing = self.record.standing_drills(now - NOT_OLDER)
        self._free_since = {
            one.id: self._free_since.get(one.id, now) for one in standing if self._nobody_carries(one, now)
        }
        return [self._ask(one, now) for one in standing if self._is_due(one, now)]

    def _nobody_carries(self, drill: Drill, now: datetime) -> bool:
        if now > drill.until + LATE:
            return True
        with self.record.only_writer(carrier_lock(drill.id)) as free:
            return free is not None

    def _is_due(self, drill: Drill, now: datetime) -> bool:
        since, asked = self._free_since.get(drill.id), self._asked.get(drill.id)
        waited = since is not None and now - since >= FREE_FOR
        return waited and (asked is None or now - asked >= AGAIN_AFTER)

    def _ask(self, drill: Drill, now: datetime) -> str:
        self._asked[drill.id] = now
        try:
            self.start(drill.id, f"take-back-{drill.id}-{now:%H%M%S}")
        except OutageError as error:
            return f"drill {drill.id} is carried by nobody, and could not be taken back yet: {error}"
        return f"drill {drill.id} is carried by nobody: what it broke is taken back"
