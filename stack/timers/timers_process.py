"""The timers as a process: promised updates, escalation, a silent monitoring and overdue items, once a second.

It asks the record and the policy file, and nothing else: Prefect may be away, and the response's process gone.
Killed at any line it loses nothing: what is due is worked out anew from what the record holds.
"""

import signal
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

from blocks.clients import clients
from blocks.settings import Settings
from outage.errors import OutageError
from outage.incidents.incident import Incident
from stack.processes.heartbeats import show_life
from stack.processes.lease_keeper import LeaseKeeper
from stack.timers.heartbeat import HeartbeatSender
from stack.timers.old_evidence import OldEvidence
from stack.timers.pager_reader import PagerReader
from tasks.tell.call_people import escalate
from tasks.tell.follow_up import chase_overdue
from tasks.tell.keep_chat import keep_chat
from tasks.tell.keep_updates import keep_updates
from tasks.tell.remind_owner import remind_owner
from tasks.tell.silent_monitoring import look_after_monitoring
from tasks.watch.silent_workers import look_after_workers

LOOK_SECONDS = 1.0
LONGEST_AFTER_CLOSE = timedelta(days=3)
"""What the response closed without mending it is called about until somebody has it; for so long at most."""
BEAT = "timers"
ONLY = "timers"


def look_after_people(now: datetime) -> list[str]:
    """Do once what is due for every incident; one incident's trouble is no other's.

    Returns:
        What went wrong, a sentence each.
    """
    wrong = []
    doings = (
        ("the monitoring", look_after_monitoring),
        ("the workers", look_after_workers),
        ("overdue items", chase_overdue),
    )
    for name, doing in doings:
        wrong += _tried(name, partial(doing, now))
    for incident in clients().record.watched_incidents(now, LONGEST_AFTER_CLOSE):
        wrong += _tried(incident.id, partial(look_after, incident, now))
    return wrong + remind_owners(now)


def remind_owners(now: datetime) -> list[str]:
    """Remind of what stands until somebody takes it back, also long after its incident; one is no other's trouble."""
    wrong: list[str] = []
    for one in clients().record.standing_mitigations():
        wrong += _tried(one.incident, partial(remind_owner, one, now))
    return wrong


def _tried(name: str, doing: Callable[[], object]) -> list[str]:
    """Do one thing; what goes wrong keeps no other from being done."""
    try:
        doing()
    except OutageError as error:
        return [f"{name}: {error}"]
    except Exception as error:  # noqa: BLE001 - the next incident's people must be called all the same
        return [f"{name}: {type(error).__name__}: {error}"]
    return []


def look_after(incident: Incident, now: datetime) -> None:
    """Keep what was promised about one incident, call whom it needs, and show chats where it stands.

    Its own platform's policy says whom, where and in which words. One that is over is seen out: until a person does
    something about it, it is not looked at any more.
    """
    clients().answer_for(incident)
    try:
        keep_updates(incident, now)
    finally:
        due = escalate(incident, now)
    keep_chat(incident, now)
    if due.over:
        clients().record.see_out(incident.id, now)


def keep_time(settings: Settings, stopping: threading.Event) -> None:
    """Look once a second until told to stop; of several processes one works, the others stand by."""
    last, heart = "", HeartbeatSender(settings, stopping)
    lease, led = LeaseKeeper(lambda: clients().record, ONLY), False
    pagers = PagerReader(stopping, LONGEST_AFTER_CLOSE, log_timers)
    old = OldEvidence(settings)
    while not stopping.is_set():
        show_life(settings, BEAT)
        try:
            mine = lease.held()
            if mine and not led:
                clients().record.await_watchdogs(datetime.now(UTC))
                heart.begin()
                pagers.begin()
            led = mine
            says = "; ".join(look_after_people(datetime.now(UTC)) if mine else [])
            if mine:
                old.drop_some(datetime.now(UTC))
        except OutageError as error:
            says = f"waiting: {error}"
        if says != last:
            last = says
            log_timers(says or "all is well again")
        stopping.wait(LOOK_SECONDS)
    lease.give_back()


def log_timers(words: str) -> None:
    """One line in the timers' log."""
    print(f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} {words}", flush=True)  # noqa: T201


def main() -> None:
    """Be the timers."""
    settings, stopping = Settings(), threading.Event()
    (settings.home / "run").mkdir(parents=True, exist_ok=True)
    for one in (signal.SIGTERM, signal.SIGINT):
        signal.signal(one, lambda *_: stopping.set())
    log_timers("keeps time")
    keep_time(settings, stopping)


if __name__ == "__main__":
    main()
