"""The two looks of a response: the wide one of triage and the deep one of an investigation.

Promise: they never raise for anything the cluster, the monitoring or the database does. What could not be seen
is an Evidence with the reason, and the rest goes on until the budget is spent.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from blocks.kubernetes import Cluster
from blocks.monitoring.prometheus import PrometheusReader
from outage.incidents.severity import Severity
from outage.platforms.platform import Platform
from outage.snapshots.baseline import Baseline
from outage.snapshots.case import Case
from outage.snapshots.evidence import Evidence
from outage.snapshots.snapshot import Snapshot
from tasks.observe.budget import Budget, paused_garbage
from tasks.observe.collect_monitoring import collect_usage
from tasks.observe.collect_objects import (
    DEEP,
    WIDE,
    collect_called_namespaces,
    collect_cluster,
    collect_namespace,
)
from tasks.observe.derive import derive_allocated, derive_names
from tasks.observe.inside.listening_sockets import collect_sockets
from tasks.observe.inside.reachability import collect_reach, collect_readiness
from tasks.observe.logs.collect_logs import collect_logs, group_logs, wanted_logs
from tasks.observe.logs.collect_whole_logs import collect_whole_logs
from tasks.observe.pod_table import PodTable
from tasks.observe.snapshot_builder import Clock, SnapshotBuilder

if TYPE_CHECKING:
    from blocks.postgres.database_reader import DatabaseReader

FirstPass = Callable[[Snapshot], None]
"""Takes a snapshot of the objects alone; it is called once, and the other looks wait for it."""


def collect_wide_snapshot(
    cluster: Cluster,
    platform: Platform,
    budget: Budget | None = None,
    *,
    now: Clock,
    monitoring: PrometheusReader | None = None,
) -> Snapshot:
    """Triage: what is failing and how badly, in a second or two.

    Source: runbook "Acknowledge and Assess" and "Quick Health Checks".

    Args:
        cluster: The reading door.
        platform: What the platform is; without services it is discovered from what is seen.
        budget: What it may cost.
        now: The clock.
        monitoring: Prometheus; None takes the one that the platform names.
    """
    with paused_garbage():
        return _Picture(cluster, platform, budget or Budget(), now, monitoring).wide()


def collect_snapshot(
    cluster: Cluster,
    platform: Platform,
    budget: Budget | None = None,
    *,
    now: Clock,
    deep: Sequence[str] | None = None,
    database: DatabaseReader | None = None,
    monitoring: PrometheusReader | None = None,
    entering: bool = True,
    noted: Sequence[Evidence] = (),
    crowd: PodTable | None = None,
    first: FirstPass | None = None,
) -> Snapshot:
    """The deep look alone, for whoever knows nothing beside it; the arguments are those of `collect_case`."""
    return collect_case(
        cluster,
        platform,
        budget,
        now=now,
        deep=deep,
        database=database,
        monitoring=monitoring,
        entering=entering,
        noted=noted,
        crowd=crowd,
        first=first,
    ).snapshot


def collect_case(
    cluster: Cluster,
    platform: Platform,
    budget: Budget | None = None,
    *,
    now: Clock,
    deep: Sequence[str] | None = None,
    database: DatabaseReader | None = None,
    monitoring: PrometheusReader | None = None,
    entering: bool = True,
    noted: Sequence[Evidence] = (),
    crowd: PodTable | None = None,
    first: FirstPass | None = None,
    baseline: Baseline | None = None,
    floor: Severity = Severity.NONE,
) -> Case:
    """Investigate: everything that the runbook looks at in its investigation phase.

    Source: runbook "Investigation Phase".

    Args:
        cluster: The reading door.
        platform: What the platform is; without services it is discovered from what is seen.
        budget: What it may cost; one that runs already goes on running.
        now: The clock.
        deep: Namespaces that are read whole beside the platform's own.
        database: A door to its database; None goes through the cluster with the platform file's Secret.
        monitoring: Prometheus; None takes the one that the platform names.
        entering: Whether programs may be run in pods, ports forwarded, and the database logged in to.
        noted: Looks that were made before, to choose the place.
        crowd: All pods of the cluster, where choosing the place listed them.
        first: Is given what the objects alone show, before logs, programs and databases are looked at.
        baseline: What tells new complaints in the logs from old ones; the other looks do without.
        floor: The least severity that the alerts ask for.

    Returns:
        What was seen, with the platform and the baseline as they were handed in.
    """
    picture = _Picture(cluster, platform, budget or Budget(), now, monitoring, entering=entering, crowd=crowd)
    for one in noted:
        picture.looks.note(one)
    whole = tuple(dict.fromkeys((platform.namespace, *(deep or ()))))
    with paused_garbage():
        snapshot = picture.deep(whole, database, first)
    case = Case(snapshot=snapshot, platform=platform, baseline=baseline, floor=floor)
    group_logs(picture.looks, case.index)
    return case.with_evidence(picture.looks.evidence)


class _Picture(SnapshotBuilder):
    """One snapshot, round by round."""

    def wide(self) -> Snapshot:
        """The looks of triage, in one round (and a second for what the first found)."""
        own = self.platform.namespace
        self.looks.all(
            [
                self._crowd,
                self._nodes,
                *collect_namespace(self.looks, self.cluster, self.gathered, own, WIDE),
                *self._critical(()),
                self._events(own, "Warning"),
                *self._from_outside(),
            ]
        )
        self._discover()
        doors = wanted_logs(self._controllers(), self.taken_at)
        logs = collect_logs(self.looks, self.cluster, doors, self.logs)
        self.looks.all([*self._suspects(), *self._found_outside(), self._events(None, "Warning"), *logs])
        return self._described((own,), (own, *self.platform.critical_namespaces), wide=True)

    def deep(
        self, whole: tuple[str, ...], database: DatabaseReader | None, first: FirstPass | None = None
    ) -> Snapshot:
        """The looks of an investigation: first the objects, then what they lead to.

        Args:
            whole: Namespaces that are read whole, the platform's own first.
            database: A door to its database; None goes through the cluster.
            first: Is given what the objects show, before the looks that follow from them.
        """
        looks, cluster, gathered = self.looks, self.cluster, self.gathered
        looks.all(
            [
                self._crowd,
                self._nodes,
                *(one for place in whole for one in collect_namespace(looks, cluster, gathered, place, DEEP)),
                *(self._events(place) for place in whole),
                *self._critical(whole),
                *collect_cluster(looks, cluster, gathered),
                *collect_usage(looks, cluster, whole, self.usage),
                *self._from_outside(),
            ]
        )
        self._discover()
        pods = [one for place in whole for one in gathered.of("Pod", place)]
        looks.all(self._suspects())
        places = (*whole, *self.platform.critical_namespaces)
        if first:  # before the looks that follow: beside eight threads it would take three times as long
            first(self._snapshot(places))
        looks.all(
            [
                *([] if self.reviewed else self._critical(whole)),
                *self._found_outside(),
                *collect_called_namespaces(looks, cluster, gathered, whole),
                *collect_reach(looks, cluster, self.platform, pods, self.reach),
                *collect_readiness(looks, cluster, pods, self.readiness),
                lambda: self._database(pods, database),
                *derive_allocated(looks, cluster, gathered, pods),
                lambda: derive_names(looks, self.platform),
                *collect_logs(looks, cluster, wanted_logs(pods, self.taken_at), self.logs),
            ]
        )
        services = [one for place in whole for one in gathered.of("Service", place)]
        looks.all(
            [
                *collect_sockets(looks, cluster, pods, services, self.reach, self.sockets),
                *self._logs_of_the_way_in(whole),
                *collect_whole_logs(looks, cluster, self.logs, self.platform.error_patterns),
                *self._found_monitoring(),
                self._measurements,
                self._events(None, "Warning"),
            ]
        )
        return self._described(whole, places, wide=False)
