"""The two looks of a response: the wide one of triage and the deep one of an investigation.

Promise: they never raise for anything the cluster, the monitoring or the database does. What could not be seen
is an Evidence with the reason, and the rest goes on until the budget is spent.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from blocks.cluster import Cluster
from blocks.prometheus import Monitoring
from outage.baseline import Baseline
from outage.diagnosis.world import World
from outage.evidence import Evidence
from outage.platform import Platform
from outage.snapshot import Snapshot
from tasks.observe.budget import Budget
from tasks.observe.describing import look_at_allocated, look_at_names
from tasks.observe.logs import group_logs, look_at_logs, wanted_logs
from tasks.observe.making import Clock, Making
from tasks.observe.objects import DEEP, WIDE, look_at_cluster, look_at_namespace
from tasks.observe.usage import look_at_usage
from tasks.probe.reach import look_at_reach

if TYPE_CHECKING:
    from blocks.database import Database


def wide_look(
    cluster: Cluster,
    platform: Platform,
    budget: Budget | None = None,
    *,
    now: Clock,
    monitoring: Monitoring | None = None,
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
    return _Picture(cluster, platform, budget or Budget(), now, monitoring).wide()


def look(
    cluster: Cluster,
    platform: Platform,
    budget: Budget | None = None,
    *,
    now: Clock,
    deep: Sequence[str] | None = None,
    database: Database | None = None,
    monitoring: Monitoring | None = None,
    entering: bool = True,
    noted: Sequence[Evidence] = (),
    baseline: Baseline | None = None,
) -> Snapshot:
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
        baseline: What tells new complaints in the logs from old ones; the other looks do without.
    """
    picture = _Picture(cluster, platform, budget or Budget(), now, monitoring, entering=entering)
    for one in noted:
        picture.looks.note(one)
    return picture.deep(tuple(deep or ()), database, baseline)


class _Picture(Making):
    """One snapshot, round by round."""

    def wide(self) -> Snapshot:
        """The looks of triage, in one round (and a second for what the first found)."""
        own = self.platform.namespace
        self.looks.all(
            [
                self._crowd,
                self._nodes,
                *look_at_namespace(self.looks, self.cluster, self.gathered, own, WIDE),
                *self._critical(()),
                self._events(own, "Warning"),
                *self._from_outside(),
            ]
        )
        self._discover()
        doors = wanted_logs(self._controllers(), self.taken_at)
        logs = look_at_logs(self.looks, self.cluster, doors, self.logs)
        self.looks.all([*self._suspects(), *self._found_outside(), self._events(None, "Warning"), *logs])
        return self._described((own,), (own, *self.platform.critical_namespaces), wide=True)

    def deep(self, more: tuple[str, ...], database: Database | None, baseline: Baseline | None) -> Snapshot:
        """The looks of an investigation: first the objects, then what they lead to."""
        whole = tuple(dict.fromkeys((self.platform.namespace, *more)))
        looks, cluster, gathered = self.looks, self.cluster, self.gathered
        looks.all(
            [
                self._crowd,
                self._nodes,
                *(one for place in whole for one in look_at_namespace(looks, cluster, gathered, place, DEEP)),
                *(self._events(place) for place in whole),
                *self._critical(whole),
                *look_at_cluster(looks, cluster, gathered),
                *look_at_usage(looks, cluster, whole, self.usage),
                *self._from_outside(),
            ]
        )
        self._discover()
        pods = [one for place in whole for one in gathered.of("Pod", place)]
        looks.all(
            [
                *self._suspects(),
                *([] if self.reviewed else self._critical(whole)),
                *self._found_outside(),
                *look_at_reach(looks, cluster, self.platform, pods, self.reach),
                lambda: self._database(pods, database),
                *look_at_allocated(looks, cluster, gathered, pods),
                lambda: look_at_names(looks, self.platform),
                *look_at_logs(looks, cluster, wanted_logs(pods, self.taken_at), self.logs),
            ]
        )
        looks.all(
            [*self._logs_of_the_way_in(whole), *self._found_monitoring(), self._events(None, "Warning")]
        )
        group_logs(looks, World(self._snapshot(whole), self.platform, baseline))
        return self._described(whole, (*whole, *self.platform.critical_namespaces), wide=False)
