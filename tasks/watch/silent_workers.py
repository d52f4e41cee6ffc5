"""Call somebody when nobody carries the responses of a work pool, and say it when somebody does again.

Its alerts are kept and wait; but whoever is on call for its platforms must know that nothing is answered meanwhile.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from blocks.clients import clients
from blocks.record.process_leases import runner_lease
from outage.people.outbox_message import WATCHDOG_INCIDENT, MessageBody
from outage.people.watchdog import rungs_due
from outage.policies.policy import Policy
from outage.text.durations import duration_in_words
from tasks.tell.silent_monitoring import tell_of_return, tell_of_silence

SILENT_AFTER = timedelta(seconds=60)
"""Longer than a worker needs that ends and is followed by the one which stands by: its lease lasts 15 s."""


def look_after_workers(now: datetime) -> None:
    """Do once what is due about the worker of each pool; done again it changes nothing.

    A pool that no worker ever carried is no news: it is being set up, and `outage doctor` says it.

    Args:
        now: The time.
    """
    pools, record = carried_platforms(), clients().record
    if not pools:
        return  # this comes by each second
    silent = record.silent_pools()
    for pool, platforms in pools.items():
        lease = record.lease(runner_lease(pool))
        if lease is None:
            continue
        if lease.good and pool in silent:
            say_carried(pool, platforms, silent[pool], now)
            record.mark_silent_pool(pool, None)  # last: whoever dies before says the same again
        elif not lease.good and pool not in silent:
            record.mark_silent_pool(pool, now)
        elif not lease.good and now - silent[pool] >= SILENT_AFTER:
            say_silent(pool, platforms, silent[pool], now)


def carried_platforms() -> dict[str, list[str]]:
    """Every work pool that a platform file names, with the names of its platforms."""
    found: dict[str, list[str]] = {}
    for one in clients().platforms.platforms:
        if one.pool:
            found.setdefault(one.pool, []).append(one.name)
    return found


def say_silent(pool: str, platforms: Sequence[str], since: datetime, now: datetime) -> None:
    """Tell and call the people of a pool's platforms, each policy its own.

    Args:
        pool: The work pool.
        platforms: Those that name it.
        since: When nobody was found to carry it.
        now: The time.
    """
    for policy in policies_of(platforms):
        due = rungs_due(policy.watchdog, policy.escalation.configured, since + SILENT_AFTER, now)
        tell_of_silence(
            silence_id(pool, since), silent_body(pool, platforms, policy, since), policy, due, now
        )


def say_carried(pool: str, platforms: Sequence[str], since: datetime, now: datetime) -> None:
    """Say, where the silence was told, that what waited is answered now.

    Args:
        pool: The work pool.
        platforms: Those that name it.
        since: When nobody was found to carry it.
        now: The time.
    """
    says = (
        f"a worker of pool {pool} is back after {duration_in_words(now - since)}: what waited is answered now"
    )
    for policy in policies_of(platforms):
        body = silent_body(pool, platforms, policy, since)
        tell_of_return(silence_id(pool, since), says, body, policy, now)


def policies_of(platforms: Sequence[str]) -> list[Policy]:
    """The policies by which people of some platforms are told, each once."""
    known = clients().policies()
    found = [known.get(name, known[""]) for name in platforms]
    return [one for at, one in enumerate(found) if one not in found[:at]]


def silence_id(pool: str, since: datetime) -> str:
    """Under what the messages about one silence stand: each silence is a thread of its own."""
    return f"{WATCHDOG_INCIDENT}worker-{pool}-{since:%Y%m%d%H%M%S}"


def silent_body(pool: str, platforms: Sequence[str], policy: Policy, since: datetime) -> MessageBody:
    """What is said of a worker that is silent. The same at every telling."""
    title = f"🚨 No worker carries pool {pool}: outages of {' and '.join(platforms)} are not answered"
    text = "\n".join(
        [
            title,
            f"None showed itself since {since:%Y-%m-%d %H:%M:%S} UTC. Alerts are kept and wait for it.",
            f"Look: does `outage worker {pool}` run, does it reach the record and Prefect (`outage doctor` there)?",
        ]
    )
    return MessageBody(
        title=title, text=text, severity=policy.watchdog.severity, status="Investigating", started_at=since
    )
