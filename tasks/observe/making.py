"""A snapshot in the making: what was seen so far, and each look that adds to it.

Promise: nothing here says which look comes when; that is `picture`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from blocks.cluster import Cluster
from blocks.prometheus import Monitoring
from blocks.salt import salt as own_salt
from outage.alert import Alert
from outage.discovery import discover
from outage.objects import labels
from outage.platform import Platform
from outage.snapshot import DatabaseView, LogTail, Probe, Rates, Reach, Snapshot, Usage
from outage.value import Manifest
from tasks.observe.budget import Budget
from tasks.observe.crowd import Crowd, look_at_crowd, look_at_suspects
from tasks.observe.describing import describe
from tasks.observe.events import look_at_events
from tasks.observe.logs import LOGS_OF_OTHERS, look_at_logs, wanted_logs
from tasks.observe.looking import Looks
from tasks.observe.monitoring import look_at_monitoring
from tasks.observe.objects import CRITICAL, Gathered, look_at_namespace, look_at_nodes
from tasks.observe.postgres import look_at_database
from tasks.observe.web import look_at_endpoints

if TYPE_CHECKING:
    from blocks.database import Database

Clock = Callable[[], datetime]


class Making:
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
