"""Watch the platform for a while: recovered is steady, not ready once."""

from collections.abc import Callable
from datetime import datetime, timedelta

from outage.verification.recovery import RecoveryCheck
from outage.verification.steadiness import LAG, SoakLook, is_soaked, is_steady, steady_for

LOOKS = 30
"""Looks of one soak, whatever its length; but seconds apart: three looks at one hiccup are one look."""
SHORTEST_SECONDS = 5.0
LONGEST_SECONDS = 30.0


def watch_soak(
    look: Callable[[], tuple[RecoveryCheck, ...]],
    length: timedelta,
    *,
    now: Callable[[], datetime],
    rest: Callable[[float], None],
    tell: Callable[[float, str], None] = lambda share, says: None,
    lag: timedelta = LAG,
) -> tuple[RecoveryCheck, bool]:
    """Look again and again until it was steady for that long, or until it is certainly lost.

    Source: runbook "Monitor Recovery" ("Watch Grafana dashboards for 15 minutes").

    Args:
        look: Makes one round of looks.
        length: How long it must be well without a break.
        now: The clock.
        rest: Waits so many seconds.
        tell: Called after each look with the share that is done and a sentence.
        lag: How long the numbers of the monitoring speak of the past.

    Returns:
        What the soak says, and whether it was given up early.
    """
    pause = min(LONGEST_SECONDS, max(SHORTEST_SECONDS, length.total_seconds() / LOOKS))
    sights: list[SoakLook] = []
    while True:
        sights.append(SoakLook(at=now(), checks=look()))
        verdict = is_soaked(sights, length, lag)
        says = is_steady(sights, length, lag)
        share = steady_for(sights).total_seconds() / max(length.total_seconds(), 0.001)
        tell(min(1.0, share), says.says)
        if verdict is not None:
            return says, verdict is False
        rest(pause)
