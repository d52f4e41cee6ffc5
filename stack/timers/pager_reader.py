"""Asks the pagers now and then who took a page: a thread beside the timers, since a slow service must delay no call."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from outage.errors import OutageError
from tasks.tell.read_pagers import read_pagers

PAGERS_EVERY_SECONDS = 10.0


class PagerReader:
    """Reads while its process is the one that works."""

    def __init__(
        self, stopping: threading.Event, closed_within: timedelta, say: Callable[[str], None]
    ) -> None:
        """Begin nothing yet."""
        self.stopping, self.closed_within, self.say = stopping, closed_within, say
        self._thread: threading.Thread | None = None

    def begin(self) -> None:
        """Begin, once."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._read, name="read-pagers", daemon=True)
            self._thread.start()

    def _read(self) -> None:
        last = ""
        while not self.stopping.wait(PAGERS_EVERY_SECONDS):
            try:
                words = "; ".join(read_pagers(datetime.now(UTC), self.closed_within))
            except OutageError as error:
                words = str(error)
            except Exception as error:  # noqa: BLE001 - the next look may succeed, and nobody else reads
                words = f"read the pagers: {type(error).__name__}: {error}"
            if words != last:
                self.say(words or "the pagers answer again")
            last = words
