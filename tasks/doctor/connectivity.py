"""Whether everything that a response speaks to can be reached, and is new enough."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from blocks.clients import Clients
from blocks.installation.platform_files import PlatformFiles
from blocks.installation.switch_variables import thrown_switches
from blocks.kubernetes import Cluster
from blocks.monitoring.prometheus import PrometheusReader
from blocks.postgres.database_pod import database_pod
from blocks.postgres.database_reader import DatabaseReader, connected_through
from blocks.prefect_api import PrefectApi
from outage.errors import DatabaseRefused, MonitoringError, OutageError, RecordError, StackError
from outage.people.watchdog import WatchdogState
from outage.platforms.database_rights import blind_spots
from outage.platforms.platform import Platform
from outage.policies.policy_file import check_policy
from outage.text.durations import duration_in_words
from tasks.act.writing_doors import may_end_sessions
from tasks.doctor.check_result import CheckResult, checked
from tasks.doctor.contradictions import contradictions

OLDEST_SERVER = (1, 27)
"""Eviction, Table lists and the rest are older; JSON patches of the version are proven from here on."""
ANSWER_SECONDS = 5.0
ROUTE_WATCHDOG = (
    "route its Watchdog alert to our intake, with its cluster's label or token (docs/afterwards.md)"
)


def examine_files(doors: Clients) -> Iterator[CheckResult]:
    """The platform file and the policy file can be read."""
    yield checked(
        "platform file", lambda: f"{doors.settings.platform_file}: {len(doors.platform.services)} services"
    )
    path = Path(doors.settings.policy_file)
    yield checked("policy file", lambda: f"{path}: mode {check_policy(path).mode}")
    for says in contradictions(PlatformFiles(doors.settings)):
        yield CheckResult(about="platform and policy files", ok=False, says=says)


def examine_cluster(identity: str, cluster: Cluster) -> CheckResult:
    """The API server answers this identity, and is not too old."""

    def ask() -> str:
        version = cluster.version()
        numbers = tuple(int(one) for one in re.findall(r"\d+", version)[:2])
        if numbers < OLDEST_SERVER:
            raise StackError(f"{cluster.server} runs {version}; at least 1.{OLDEST_SERVER[1]} is needed")
        return f"{identity} reaches {cluster.server} ({version})"

    return checked("cluster", ask)


def examine_monitoring(cluster: Cluster, platform: Platform) -> CheckResult:
    """Prometheus answers."""

    def ask() -> str:
        monitoring = PrometheusReader.of(platform, cluster)
        if monitoring is None:
            raise MonitoringError(
                "the platform file names no Prometheus: traffic against before stays unseen"
            )
        return f"Prometheus at {monitoring.where} answers, {len(monitoring.alerts())} alerts fire"

    return checked("monitoring", ask, needed=False)


def examine_database(doors: Clients) -> Iterator[CheckResult]:
    """The database answers the reading role, and the writing role may end sessions."""
    place = doors.platform.database
    if place is None:
        yield CheckResult(about="database", ok=True, needed=False, says="the platform file names no database")
        return
    seen = checked("database", lambda: _read(doors), needed=False)
    yield seen
    if seen.ok:
        yield from examine_sight(doors)
    yield checked("database", _signal, needed=False)


def examine_sight(doors: Clients) -> Iterator[CheckResult]:
    """What the reading role would not see in an outage of the database."""
    with _reading(doors) as database:
        rights = database.rights()
    for says, curable in blind_spots(rights):
        yield CheckResult(about="database", ok=not curable, needed=False, says=says)


@contextmanager
def _reading(doors: Clients) -> Iterator[DatabaseReader]:
    platform, place = doors.platform, doors.platform.database
    if place is None:
        raise DatabaseRefused("the platform file names no database")
    with connected_through(doors.reader, place, platform.namespace, database_pod()) as database:
        yield database


def _read(doors: Clients) -> str:
    with _reading(doors) as database:
        view = database.view()
    return (
        f"the reading role sees {view.name}: {view.connections} of {view.max_connections} connections, "
        f"SELECT 1 in {view.latency_seconds * 1000:.0f} ms"
    )


def _signal() -> str:
    if not may_end_sessions():
        raise DatabaseRefused("the writing role may not end sessions: GRANT pg_signal_backend TO it")
    return "the writing role may end sessions (pg_signal_backend)"


def examine_stack(doors: Clients) -> Iterator[CheckResult]:
    """Our own record and Prefect answer."""
    yield checked("record", lambda: _record(doors))
    yield checked("prefect", lambda: _prefect(doors.settings.prefect_api_url))


def examine_switches(doors: Clients) -> Iterator[CheckResult]:
    """No kill switch is thrown; what was thrown in an outage is easily forgotten."""
    platforms = [one.name for one in doors.platforms.platforms]
    try:
        with PrefectApi(doors.settings.prefect_api_url) as api:
            thrown = thrown_switches(api, platforms)
    except OutageError:
        return  # that Prefect does not answer is said already
    for one in thrown:
        yield CheckResult(about="kill switch", ok=False, says=str(one))
    if not thrown:
        yield CheckResult(about="kill switch", ok=True, says="no kill switch is thrown")


def examine_watchdogs(doors: Clients) -> Iterator[CheckResult]:
    """Each cluster's monitoring that somebody waits for was heard, and lately.

    It answers no outage, but where it is silent nobody is told of one.
    """
    awaited = doors.awaited_clusters
    if not awaited or not doors.settings.record_dsn:
        return
    try:
        known = {one.cluster: one for one in doors.record.watchdogs()}
    except OutageError:
        return  # that the record does not answer is said already
    for cluster in awaited:
        state = known.get(cluster) or WatchdogState(cluster=cluster, expected_at=datetime.now(UTC))
        waits = [one.watchdog.silent_after for one in doors.watching_policies(cluster)]
        yield examine_watchdog(state, min(one for one in waits if one is not None), datetime.now(UTC))


def examine_watchdog(state: WatchdogState, silent_after: timedelta, now: datetime) -> CheckResult:
    """One cluster's monitoring.

    Args:
        state: What was heard.
        silent_after: How long the most impatient policy waits.
        now: The time.
    """
    if state.heard_at is None:
        ok, says = False, f"{state.named} was never heard: {ROUTE_WATCHDOG}"
    elif now - state.heard_at > silent_after:
        ok, says = False, f"{state.named} was heard last {duration_in_words(now - state.heard_at)} ago"
    else:
        ok, says = True, f"{state.named} was heard {duration_in_words(now - state.heard_at)} ago"
    return CheckResult(about="watchdog", ok=ok, needed=False, says=says)


def _record(doors: Clients) -> str:
    if not doors.settings.record_dsn:
        raise RecordError("there is no record yet: `outage up` makes one")
    if sick := doors.record.healthy():
        raise RecordError(sick)
    return "the record answers"


def _prefect(url: str) -> str:
    if not url.startswith("http"):
        raise StackError(f"ask Prefect at {url}: that is no address")
    try:
        with urlopen(f"{url}/health", timeout=ANSWER_SECONDS) as answer:  # noqa: S310  checked above
            answer.read()
    except (URLError, OSError) as error:
        raise StackError(f"ask Prefect at {url}: {error}; `outage up` starts it") from error
    return f"Prefect answers at {url}"
