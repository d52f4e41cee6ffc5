"""What must be so where each of our processes is a pod: whose tokens it holds, who works, whose clock is right."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial

from blocks.clients import Clients
from blocks.installation.worker_role import RecordAccess, record_access
from blocks.kubernetes.token_identity import token_identity
from blocks.prefect_api import PrefectApi
from blocks.record.process_leases import runner_lease
from outage.errors import OutageError, StackError
from tasks.doctor.check_result import CheckResult, checked

SINGLES = (runner_lease(), "outbox", "timers")
"""What only one may do, and somebody must."""
LARGEST_SKEW = timedelta(seconds=5)
"""Times of the timeline come from several pods; more apart, their order would tell a wrong story."""
SILENT_WORKER = timedelta(seconds=60)
"""A worker shows itself every five seconds."""


def examine_pod(
    places: Clients, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
) -> Iterator[CheckResult]:
    """The tokens of the two identities, the place of the responder, the holders of the leases, and the clock."""
    settings = places.settings
    homes = {
        "reader": settings.reader_kubeconfig or settings.kubeconfig,
        "writer": settings.writer_kubeconfig or settings.kubeconfig,
    }
    for identity, kubeconfig in homes.items():
        yield checked(identity, partial(_token, places, kubeconfig, clock()))
    for name in SINGLES:
        yield checked("lease", partial(_holder, places, name))
    yield checked("clock", partial(_clock, places, clock))


def _token(places: Clients, kubeconfig: str | None, now: datetime) -> str:
    found = token_identity(kubeconfig)
    who = f"ServiceAccount {found.account} of {found.namespace}"
    own = {space for one in places.platforms.platforms for space in one.own_namespaces}
    if found.namespace in own:
        raise StackError(
            f"{who} lives in a namespace that is healed from here: install the chart in one of its own"
        )
    if found.expires is None:
        return f"{who}, by a token that lasts until its Secret is deleted"
    if found.expires <= now:
        raise StackError(f"{who}: its token ran out at {found.expires:%Y-%m-%d %H:%M:%S} UTC")
    return f"{who}, by a token that is renewed before {found.expires:%H:%M} UTC"


def _holder(places: Clients, name: str) -> str:
    lease = places.record.lease(name)
    if lease is None:
        raise StackError(f"nobody ever held the lease of {name}: no pod of it has started")
    if not lease.good:
        raise StackError(f"nobody holds the lease of {name} since {lease.until:%Y-%m-%d %H:%M:%S} UTC")
    return f"{name}: {lease.owner.says} works since {lease.since:%Y-%m-%d %H:%M:%S} UTC"


def _clock(places: Clients, clock: Callable[[], datetime]) -> str:
    before = clock()
    there = places.record.record_time()
    skew = abs(there - (before + (clock() - before) / 2))
    if skew > LARGEST_SKEW:
        raise StackError(
            f"this clock and the record's are {skew.total_seconds():.0f} s apart: keep time with NTP"
        )
    return f"this clock and the record's are {skew.total_seconds():.1f} s apart"


def examine_pools(places: Clients, now: datetime) -> Iterator[CheckResult]:
    """For each work pool that a platform file names, whether a worker polls, and what it may see of the record.

    Nothing where none is named. In the worker's own place the second is also said of this very connection.
    """
    pools: dict[str, list[str]] = {}
    for one in places.platforms.platforms:
        if one.pool:
            pools.setdefault(one.pool, []).append(one.name)
    for pool, whose in sorted(pools.items()):
        yield checked("pool", partial(_worker, places, pool, whose, now))
        if lease := places.record.lease(runner_lease(pool)):
            yield checked("pool", partial(_role, places, pool, lease.role), needed=False)


def examine_own_role(places: Clients) -> Iterator[CheckResult]:
    """In the worker of a pool: that it connects as a role which sees its own platforms alone; elsewhere nothing."""
    if places.settings.answers_key_file is not None:
        yield checked("record role", lambda: _narrow(record_access(places.record), "this worker"))


def _role(places: Clients, pool: str, role: str) -> str:
    return _narrow(record_access(places.record, role), f"the worker of pool {pool}")


def _narrow(access: RecordAccess | None, who: str) -> str:
    if access is None:
        raise StackError(f"{who} connected to the record as a role that is gone")
    if access.sees_all:
        raise StackError(
            f"{who} connects to the record as {access.says}: it reads and writes every platform's outages;"
            " `outage worker-role POOL` makes a role that sees its own alone"
        )
    return f"{who} connects to the record as {access.says}, and sees its own platforms alone"


def _worker(places: Clients, pool: str, whose: list[str], now: datetime) -> str:
    waits = f"outages of {' and '.join(whose)} wait until `outage worker {pool}` runs"
    with PrefectApi(places.settings.prefect_api_url) as api:
        try:
            last = api.last_pool_beat(pool)
        except OutageError as error:
            raise StackError(f"{error}; {waits}") from error
    if last is None:
        raise StackError(f"no worker of pool {pool} ever polled: {waits}")
    if now - last > SILENT_WORKER:
        raise StackError(f"no worker of pool {pool} polled since {last:%Y-%m-%d %H:%M:%S} UTC: {waits}")
    return f"a worker of pool {pool} polls, for {' and '.join(whose)}"
