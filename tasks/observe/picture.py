"""The two looks of a response: the wide one of triage and the deep one of an investigation.

Promise: they never raise for anything the cluster, the monitoring or the database does. What could not be seen
is an Evidence with the reason, and the rest goes on until the budget is spent.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from blocks.cluster import Cluster
from blocks.prometheus import Monitoring
from blocks.salt import salt as own_salt
from outage.alert import Alert
from outage.discovery import discover
from outage.evidence import Evidence
from outage.objects import labels
from outage.platform import Platform
from outage.snapshot import DatabaseView, LogTail, Probe, Rates, Reach, Snapshot, Usage
from outage.value import Manifest
from tasks.observe.budget import Budget
from tasks.observe.crowd import Crowd, look_at_crowd, look_at_suspects
from tasks.observe.describing import describe, look_at_allocated, look_at_names
from tasks.observe.events import look_at_events
from tasks.observe.logs import LOGS_OF_OTHERS, group_logs, look_at_logs, wanted_logs
from tasks.observe.looking import Looks
from tasks.observe.monitoring import look_at_monitoring
from tasks.observe.objects import (
    CRITICAL,
    DEEP,
    WIDE,
    Gathered,
    look_at_cluster,
    look_at_namespace,
    look_at_nodes,
)
from tasks.observe.postgres import look_at_database
from tasks.observe.usage import look_at_usage
from tasks.observe.web import look_at_endpoints
from tasks.probe.reach import look_at_reach

if TYPE_CHECKING:
    from blocks.database import Database

Clock = Callable[[], datetime]


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
    """
    picture = _Picture(cluster, platform, budget or Budget(), now, monitoring, entering=entering)
    for one in noted:
        picture.looks.note(one)
    return picture.deep(tuple(deep or ()), database)


class _Picture:
    """One snapshot in the making."""

    def __init__(
        self,
        cluster: Cluster,
        platform: Platform,
        budget: Budget,
        now: Clock,
        monitoring: Monitoring | None,
        *,
        entering: bool = True,
    ):
        budget.start(cluster)
        self.cluster, self.platform = cluster, platform
        self.monitoring = monitoring or Monitoring.of(platform, cluster)
        self.looks = Looks(budget, now, entering=entering)
        self.taken_at = now()
        self.gathered = Gathered(own_salt())
        self.logs: list[LogTail] = []
        self.probes: list[Probe] = []
        self.usage: list[Usage] = []
        self.alerts: list[Alert] = []
        self.rates: list[Rates] = []
        self.reach: list[Reach] = []
        self.database: DatabaseView | None = None
        self.crowd: Crowd | None = None
        self.reviewed = bool(platform.services)

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

    def deep(self, more: tuple[str, ...], database: Database | None) -> Snapshot:
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
        group_logs(looks, self.logs, self.platform.error_patterns)
        return self._described(whole, (*whole, *self.platform.critical_namespaces), wide=False)

    def _crowd(self) -> None:
        self.crowd = look_at_crowd(self.looks, self.cluster)

    def _nodes(self) -> None:
        look_at_nodes(self.looks, self.cluster, self.gathered)

    def _events(self, namespace: str | None, kind: str | None = None) -> Callable[[], None]:
        return lambda: look_at_events(self.looks, self.cluster, self.gathered, namespace, kind)

    def _database(self, pods: list[Manifest], database: Database | None) -> None:
        self.database = look_at_database(self.looks, self.cluster, self.platform, pods, database)

    def _critical(self, seen: tuple[str, ...]) -> list[Callable[[], None]]:
        """The critical namespaces, as far as they are not read whole."""
        places = [
            one for one in self.platform.critical_namespaces if one not in (*seen, self.platform.namespace)
        ]
        return [
            one
            for place in places
            for one in (
                *look_at_namespace(self.looks, self.cluster, self.gathered, place, CRITICAL),
                self._events(place, "Warning"),
            )
        ]

    def _from_outside(self) -> list[Callable[[], None]]:
        """The endpoints of a reviewed platform, and its monitoring."""
        asked = look_at_endpoints(self.looks, self.platform, self.probes) if self.reviewed else []
        if self.monitoring:
            asked += look_at_monitoring(self.looks, self.monitoring, self.platform, self.alerts, self.rates)
        return asked

    def _found_outside(self) -> list[Callable[[], None]]:
        """The endpoints that were only found on ingresses."""
        if self.reviewed:
            return []
        return look_at_endpoints(self.looks, self.platform, self.probes, reviewed=False)

    def _found_monitoring(self) -> list[Callable[[], None]]:
        """The Prometheus that was only found among the critical namespaces' Services."""
        if self.reviewed or self.monitoring:
            return []
        self._discover()
        monitoring = Monitoring.of(self.platform, self.cluster)
        if monitoring is None:
            return []
        return look_at_monitoring(self.looks, monitoring, self.platform, self.alerts, self.rates)

    def _suspects(self) -> list[Callable[[], None]]:
        names = self.crowd.suspects if self.crowd else ()
        return look_at_suspects(self.looks, self.cluster, self.gathered, names)

    def _discover(self) -> None:
        """Without a platform file, learn the services from what was seen."""
        if not self.reviewed:
            self.platform = discover(self._snapshot((self.platform.namespace,)), self.platform.namespace)

    def _logs_of_the_way_in(self, whole: tuple[str, ...]) -> list[Callable[[], None]]:
        """The ingress controller's and the cluster DNS's logs belong to every outage; a stranger's are found late."""
        names = [
            one for one in self.gathered.of("Pod", "kube-system") if labels(one).get("k8s-app") == "kube-dns"
        ]
        pods = [one for one in (*self._controllers(), *names) if one["metadata"]["namespace"] not in whole]
        wanted = wanted_logs(pods, self.taken_at)
        return look_at_logs(self.looks, self.cluster, wanted, self.logs, LOGS_OF_OTHERS)

    def _controllers(self) -> list[Manifest]:
        place = self.platform.ingress.controller_namespace if self.platform.ingress else None
        return self.gathered.of("Pod", place) if place and place != self.platform.namespace else []

    def _described(self, places: tuple[str, ...], namespaces: tuple[str, ...], wide: bool) -> Snapshot:
        """The snapshot, with what follows from its lists together as evidence."""
        describe(self.looks, self._snapshot(namespaces), places, wide)
        return self._snapshot(namespaces)

    def _snapshot(self, namespaces: tuple[str, ...]) -> Snapshot:
        return Snapshot(
            taken_at=self.taken_at,
            namespaces=tuple(dict.fromkeys(namespaces)),
            lists=self.gathered.lists(),
            objects=self.gathered.everything(),
            logs=tuple(self.logs),
            probes=tuple(self.probes),
            reach=tuple(self.reach),
            database=self.database,
            rates=tuple(self.rates),
            usage=tuple(self.usage),
            alerts=tuple(self.alerts),
            evidence=self.looks.evidence,
            links=dict(self.platform.dashboards),
        )
