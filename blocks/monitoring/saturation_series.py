"""What Prometheus measured of saturation: the last minutes, and the same minutes an hour and a day earlier.

The names are those of cAdvisor, the kubelet, kube-state-metrics and postgres_exporter. Who scrapes none of them has
no such series, and nothing follows from that.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from blocks.monitoring.prometheus import PrometheusReader, Series
from outage.kubernetes.objects import ObjectRef
from outage.platforms.platform import Platform
from outage.snapshots.snapshot import HOUR, Measurement, Metric

DAY = timedelta(days=1)
SPAN = timedelta(minutes=10)
"""Long enough for a median that one burst does not move, short enough for an outage that has just begun."""
STEP = timedelta(seconds=30)
SERIES_KEPT = 200
"""Of one metric, the highest first: a picture of thousands of pods is not kept whole."""
HOME = 'namespace=~"%s"'
QUERIES = {
    Metric.CPU_THROTTLED: (
        "sum by (namespace, pod) (rate(container_cpu_cfs_throttled_periods_total{%(home)s}[2m]))"
        " / sum by (namespace, pod) (rate(container_cpu_cfs_periods_total{%(home)s}[2m]))"
    ),
    Metric.CPU_OF_LIMIT: (
        "max by (namespace, pod) (sum by (namespace, pod, container) "
        '(rate(container_cpu_usage_seconds_total{container!="",%(home)s}[2m]))'
        ' / max by (namespace, pod, container) (kube_pod_container_resource_limits{resource="cpu",%(home)s}))'
    ),
    Metric.MEMORY_OF_LIMIT: (
        "max by (namespace, pod) (max by (namespace, pod, container) "
        '(container_memory_working_set_bytes{container!="",%(home)s})'
        ' / max by (namespace, pod, container) (kube_pod_container_resource_limits{resource="memory",%(home)s}))'
    ),
    Metric.CONNECTIONS_USED: (
        "sum by (namespace, pod) (pg_stat_activity_count{%(home)s})"
        " / max by (namespace, pod) (pg_settings_max_connections{%(home)s})"
    ),
    Metric.DISK_USED: (
        "max by (namespace, persistentvolumeclaim) "
        "(kubelet_volume_stats_used_bytes{%(home)s} / kubelet_volume_stats_capacity_bytes{%(home)s})"
    ),
    Metric.PACKET_ERRORS: (
        "sum by (namespace, pod) (rate(container_network_receive_errors_total{%(home)s}[2m])"
        " + rate(container_network_transmit_errors_total{%(home)s}[2m]))"
    ),
}
"""One expression of each; latency is asked with the platform file's own."""


def saturation_queries(platform: Platform) -> dict[Metric, str]:
    """What is asked of each metric, for the platform's own namespaces."""
    home = HOME % "|".join(platform.own_namespaces)
    asked = {metric: promql % {"home": home} for metric, promql in QUERIES.items()}
    return asked | ({Metric.LATENCY: platform.monitoring.latency} if platform.monitoring.latency else {})


def measure(
    monitoring: PrometheusReader,
    platform: Platform,
    metric: Metric,
    promql: str,
    now: datetime,
    within_seconds: float,
) -> tuple[Measurement, ...]:
    """One metric now, an hour and a day earlier; earlier is asked only for what is measured now.

    Args:
        monitoring: Which Prometheus.
        platform: Whose Services a label `service` means.
        metric: What is measured.
        promql: How it is asked for.
        now: The end of the last span, aware UTC.
        within_seconds: For each of three questions.

    Returns:
        A row per object, the highest of now first; none where nothing of the kind is measured.

    Raises:
        MonitoringError: No useful answer. Transient.
    """
    seen = _by_object(monitoring.series(promql, now, SPAN, STEP, within_seconds), platform, metric)
    if not seen:
        return ()
    hour, day = (
        _by_object(monitoring.series(promql, now - ago, SPAN, STEP, within_seconds), platform, metric)
        for ago in (HOUR, DAY)
    )
    rows = [
        Measurement(
            metric=metric,
            about=about,
            now=seen.get(about, ()),
            hour_ago=hour.get(about, ()),
            day_ago=day.get(about, ()),
        )
        for about in dict.fromkeys((*seen, *hour, *day))
    ]
    highest = sorted(rows, key=lambda one: (max(one.now, default=-1.0), str(one.about)), reverse=True)
    return tuple(highest[:SERIES_KEPT])


def _by_object(
    series: Iterable[Series], platform: Platform, metric: Metric
) -> dict[ObjectRef, tuple[float, ...]]:
    return {
        about: numbers
        for labels, numbers in series
        if numbers and (about := _about(labels, platform, metric)) is not None
    }


def _about(labels: dict[str, str], platform: Platform, metric: Metric) -> ObjectRef | None:
    if metric is Metric.LATENCY:
        name, known = labels.get("service", ""), platform.service(labels.get("service", ""))
        place = platform.namespace
        return (
            ObjectRef(kind="Service", name=(known.service if known else "") or name, namespace=place)
            if name
            else None
        )
    kind, label = (
        ("PersistentVolumeClaim", "persistentvolumeclaim") if metric is Metric.DISK_USED else ("Pod", "pod")
    )
    name, place = labels.get(label, ""), labels.get("namespace", "")
    return ObjectRef(kind=kind, name=name, namespace=place) if name and place else None
