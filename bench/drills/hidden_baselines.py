"""Ours as it is in its first hour, before any known-good picture was kept."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from blocks.record import Record

HIDDEN = "hidden:"
"""Before the platform's name of a picture that nobody finds for a while."""
LOOK_EVERY_SECONDS = 0.3


@contextmanager
def without_baselines(record: Record, fault: str) -> Iterator[None]:
    """Hide every known-good picture as soon as the next drill of a fault has broken it; they come back with the block.

    The drill itself keeps one of the steady ground before it breaks anything: that one is hidden, too.
    """
    over = threading.Event()
    known = {one.id for one in record.drills()}

    def hide() -> None:
        while not over.wait(LOOK_EVERY_SECONDS):
            begun = [one for one in record.drills(5) if one.fault == fault and one.id not in known]
            if any("broken_at" in one.result for one in begun):
                hide_baselines(record)
                return

    watching = threading.Thread(target=hide, name="hide baselines", daemon=True)
    watching.start()
    try:
        yield
    finally:
        over.set()
        watching.join()
        show_baselines(record)


def hide_baselines(record: Record) -> None:
    """Let nobody find any."""
    record.rows(
        "hide the baselines",
        "update outage.baseline set platform = %s || platform where platform not like %s",
        *(HIDDEN, f"{HIDDEN}%"),
    )


def show_baselines(record: Record) -> None:
    """Let them be found again; also those that a run left hidden which was killed."""
    record.rows(
        "show the baselines again",
        "update outage.baseline set platform = substr(platform, %s) where platform like %s",
        *(len(HIDDEN) + 1, f"{HIDDEN}%"),
    )
