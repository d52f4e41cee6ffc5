"""What `outage status` says of who watches whom: signs of life given and heard, and when we looked last."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

from blocks.channels.heartbeat_url import heartbeat_host
from blocks.installation.platform_files import PlatformFiles
from blocks.record import Record
from blocks.settings import Settings
from outage.errors import RecordError
from outage.people.watchdog import WatchdogState
from outage.text.durations import duration_in_words
from stack.status_line import StatusLine
from stack.timers.heartbeat import EVERY_SECONDS, HeartbeatState, last_heartbeat

LATE = timedelta(seconds=3 * EVERY_SECONDS)
"""After so long without a try our own sign of life is missing."""
LOOKS_WITHIN = timedelta(minutes=10)
"""An incident that is open for longer and was never looked at is not being answered."""


def watch_lines(settings: Settings, now: datetime) -> list[StatusLine]:
    """The lines; none about the record while it cannot be asked: its own line says that.

    Args:
        settings: Which stack.
        now: The time.
    """
    lines = [heartbeat_line(settings.heartbeat_url, last_heartbeat(settings), now)]
    if settings.record_dsn:
        files = PlatformFiles(settings)
        try:
            with Record.open(settings.record_dsn) as record:
                states = with_awaited(record.watchdogs(), files.awaited_clusters(), now)
                lines += watchdog_lines(states, lambda cluster: longest_silence(files, cluster), now)
                lines.append(looks_line(record, now))
        except RecordError:
            pass
    return [one for one in lines if one is not None]


def heartbeat_line(url: str | None, last: HeartbeatState | None, now: datetime) -> StatusLine | None:
    """Our own sign of life; None where no URL is set.

    Args:
        url: Of the settings.
        last: What became of the last one.
        now: The time.
    """
    if not url:
        return None
    what = f"sign of life to {heartbeat_host(url)}"
    if last is None:
        return StatusLine(name="heartbeat", what=what, wrong="none was given yet; the timers give it")
    wrong = last.says or None
    if now - last.at > LATE:
        wrong = f"none was tried for {duration_in_words(now - last.at)}"
    return StatusLine(
        name="heartbeat", what=f"{what}, last tried {last.at:%Y-%m-%d %H:%M:%S} UTC", wrong=wrong
    )


def longest_silence(files: PlatformFiles, cluster: str) -> timedelta | None:
    """How long a cluster's monitoring may be silent by the policies that wait for it; None where none does."""
    waits = [one.watchdog.silent_after for one in files.watching_policies(cluster)]
    return min((one for one in waits if one is not None), default=None)


def with_awaited(known: list[WatchdogState], awaited: Sequence[str], now: datetime) -> list[WatchdogState]:
    """What is known of each monitoring, and of those that are waited for and of which the timers know nothing yet.

    Args:
        known: Of the record.
        awaited: The clusters whose monitoring somebody waits for.
        now: The time.
    """
    heard_of = {one.cluster for one in known}
    new = [WatchdogState(cluster=one, expected_at=now) for one in awaited if one not in heard_of]
    return sorted([*known, *new], key=lambda one: one.cluster)


def watchdog_lines(
    states: list[WatchdogState], allowed: Callable[[str], timedelta | None], now: datetime
) -> Iterator[StatusLine]:
    """What is heard of each cluster's monitoring; where policy does not wait for it nothing is wrong.

    Args:
        states: Of the record.
        allowed: How long a cluster's may be silent; None where nobody waits for it.
        now: The time.
    """
    for one in states:
        heard = f"heard last {one.heard_at:%Y-%m-%d %H:%M:%S} UTC" if one.heard_at else "never heard"
        longest = allowed(one.cluster)
        silent = longest is not None and now - one.last > longest
        wrong = f"silent for {duration_in_words(now - one.last)}" if silent else None
        yield StatusLine(name="watchdog", what=f"{one.named}, {heard}", wrong=wrong)


def looks_line(record: Record, now: datetime) -> StatusLine:
    """When an outage was looked at last, and which open incident never was.

    Args:
        record: Which.
        now: The time.
    """
    last = record.last_look()
    what = (
        f"no investigation has run since {last:%Y-%m-%d %H:%M:%S} UTC"
        if last
        else "no investigation has ever run"
    )
    waiting = record.unlooked_incidents(now - LOOKS_WITHIN)
    wrong = f"{', '.join(waiting)} open for more than 10 min and never looked at" if waiting else None
    return StatusLine(name="looks", what=what, wrong=wrong)
