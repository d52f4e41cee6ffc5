"""A snapshot in the making: what was seen so far, and each look that adds to it.

Promise: nothing here says which look comes when; that is `picture`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from blocks.installation.secret_salt import installation_salt as own_salt
from blocks.kubernetes import Cluster
from blocks.monitoring.prometheus import PrometheusReader
from outage.incidents.alert import Alert
from outage.kubernetes.objects import labels_of
from outage.kubernetes.trim import trim_object
from outage.platforms.discovery import discover_platform
from outage.platforms.platform import Platform
from outage.snapshots.snapshot import (
    DatabaseView,
    ListeningSocket,
    LogTail,
    Measurement,
    Probe,
    Rates,
    Reach,
    ReadinessAnswer,
    Snapshot,
    Usage,
)
from outage.value import Manifest
from tasks.observe.budget import Budget
from tasks.observe.collect_database import collect_database
from tasks.observe.collect_events import collect_events
from tasks.observe.collect_monitoring import collect_measurements, collect_monitoring
from tasks.observe.collect_objects import CRITICAL, GatheredObjects, collect_namespace, collect_nodes
from tasks.observe.collector import Collector
from tasks.observe.derive import derive_lists
from tasks.observe.inside.reachability import collect_endpoints
from tasks.observe.logs.collect_logs import LOGS_OF_OTHERS, collect_logs, wanted_logs
from tasks.observe.pod_table import PODS_IN_WORDS, PodTable, collect_pod_table, collect_suspect_pods

if TYPE_CHECKING:
    from blocks.postgres.database_reader import DatabaseReader

Clock = Callable[[], datetime]


class SnapshotBuilder:
    """One snapshot in the making."""

    def __init__(
        self,
        cluster: Cluster,
        platform: Platform,
        budget: Budget,
        now: Clock,
        monitoring: PrometheusReader | None,
        *,
        entering: bool = True,
        crowd: PodTable | None = None,
    ):
        budget.start(cluster)
        self.cluster, self.platform = cluster, platform
        self.monitoring = monitoring or PrometheusReader.of(platform, cluster)
        self.looks = Collector(budget, now, entering=entering)
        self.taken_at = now()
        self.gathered = GatheredObjects(own_salt())
        self.logs: list[LogTail] = []
        self.probes: list[Probe] = []
        self.usage: list[Usage] = []
        self.alerts: list[Alert] = []
        self.rates: list[Rates] = []
        self.measurements: list[Measurement] = []
        self.reach: list[Reach] = []
        self.readiness: list[ReadinessAnswer] = []
        self.sockets: list[ListeningSocket] = []
        self.database: DatabaseView | None = None
        self.crowd = crowd
        self.reviewed = bool(platform.services)

    def _crowd(self) -> None:
        if self.crowd is None:
            self.crowd = collect_pod_table(self.looks, self.cluster)
        else:
            self.gathered.add("Pod", [trim_object(one, self.gathered.salt) for one in self.crowd.read])
            self.looks.work_out("pods", PODS_IN_WORDS, partial(str, self.crowd.states))

    def _nodes(self) -> None:
        collect_nodes(self.looks, self.cluster, self.gathered)

    def _events(self, namespace: str | None, kind: str | None = None) -> Callable[[], None]:
        return lambda: collect_events(self.looks, self.cluster, self.gathered, namespace, kind)

    def _database(self, pods: list[Manifest], database: DatabaseReader | None) -> None:
        self.database = collect_database(self.looks, self.cluster, self.platform, pods, database)

    def _critical(self, seen: tuple[str, ...]) -> list[Callable[[], None]]:
        """The critical namespaces, as far as they are not read whole."""
        places = [
            one for one in self.platform.critical_namespaces if one not in (*seen, self.platform.namespace)
        ]
        return [
            one
            for place in places
            for one in (
                *collect_namespace(self.looks, self.cluster, self.gathered, place, CRITICAL),
                self._events(place, "Warning"),
            )
        ]

    def _from_outside(self) -> list[Callable[[], None]]:
        """The endpoints of a reviewed platform, and its monitoring."""
        asked = collect_endpoints(self.looks, self.platform, self.probes) if self.reviewed else []
        if self.monitoring:
            asked += collect_monitoring(self.looks, self.monitoring, self.platform, self.alerts, self.rates)
        return asked

    def _found_outside(self) -> list[Callable[[], None]]:
        """The endpoints that were only found on ingresses."""
        if self.reviewed:
            return []
        return collect_endpoints(self.looks, self.platform, self.probes, reviewed=False)

    def _found_monitoring(self) -> list[Callable[[], None]]:
        """The Prometheus that was only found among the critical namespaces' Services."""
        if self.reviewed or self.monitoring:
            return []
        self._discover()
        monitoring = PrometheusReader.of(self.platform, self.cluster)
        if monitoring is None:
            return []
        self.monitoring = monitoring
        return collect_monitoring(self.looks, monitoring, self.platform, self.alerts, self.rates)

    def _measurements(self) -> None:
        """Saturation against earlier, where there is a Prometheus by now; it costs nothing without one."""
        if self.monitoring is not None:
            collect_measurements(self.looks, self.monitoring, self.platform, self.measurements)

    def _suspects(self) -> list[Callable[[], None]]:
        names = self.crowd.suspects if self.crowd else ()
        return collect_suspect_pods(self.looks, self.cluster, self.gathered, names)

    def _discover(self) -> None:
        """Without a platform file, learn the services from what was seen."""
        if not self.reviewed:
            self.platform = discover_platform(
                self._snapshot((self.platform.namespace,)), self.platform.namespace
            )

    def _logs_of_the_way_in(self, whole: tuple[str, ...]) -> list[Callable[[], None]]:
        """The ingress controller's and the cluster DNS's logs belong to every outage; a stranger's are found late."""
        names = [
            one
            for one in self.gathered.of("Pod", "kube-system")
            if labels_of(one).get("k8s-app") == "kube-dns"
        ]
        pods = [one for one in (*self._controllers(), *names) if one["metadata"]["namespace"] not in whole]
        wanted = wanted_logs(pods, self.taken_at)
        return collect_logs(self.looks, self.cluster, wanted, self.logs, LOGS_OF_OTHERS)

    def _controllers(self) -> list[Manifest]:
        place = self.platform.ingress.controller_namespace if self.platform.ingress else None
        return self.gathered.of("Pod", place) if place and place != self.platform.namespace else []

    def _described(self, places: tuple[str, ...], namespaces: tuple[str, ...], wide: bool) -> Snapshot:
        """The snapshot, with what follows from its lists together as evidence."""
        derive_lists(self.looks, self._snapshot(namespaces), places, wide)
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
            readiness=tuple(self.readiness),
            sockets=tuple(self.sockets),
            database=self.database,
            rates=tuple(self.rates),
            usage=tuple(self.usage),
            measurements=tuple(self.measurements),
            alerts=tuple(self.alerts),
            evidence=self.looks.evidence,
            links=dict(self.platform.dashboards),
        )
