"""Whether users are content: their requests answered, errors and latency as they were before. Pure."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from outage.platforms.platform import Endpoint, Platform
from outage.snapshots.snapshot import HOUR, Probe, Rates
from outage.text.listing import came_back
from outage.verification.recovery import RecoveryCheck

ERRORS_ALLOWED = 0.02
"""Share of failing requests that is noise, when nothing is known of before."""
ERRORS_MORE = 0.02
"""How much above an hour ago still counts as before."""
ERRORS_AT_MOST = 0.05
"""Never more than this, whatever an hour ago was: that hour may have been an outage, too."""
SLOWER_TIMES = 2.0
"""How many times the latency of an hour ago still counts as before."""
SLOW_FROM_SECONDS = 0.5
"""Below this a doubled latency troubles nobody."""
SLOW_AT_MOST_SECONDS = 5.0
"""Nobody is content above this, however slow an hour ago was."""


def probes_content(seen: Sequence[Probe], platform: Platform) -> RecoveryCheck:
    """Users must be content with every endpoint of the platform file.

    Source: runbook "Health Check Verification".
    """
    if not seen:
        return RecoveryCheck(name="probes", ok=None, says="no endpoint was asked")
    wanted = {endpoint.url: endpoint for endpoint in platform.endpoints}
    bad = [one for one in seen if not _content(one, wanted)]
    if bad:
        first = bad[0]
        came = first.problem or f"status {first.status} in {first.seconds or 0:.2f} s"
        return RecoveryCheck(
            name="probes", ok=False, says=f"{len(bad)} of {len(seen)} endpoints fail: {first.url}: {came}"
        )
    slowest = max(one.seconds or 0 for one in seen)
    return RecoveryCheck(
        name="probes", ok=True, says=f"{len(seen)} endpoints answer, the slowest in {slowest:.2f} s"
    )


def _content(probe: Probe, wanted: Mapping[str, Endpoint]) -> bool:
    endpoint = wanted.get(probe.url)
    if endpoint is None:
        return probe.ok
    return probe.status == endpoint.expect_status and (probe.seconds or 0) <= endpoint.slow_after_seconds


def traffic_content(rates: Sequence[Rates]) -> tuple[RecoveryCheck, ...]:
    """Errors and latency of every service against an hour ago (or the oldest since), as the monitoring counts them.

    A younger number may be one of the outage: it allows no more errors, and no latency that nobody bears.
    """
    if not rates:
        return (RecoveryCheck(name="errors", ok=None, says="the monitoring gave no numbers"),)
    return (_errors(rates), _latency(rates))


def _errors(rates: Sequence[Rates]) -> RecoveryCheck:
    known = [one for one in rates if one.error_ratio is not None]
    if not known:
        return RecoveryCheck(name="errors", ok=None, says="the monitoring gave no error ratio")
    allowed = {one.service: _errors_allowed(one) for one in known}
    worst = max(known, key=lambda one: (one.error_ratio or 0) - allowed[one.service])
    ratio, limit = worst.error_ratio or 0.0, allowed[worst.service]
    before = _against(worst.error_ratio_before, "{:.1%}", worst.error_ratio_age)
    says = f"{worst.service}: {ratio:.1%} of requests fail, allowed are {limit:.1%}{before}"
    return RecoveryCheck(name="errors", ok=ratio <= limit, says=says)


def _errors_allowed(one: Rates) -> float:
    before = one.error_ratio_before or 0.0 if one.error_ratio_age >= HOUR else 0.0
    return min(ERRORS_AT_MOST, max(ERRORS_ALLOWED, before + ERRORS_MORE))


def _latency(rates: Sequence[Rates]) -> RecoveryCheck:
    known = [
        one for one in rates if one.latency_seconds is not None and one.latency_seconds_before is not None
    ]
    if not known:
        return RecoveryCheck(name="latency", ok=None, says="the monitoring gave no latency to compare")
    limits = {one.service: _seconds_allowed(one.latency_seconds_before or 0.0) for one in known}
    worst = max(known, key=lambda one: (one.latency_seconds or 0) / limits[one.service])
    now, limit = worst.latency_seconds or 0.0, limits[worst.service]
    before = _against(worst.latency_seconds_before, "{:.2f} s", worst.latency_age)
    says = f"{worst.service}: 95 % within {now:.2f} s, allowed are {limit:.2f} s{before}"
    return RecoveryCheck(name="latency", ok=now <= limit, says=says)


def _against(before: float | None, spell: str, age: timedelta) -> str:
    return "" if before is None else f" against {spell.format(before)} {came_back(age)}"


def _seconds_allowed(before: float) -> float:
    return min(SLOW_AT_MOST_SECONDS, max(SLOW_FROM_SECONDS, before * SLOWER_TIMES))
