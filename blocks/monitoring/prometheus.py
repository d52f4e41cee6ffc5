"""The door to Prometheus (and Alertmanager): firing alerts, numbers now and earlier.

Reached by its address, or through the API server's proxy when only the cluster can reach it.
"""

import math
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import urlencode

import orjson
import urllib3

from blocks.access.credentials import follow_reference
from blocks.kubernetes import Cluster
from outage.errors import ClusterError, FileError, MonitoringError, cut
from outage.incidents.alert import Alert
from outage.kubernetes.objects import ObjectRef
from outage.platforms.platform import Platform
from outage.snapshots.snapshot import HOUR
from outage.value import Manifest

ANSWER_SECONDS = 8.0
ANSWER_BYTES = 16 * 1024 * 1024
OLDER_STEP = timedelta(minutes=1)
"""Between the numbers that are looked through for the oldest; it is at least so old."""
NEVER_AN_OUTAGE = frozenset({"Watchdog", "InfoInhibitor", "DeadMansSwitch"})
"""Alerts that always fire, to prove that alerting works."""

Get = Callable[[str, float], bytes]
"""GET a path within some seconds."""
Earlier = dict[str, tuple[float, timedelta]]
"""By service: a number, and how old it is."""
Series = tuple[dict[str, str], tuple[float, ...]]
"""Labels, and numbers with the oldest first."""


class PrometheusReader:
    """One Prometheus, asked over HTTP."""

    def __init__(self, get: Get, where: str):
        self._get, self.where = get, where

    @classmethod
    def of(cls, platform: Platform, cluster: Cluster | None) -> "PrometheusReader | None":
        """The Prometheus that the platform file names, or None when it names none."""
        place = platform.monitoring.prometheus
        if not place:
            return None
        if "://" in place:
            return cls(_direct(place, partial(_bearer, platform, cluster)), place)
        if cluster is None:
            return None
        namespace, _, rest = place.partition("/")
        service, _, port = rest.partition(":")

        def through_the_proxy(path: str, within_seconds: float) -> bytes:
            try:
                return cluster.proxy_get(
                    namespace, service, port or "9090", path, within_seconds=within_seconds
                )
            except ClusterError as error:
                raise MonitoringError(f"ask Prometheus at {place}: {error}") from error

        return cls(through_the_proxy, place)

    def _ask(self, path: str, within_seconds: float) -> Any:
        content = self._get(path, within_seconds)
        try:
            body = orjson.loads(content)
            if body["status"] != "success":
                raise MonitoringError(f"ask Prometheus at {self.where}: {cut(str(body.get('error')))}")
            return body["data"]
        except (orjson.JSONDecodeError, KeyError, TypeError) as error:
            raise MonitoringError(
                f"ask Prometheus at {self.where}: the answer is not Prometheus's"
            ) from error

    def alerts(self, within_seconds: float = ANSWER_SECONDS) -> tuple[Alert, ...]:
        """What fires now, by Prometheus's own rules.

        Raises:
            MonitoringError: No useful answer. Transient.
        """
        found = self._ask("/api/v1/alerts", within_seconds)["alerts"]
        firing = [one for one in found if one.get("state") == "firing"]
        return tuple(_alert(one) for one in firing if one["labels"].get("alertname") not in NEVER_AN_OUTAGE)

    def query(
        self, promql: str, at: datetime | None = None, within_seconds: float = ANSWER_SECONDS
    ) -> dict[str, float]:
        """An instant vector as numbers by the label `service`; what is not a number is left out.

        Args:
            promql: An expression that gives an instant vector.
            at: The moment it is asked for, aware UTC; None for now.
            within_seconds: For the whole answer.

        Raises:
            MonitoringError: No useful answer. Transient.
        """
        asked = {"query": promql} | ({"time": f"{at.timestamp():.3f}"} if at else {})
        data = self._ask(f"/api/v1/query?{urlencode(asked)}", within_seconds)
        numbers: dict[str, float] = {}
        for one in data.get("result") or []:
            number = float(one["value"][1])
            if math.isfinite(number):
                numbers[one["metric"].get("service", "")] = number
        return numbers

    def oldest(self, promql: str, now: datetime, within_seconds: float = ANSWER_SECONDS) -> Earlier:
        """The oldest number of the last hour by the label `service`, a minute old at least.

        Args:
            promql: An expression that gives an instant vector.
            now: The end of the hour, aware UTC.
            within_seconds: For the whole answer.

        Raises:
            MonitoringError: No useful answer. Transient.
        """
        found: Earlier = {}
        for one in self._range(promql, now - HOUR, now - OLDER_STEP, OLDER_STEP, within_seconds):
            numbers = ((at, float(text)) for at, text in one.get("values") or [])
            if first := next((pair for pair in numbers if math.isfinite(pair[1])), None):
                steps = round((now.timestamp() - first[0]) / OLDER_STEP.total_seconds())
                found[one["metric"].get("service", "")] = first[1], steps * OLDER_STEP
        return found

    def series(
        self, promql: str, until: datetime, span: timedelta, step: timedelta, within_seconds: float
    ) -> list[Series]:
        """Every series of a span; what is not a number is left out.

        Args:
            promql: An expression that gives an instant vector.
            until: The end of the span, aware UTC.
            span: Its length.
            step: Between two numbers.
            within_seconds: For the whole answer.

        Raises:
            MonitoringError: No useful answer. Transient.
        """
        found: list[Series] = []
        for one in self._range(promql, until - span, until, step, within_seconds):
            numbers = (float(text) for _, text in one.get("values") or [])
            found.append((one.get("metric") or {}, tuple(each for each in numbers if math.isfinite(each))))
        return found

    def _range(
        self, promql: str, start: datetime, end: datetime, step: timedelta, within_seconds: float
    ) -> list[Any]:
        asked = {
            "query": promql,
            "start": f"{start.timestamp():.3f}",
            "end": f"{end.timestamp():.3f}",
            "step": f"{step.total_seconds():.0f}",
        }
        data = self._ask(f"/api/v1/query_range?{urlencode(asked)}", within_seconds)
        return data.get("result") or []


def _alert(one: dict[str, Any]) -> Alert:
    labels = {key: value for key, value in one["labels"].items() if key != "alertname"}
    moment = datetime.fromisoformat(one["activeAt"][:19]).replace(tzinfo=UTC)
    return Alert(
        name=one["labels"].get("alertname", "?"),
        labels=labels,
        annotations=one.get("annotations") or {},
        starts_at=moment,
        source="prometheus",
    )


def _bearer(platform: Platform, cluster: Cluster | None) -> Mapping[str, str]:
    """The header that says who we are, where the platform names a token."""
    reference = platform.monitoring.token
    if reference is None:
        return {}

    def secret(ref: ObjectRef) -> Manifest:
        if cluster is None:
            raise MonitoringError(f"read {ref}: no cluster to read it from")
        return cluster.get(ref)

    try:
        return {"Authorization": f"Bearer {follow_reference(reference, secret)}"}
    except FileError as error:
        raise MonitoringError(f"ask Prometheus at {platform.monitoring.prometheus}: {error}") from error


def _direct(base: str, headers: Callable[[], Mapping[str, str]]) -> Get:
    pool = urllib3.PoolManager(retries=False)

    def get(path: str, within_seconds: float) -> bytes:
        try:
            answer = pool.request(
                "GET",
                base.rstrip("/") + path,
                headers=headers(),
                timeout=within_seconds,
                preload_content=False,
                redirect=False,
            )
            content = answer.read(ANSWER_BYTES)
            answer.release_conn()
        except (urllib3.exceptions.HTTPError, OSError) as error:
            raise MonitoringError(f"ask Prometheus at {base}: no answer ({cut(str(error), 120)})") from error
        if answer.status >= 300 and answer.status not in (
            400,
            422,
            503,
        ):  # those carry Prometheus's own reason
            raise MonitoringError(f"ask Prometheus at {base}: {answer.status}")
        return content

    return get
