"""`outage doctor`: prove rights, reachability and versions before an outage does."""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime

import click

from blocks.clients import Clients, clients
from blocks.kubernetes import Cluster
from outage.errors import OutageError
from outage.platforms.cluster_rights import rights_needed
from outage.policies.policy import Policy, broken_policy
from tasks.doctor.check_result import CheckResult
from tasks.doctor.connectivity import (
    examine_cluster,
    examine_database,
    examine_files,
    examine_monitoring,
    examine_stack,
    examine_switches,
    examine_watchdogs,
)
from tasks.doctor.contradictions import contradiction_silence
from tasks.doctor.identity_rights import examine_rights
from tasks.doctor.in_cluster import examine_own_role, examine_pod, examine_pools


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="All results, in a versioned shape.")
@click.option(
    "--in-cluster",
    is_flag=True,
    help="Also what must be so where each process is a pod: tokens, leases, clock.",
)
def doctor_command(as_json: bool, in_cluster: bool) -> None:
    """Prove rights, reachability and versions before an outage does.

    One sentence each; what is missing says what to do. The exit status is 1 when something is missing that a
    response needs.
    """
    results = list(run_checks(clients()))
    if in_cluster:
        results += examine_pod(clients())
    if as_json:
        import orjson

        body = {"version": 1, "well": all_well(results), "results": [one.model_dump() for one in results]}
        sys.stdout.buffer.write(orjson.dumps(body, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
    else:
        several = len({one.platform for one in results if one.platform}) > 1
        for one in results:
            mark = "well" if one.ok else ("MISSING" if one.needed else "without")
            whose = f" of {one.platform}" if one.platform and several else ""
            click.echo(f"{mark:>8}  {one.about}{whose}: {one.says}")
    sys.exit(0 if all_well(results) else 1)


def all_well(results: list[CheckResult]) -> bool:
    """Whether a response would find all it needs."""
    return all(one.ok or not one.needed for one in results)


def run_checks(places: Clients) -> Iterator[CheckResult]:
    """Everything, in the order in which it is needed; a part that cannot be asked does not stop the rest."""
    yield from examine_files(places)
    for platform in [one.name for one in places.platforms.platforms] or [""]:
        places.turn_to(platform)
        yield from (_of_platform(one, platform) for one in _platform_checks(places, platform))
    yield from examine_stack(places)
    yield from examine_switches(places)
    yield from examine_watchdogs(places)
    yield from examine_pools(places, datetime.now(UTC))
    yield from examine_own_role(places)


def _of_platform(result: CheckResult, platform: str) -> CheckResult:
    """The result with whose it is, since several platforms have a cluster each."""
    return result.model_copy(update={"platform": platform})


def _platform_checks(places: Clients, platform: str) -> Iterator[CheckResult]:
    """The cluster of the platform that is spoken for, as both identities, and what stands in it."""
    if silent := contradiction_silence(places, platform):
        yield CheckResult(about="cluster", ok=False, says=silent)
        return
    identities: dict[str, Cluster] = {}
    for name in ("reader", "writer"):
        try:
            cluster = places.reader if name == "reader" else places.writer_cluster
        except OutageError as error:
            yield CheckResult(about="cluster", ok=False, says=str(error))
            continue
        result = examine_cluster(name, cluster)
        yield result
        if result.ok:
            identities[name] = cluster
    yield from _beyond(places, identities)


def _beyond(places: Clients, identities: dict[str, Cluster]) -> Iterator[CheckResult]:
    try:
        platform = places.platform
    except OutageError:
        return  # said already
    yield from examine_rights(identities, rights_needed(platform, _policy(places)), platform.namespace)
    if "reader" in identities:
        yield examine_monitoring(identities["reader"], platform)
        yield from examine_database(places)


def _policy(places: Clients) -> Policy:
    try:
        return places.policy
    except OutageError as error:
        return broken_policy(str(error))
