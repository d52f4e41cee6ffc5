"""The soak as a decision: recovered is steady for long enough, every bad or blind look starts it anew. Pure.

A hiccup loses nothing: only what stays bad for longer than a connection that is made anew, a leader that is elected or
a pod that is replaced.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from itertools import takewhile

from outage.kubernetes.objects import dig
from outage.value import Manifest, Value
from outage.verification.recovery import RecoveryCheck

BAD_LOOKS = 3
"""Looks in a row that must be bad before the soak gives up early: one may be a hiccup of ours."""
LOST_AFTER = timedelta(seconds=30)
"""And how long they must have been bad without a break, however close together they were made."""

LAGGING = ("errors", "latency")
"""Checks that still speak of the past minute: the monitoring counts over a window."""

LAG = timedelta(seconds=60)
"""How long those alone may stay bad before they are believed, where no longer window is known."""

RUNBOOK_SOAK = timedelta(minutes=15)
"""For which the runbook wants recovery to be watched."""

PATIENCE = 3
"""How many times its length a soak may take in all: every bad look starts it anew."""


def only_lagging(checks: Iterable[RecoveryCheck]) -> bool:
    """Whether all that fails is counted over a window, which may still reach back to before the repair."""
    failing = [check for check in checks if check.ok is False]
    return bool(failing) and all(check.name in LAGGING for check in failing)


class SoakLook(Value):
    """One look of the soak."""

    at: datetime
    checks: tuple[RecoveryCheck, ...]

    @property
    def bad(self) -> bool:
        """Whether anything failed."""
        return any(check.ok is False for check in self.checks)

    @property
    def lags(self) -> bool:
        """Whether it may speak of the time before the repair alone."""
        return only_lagging(self.checks)

    @property
    def well(self) -> bool:
        """Whether something was seen to be well, and nothing failed: a look that saw nothing proves nothing."""
        return not self.bad and any(check.ok for check in self.checks)


def soak_is_lost(sights: Sequence[SoakLook], lag: timedelta = LAG) -> bool:
    """Whether the soak can be given up: it stayed bad for long, and not only by numbers that lag.

    Args:
        sights: All looks so far.
        lag: How long numbers of the monitoring speak of the past.
    """
    last = sights[-BAD_LOOKS:]
    if len(last) < BAD_LOOKS or not all(one.bad for one in last):
        return False
    if all(one.lags for one in last):  # the window begins when what can be seen at once is well again
        return sights[-1].at - _since(sights, lambda one: one.lags) >= max(lag, LOST_AFTER)
    return sights[-1].at - _since(sights, lambda one: one.bad) >= LOST_AFTER


def _since(sights: Sequence[SoakLook], holds: Callable[[SoakLook], bool]) -> datetime:
    """The first of the looks up to the last one of which all are so."""
    lasting = takewhile(holds, reversed(sights))
    return min((one.at for one in lasting), default=sights[-1].at)


def steady_for(sights: Sequence[SoakLook]) -> timedelta:
    """How long it has been well without a break, up to the last look."""
    if not sights:
        return timedelta(0)
    return sights[-1].at - _since(sights, lambda one: one.well)


def is_soaked(sights: Sequence[SoakLook], length: timedelta, lag: timedelta = LAG) -> bool | None:
    """True when it was steady for long enough, False when it is lost or took too long, None to go on looking.

    Args:
        sights: All looks so far.
        length: How long it must be well without a break.
        lag: How long numbers of the monitoring speak of the past.
    """
    if not sights:
        return None
    if sights[-1].well and steady_for(sights) >= length:
        return True
    too_long = sights[-1].at - sights[0].at >= length * PATIENCE + lag
    return False if too_long or soak_is_lost(sights, lag) else None


def is_steady(sights: Sequence[SoakLook], length: timedelta, lag: timedelta = LAG) -> RecoveryCheck:
    """What the soak as a whole says; single bad looks are told.

    Args:
        sights: All looks.
        length: How long it had to be well without a break.
        lag: How long numbers of the monitoring speak of the past.
    """
    if not sights:
        return RecoveryCheck(name="soak", ok=None, says="there was no time to watch")
    well = [one for one in sights if one.well]
    taken = int((sights[-1].at - sights[0].at).total_seconds())
    says = f"{len(well)} of {len(sights)} looks in {taken} s were well"
    if is_soaked(sights, length, lag):
        return RecoveryCheck(
            name="soak", ok=True, says=f"{says}, steady for {int(steady_for(sights).total_seconds())} s"
        )
    if sights[-1].bad:
        failed = next(check for check in sights[-1].checks if check.ok is False)
        return RecoveryCheck(name="soak", ok=False, says=f"{says}; last: {failed.says}")
    if not sights[-1].well:
        return RecoveryCheck(name="soak", ok=False, says=f"{says}; last: nothing could be looked at")
    return RecoveryCheck(
        name="soak", ok=False, says=f"{says}, but not steady for {int(length.total_seconds())} s"
    )


def soak_in_words(length: timedelta, whose: str) -> str:
    """What to add when it is watched for less than the runbook's fifteen minutes; empty when it is not.

    Source: runbook "Monitor Recovery".

    Args:
        length: How long it is watched.
        whose: Who says so: `the policy`, `the platform file`.
    """
    if length >= RUNBOOK_SOAK:
        return ""
    return f"; {whose} says to watch for {int(length.total_seconds())} s, the runbook for 15 min"


def restarts_since(before: dict[str, int], now: dict[str, int]) -> RecoveryCheck:
    """No container may have restarted since it was first seen.

    Args:
        before: Restarts by `POD/CONTAINER` when it was first seen.
        now: The same as it is now; containers that are only in one of them are left out.

    Returns:
        A check that nobody could make when no container is in both.
    """
    if not before.keys() & now.keys():
        return RecoveryCheck(name="restarts", ok=None, says="no container was seen twice")
    more = {
        name: count - before[name] for name, count in now.items() if name in before and count > before[name]
    }
    if more:
        name, count = max(more.items(), key=lambda one: one[1])
        return RecoveryCheck(
            name="restarts", ok=False, says=f"{name} restarted {count} times while it was watched"
        )
    return RecoveryCheck(name="restarts", ok=True, says=f"none of {len(now)} containers restarted")


def restart_counts(pods: Iterable[Manifest]) -> dict[str, int]:
    """Restarts by `pod/container`."""
    return {
        f"{pod['metadata']['name']}/{one['name']}": int(one.get("restartCount", 0))
        for pod in pods
        for one in dig(pod, "status.containerStatuses", [])
    }
