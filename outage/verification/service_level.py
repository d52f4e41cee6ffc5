"""Whether users are content: their requests answered, errors and latency as they were before. Pure."""

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta

from outage.platforms.platform import Endpoint, Monitoring, Platform
from outage.snapshots.snapshot import HOUR, Probe, Rates
from outage.text.listing import came_back
from outage.verification.recovery import RecoveryCheck
from outage.verification.steadiness import LAG

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
    about = tuple(dict.fromkeys(one.service for one in bad or seen if one.service))
    if bad:
        first = bad[0]
        came = first.problem or f"status {first.status} in {first.seconds or 0:.2f} s"
        says = f"{len(bad)} of {len(seen)} endpoints fail: {first.url}: {came}"
        return RecoveryCheck(name="probes", ok=False, says=says, about=about)
    slowest = max(one.seconds or 0 for one in seen)
    says = f"{len(seen)} endpoints answer, the slowest in {slowest:.2f} s"
    return RecoveryCheck(name="probes", ok=True, says=says, about=about)


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
    about = tuple(one.service for one in known) if ratio <= limit else (worst.service,)
    return RecoveryCheck(name="errors", ok=ratio <= limit, says=says, about=about)


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
    return RecoveryCheck(name="latency", ok=now <= limit, says=says, about=(worst.service,))


RANGE = re.compile(r"\[((?:\d+(?:ms|[smhdwy]))+)[]:]")
"""A range of PromQL, as in `rate(requests[5m])`."""
PART = re.compile(r"(\d+)(ms|[smhdwy])")
PART_SECONDS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800, "y": 31536000}
SCRAPE = timedelta(seconds=30)
"""Until what happens is counted, by the usual interval of a scrape."""
LONGEST_LAG = timedelta(minutes=15)
"""A window that is longer says nothing within a soak; nobody waits for it."""


def monitoring_lag(asked: Monitoring) -> timedelta:
    """How long errors and latency speak of the past: the longest window of the platform file's queries, and a scrape.

    Recording rules hide their windows; a minute is waited for in any case.
    """
    queries = " ".join(query for query in (asked.error_ratio, asked.latency) if query)
    windows = [
        sum(int(number) * PART_SECONDS[unit] for number, unit in PART.findall(found))
        for found in RANGE.findall(queries)
    ]
    longest = timedelta(seconds=max(windows, default=0.0))
    return min(LONGEST_LAG, max(LAG, longest + SCRAPE))


def _against(before: float | None, spell: str, age: timedelta) -> str:
    return "" if before is None else f" against {spell.format(before)} {came_back(age)}"


def _seconds_allowed(before: float) -> float:
    return min(SLOW_AT_MOST_SECONDS, max(SLOW_FROM_SECONDS, before * SLOWER_TIMES))
