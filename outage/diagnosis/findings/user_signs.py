"""What users and callers see: probes, reachability, error ratios, log lines, alerts."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

from outage.diagnosis.findings.facts import Sign
from outage.diagnosis.findings.facts.sign_facts import (
    AlertFacts,
    CertificateFacts,
    ErrorRatioFacts,
    LatencyFacts,
    LogErrorFacts,
    ProbeFacts,
    UnreachedFacts,
)
from outage.diagnosis.findings.finding import Finding
from outage.diagnosis.findings.log_news import newest_news
from outage.diagnosis.thresholds import (
    CERTIFICATE_ENDS,
    ERROR_RATIO,
    ERRORS_GREW,
    SAID_LATELY,
    SLOW_SECONDS,
    SLOWER,
)
from outage.kubernetes.object_times import parsed_moment
from outage.kubernetes.objects import ObjectRef
from outage.kubernetes.workloads import WORKLOADS, workload_ref
from outage.snapshots.case_index import CaseIndex
from outage.snapshots.snapshot import HOUR, LogTail, Probe
from outage.text.logs.trouble_lines import bare_line
from outage.text.logs.trouble_words import complaint

STAMP = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?")
QUOTED_CHARACTERS = 300
"""Of a log line: its words, without the trace behind them."""
QUIET_ALERTS = {"Watchdog", "InfoInhibitor", "DeadMansSwitch"}


def user_signs(index: CaseIndex) -> Iterator[Finding]:
    """All signs that users and callers give."""
    for probe in index.snapshot.probes:
        yield from _probe(index, probe)
    yield from _reach(index)
    yield from _rates(index)
    yield from _logs(index)
    for alert in index.snapshot.alerts:
        if alert.firing and alert.name not in QUIET_ALERTS:
            about = service_ref(index, alert.service) or ObjectRef(
                kind="Namespace", name=alert.namespace or "?"
            )
            fires = AlertFacts(alert=alert.name, service=alert.service)
            yield Finding.of(about, fires, alert.starts_at, ("alerts",))


def service_ref(index: CaseIndex, name: str) -> ObjectRef | None:
    """The Service (or the workload) that goes by this name in the platform."""
    if not name:
        return None
    known = index.platform.service(name)
    wanted = (known.service if known else None) or name
    for home in [index.platform.namespace, *sorted(index.namespaces)]:
        for kind in ("Service", *WORKLOADS):
            about = ObjectRef(kind=kind, name=wanted, namespace=home)
            if index.get(about) is not None:
                return about
    return ObjectRef(kind="Service", name=wanted, namespace=index.platform.namespace) if known else None


def url_ref(index: CaseIndex, probe: Probe) -> ObjectRef:
    """What a probed URL is about: its service when known, else the URL itself."""
    return service_ref(index, probe.service) or ObjectRef(kind="URL", name=probe.url)


def _probe(index: CaseIndex, probe: Probe) -> Iterator[Finding]:
    about = url_ref(index, probe)
    expected = next((one.expect_status for one in index.platform.endpoints if one.url == probe.url), None)
    fine = probe.status == expected if expected and expected >= 400 else probe.ok
    if not fine:
        fails = ProbeFacts(
            sign=Sign.PROBE_FAILING if probe.user_facing else Sign.HEALTH_FAILING,
            url=probe.url,
            status=probe.status,
            unresolved=probe.unresolved,
            quoted=probe.problem or "",
        )
        yield Finding.of(about, fails, evidence=("probes",))
    expires = probe.tls_expires_at
    if expires and expires < index.now:
        ended = CertificateFacts(sign=Sign.CERTIFICATE_EXPIRED, url=probe.url, expires_at=expires)
        yield Finding.of(about, ended, expires, ("probes",))
    elif expires and expires < index.now + CERTIFICATE_ENDS:
        ends = CertificateFacts(sign=Sign.CERTIFICATE_EXPIRES_SOON, url=probe.url, expires_at=expires)
        yield Finding.of(about, ends, evidence=("probes",))


def _reach(index: CaseIndex) -> Iterator[Finding]:
    for one in index.snapshot.reach:
        if one.reached:
            continue
        about = workload_ref(one.source, one.namespace)
        unreached = UnreachedFacts(
            sign=Sign.NAME_UNRESOLVED if one.by == "dns" else Sign.UNREACHABLE,
            target=one.target,
            quoted=one.answer,
        )
        yield Finding.of(about, unreached, evidence=("reach",))


def _rates(index: CaseIndex) -> Iterator[Finding]:
    for one in index.snapshot.rates:
        about = service_ref(index, one.service) or ObjectRef(kind="Service", name=one.service)
        now, before = one.error_ratio or 0.0, one.error_ratio_before or 0.0
        excused = before if one.error_ratio_age >= HOUR else 0.0  # a younger one may be of this outage
        if now >= ERROR_RATIO and now > excused * ERRORS_GREW:
            fail = ErrorRatioFacts(service=one.service, ratio=now, before=before, age=one.error_ratio_age)
            yield Finding.of(about, fail, evidence=("rates",))
        slow, was = one.latency_seconds or 0.0, one.latency_seconds_before
        if slow >= SLOW_SECONDS and (was is None or one.latency_age < HOUR or slow > was * SLOWER):
            wait = LatencyFacts(service=one.service, seconds=slow, before=was, age=one.latency_age)
            yield Finding.of(about, wait, evidence=("rates",))


def _logs(index: CaseIndex) -> Iterator[Finding]:
    for tail in index.snapshot.logs:
        if tail.namespace not in index.home:
            continue
        bad = troubled_lines(index, tail)
        if bad:
            about = ObjectRef(kind="Pod", name=tail.pod, namespace=tail.namespace)
            news = newest_news(index, tail, bad)
            quoted = (news or bare_line(bad[-1])[1])[:QUOTED_CHARACTERS]
            last = line_moment(bad[-1])
            ago = max(index.now - last, timedelta()) if last else None
            complains = LogErrorFacts(lines=len(bad), new=news is not None, quoted=quoted, ago=ago)
            evidence = (f"logs/{tail.pod}/{tail.container}" + ("/previous" if tail.previous else ""),)
            yield Finding.of(about, complains, line_moment(bad[0]), evidence)


def troubled_lines(index: CaseIndex, tail: LogTail, within: timedelta = SAID_LATELY) -> list[str]:
    """Lines that speak of errors; those with a date only when it is recent."""
    key = ("troubled", id(tail))
    if key not in index.memory:
        speaks = complaint(index.platform.error_patterns)
        lines = [line for line in tail.text.splitlines()[-400:] if speaks(line)]
        index.memory[key] = [(line, line_moment(line)) for line in lines]
    dated: list[tuple[str, datetime | None]] = index.memory[key]
    return [line for line, at in dated if at is None or index.now - at < within]


def line_moment(line: str) -> datetime | None:
    """The date that a log line begins with, if any."""
    found = STAMP.search(line[:200])
    return parsed_moment(found.group(0).replace(",", ".").replace(" ", "T")) if found else None
