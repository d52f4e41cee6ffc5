"""Read the logs that matter: those of ill pods first, then one or two of each workload."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import partial
from shlex import quote
from typing import NamedTuple

from blocks.kubernetes import Cluster
from outage.diagnosis.findings.log_news import log_templates
from outage.diagnosis.thresholds import EARLIER_LIFE
from outage.errors import ClusterRejected
from outage.kubernetes.objects import owner_ref
from outage.kubernetes.readiness import is_ready
from outage.kubernetes.trim import is_healthy_pod
from outage.snapshots.case_index import CaseIndex
from outage.snapshots.snapshot import LogTail
from outage.text.logs.log_templates import describe_template
from outage.text.redaction import redact
from outage.value import Manifest
from tasks.observe.collector import Collector

LOGS = 60
"""Logs of the platform's own pods read in one investigation."""
LOGS_OF_OTHERS = 20
"""Logs of the ingress controller and of the cluster's DNS."""
PER_WORKLOAD = 2
ILL_PER_WORKLOAD = 3
TAIL_ILL, TAIL_WELL = 300, 150
KEPT_CHARACTERS = 64 * 1024


class WantedLog(NamedTuple):
    """The log of one container."""

    pod: Manifest
    container: str
    previous: bool
    """Whether of its life before the last restart."""


def wanted_logs(pods: Iterable[Manifest], now: datetime) -> list[WantedLog]:
    """Which logs to read, the most telling first."""
    ordered = sorted(pods, key=lambda pod: (well_pods(pod, now), _reverse_age(pod)))
    taken: Counter[tuple[str, bool]] = Counter()
    wanted: list[WantedLog] = []
    for pod in ordered:
        fine = well_pods(pod, now)
        if fine and (pod.get("status") or {}).get("phase") == "Succeeded":
            continue
        home = owner_ref(pod)
        key = (str(home or pod["metadata"]["name"]), fine)
        if taken[key] >= (PER_WORKLOAD if fine else ILL_PER_WORKLOAD):
            continue
        taken[key] += 1
        wanted += [one for one in _containers(pod) if not fine or not one[2]]
    return wanted


def well_pods(pod: Manifest, now: datetime) -> bool:
    """Whether a pod is healthy now and did not restart lately; what it said in an old life is no news."""
    if is_healthy_pod(pod):
        return True
    status = pod.get("status") or {}
    ends = [
        str(((one.get("lastState") or {}).get("terminated") or {}).get("finishedAt") or "")
        for one in status.get("containerStatuses") or []
    ]
    return (
        is_ready(pod) and max([*ends, ""]) < f"{now - EARLIER_LIFE:%Y-%m-%dT%H:%M:%SZ}" and not _leaving(pod)
    )


def _leaving(pod: Manifest) -> bool:
    return bool(pod["metadata"].get("deletionTimestamp"))


def _reverse_age(pod: Manifest) -> str:
    """Newest first: the complement of the creation time's characters sorts the other way round."""
    return "".join(chr(255 - ord(one)) for one in pod["metadata"].get("creationTimestamp") or "")


def _containers(pod: Manifest) -> list[WantedLog]:
    status = pod.get("status") or {}
    wanted: list[WantedLog] = []
    for one in status.get("containerStatuses") or []:
        if (one.get("state") or {}).keys() & {"running", "terminated"}:
            wanted.append(WantedLog(pod, one["name"], previous=False))
        if one.get("restartCount"):
            wanted.append(WantedLog(pod, one["name"], previous=True))
    for one in status.get("initContainerStatuses") or []:
        ended = (one.get("state") or {}).get("terminated") or (one.get("lastState") or {}).get("terminated")
        if ended and ended.get("exitCode"):
            wanted.append(WantedLog(pod, one["name"], previous="terminated" not in (one.get("state") or {})))
    return wanted


def collect_logs(
    looks: Collector, cluster: Cluster, wanted: Sequence[WantedLog], kept: list[LogTail], at_most: int = LOGS
) -> list[Callable[[], None]]:
    """One look per log, for the first ones; the texts are added to `kept`, redacted.

    Args:
        looks: Keeps what could not be looked at.
        cluster: The reading door.
        wanted: Which logs, the most telling first.
        kept: Gets the logs.
        at_most: How many are read; the others are said to be unread.
    """
    rest = [f"{pod['metadata']['name']}/{container}" for pod, container, _ in wanted[at_most:]]
    place = wanted[0][0]["metadata"]["namespace"] if wanted else ""
    looks.leave_out(f"logs in {place}", f"kubectl logs POD -n {place} --tail={TAIL_ILL}", rest, at_most)
    return [partial(_log, looks, cluster, one, kept) for one in wanted[:at_most]]


def _log(looks: Collector, cluster: Cluster, wanted: WantedLog, kept: list[LogTail]) -> None:
    pod, container, previous = wanted
    name, namespace = pod["metadata"]["name"], pod["metadata"]["namespace"]
    tail = TAIL_WELL if is_healthy_pod(pod) else TAIL_ILL

    def ask() -> LogTail:
        try:
            text = cluster.logs(
                namespace,
                name,
                container,
                previous=previous,
                tail=tail,
                within_seconds=looks.budget.seconds(10),
            )
        except ClusterRejected:
            if not previous:
                raise
            text = ""  # the kubelet keeps no log of that life any more: that was seen
        seen = LogTail(
            namespace=namespace,
            pod=name,
            container=container,
            previous=previous,
            text=redact(text[-KEPT_CHARACTERS:]),
        )
        if seen.text:
            kept.append(seen)
        return seen

    looks.see(
        f"logs/{name}/{container}" + ("/previous" if previous else ""),
        f"kubectl logs {name} -c {container} -n {namespace} --tail={tail}"
        + (" --previous" if previous else ""),
        ask,
        lambda seen: "\n".join(seen.text.splitlines()[-12:]) or "the log is empty",
    )


def group_logs(looks: Collector, index: CaseIndex) -> None:
    """The error logs of all services as templates with counts, marked when new: one more evidence, no call."""
    if logs := index.snapshot.logs:
        words = _grepped(logs, index.platform.error_patterns)
        looks.work_out("log-templates", words, lambda: describe_template(log_templates(index)))


def _grepped(logs: Sequence[LogTail], patterns: Sequence[str]) -> str:
    """The runbook's loop over services, as it can be typed."""
    return "; ".join(
        f"for pod in $(kubectl get pods -n {place} -o name); do "
        f"kubectl logs $pod -n {place} --all-containers --tail={TAIL_WELL}; done | grep -iE {quote('|'.join(patterns))}"
        for place in dict.fromkeys(one.namespace for one in logs)
    )
