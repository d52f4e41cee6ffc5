"""Who answers whom: the users' endpoints from outside, and the calls between services from inside their pods."""

import time
from collections.abc import Callable, Sequence
from functools import partial
from shlex import quote
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from blocks.kubernetes import Cluster
from blocks.web import probe_url
from outage.errors import ClusterRejected, ClusterUnreachable, OutageError
from outage.kubernetes.inside.pod_programs import (
    ReachAnswer,
    ReachTarget,
    reach_answers,
    reach_commands,
    readiness_answer,
    readiness_command,
    readiness_path,
)
from outage.kubernetes.objects import labels_of, selects_labels
from outage.kubernetes.trim import is_healthy_pod
from outage.platforms.platform import Endpoint, Platform, Service
from outage.snapshots.snapshot import Probe, Reach, ReadinessAnswer
from outage.text.redaction import redact
from outage.value import Manifest
from tasks.observe.collector import Collector


class NotForUs(OutageError):
    """The endpoint cannot be judged from this machine."""


def collect_endpoints(
    looks: Collector, platform: Platform, kept: list[Probe], reviewed: bool = True
) -> list[Callable[[], None]]:
    """One request per endpoint.

    Args:
        looks: Where the evidence goes.
        platform: Names the endpoints, their addresses and their authority.
        kept: Takes the probes.
        reviewed: Whether a person wrote the endpoints down. Names that were only found on ingresses may well
            not resolve on this machine: then nothing is known, instead of an outage.
    """
    return [partial(_probe, looks, platform, one, kept, reviewed) for one in platform.endpoints]


def _probe(
    looks: Collector, platform: Platform, endpoint: Endpoint, kept: list[Probe], reviewed: bool
) -> None:
    host = urlsplit(endpoint.url).hostname or ""
    address = platform.resolve.get(host)

    def ask() -> Probe:
        seen = probe_url(
            endpoint.url,
            service=endpoint.service,
            resolve=platform.resolve,
            ca_file=platform.ca_file,
            within_seconds=looks.budget.seconds(5),
            trusting=not reviewed,
        )
        if not reviewed and seen.status is None and address is None:
            raise NotForUs(f"ask {endpoint.url}: {seen.problem}; it was only found on an ingress")
        kept.append(seen)
        return seen

    looks.see(
        f"probe/{endpoint.url}", typed_curl(endpoint.url, address, platform.ca_file), ask, describe_probe
    )


def typed_curl(url: str, address: str | None, ca_file: str | None) -> str:
    """What a person would type for the same request.

    Args:
        url: What is asked for.
        address: Where its host is found instead of by its name, `IP` or `IP:PORT`; None for the name.
        ca_file: Of the authority that is trusted; None for the machine's.
    """
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    option = "--connect-to" if ":" in (address or "") else "--resolve"  # only the former takes another port
    resolved = f" {option} {parts.hostname}:{port}:{address}" if address else ""
    trusted = f" --cacert {quote(ca_file)}" if ca_file and parts.scheme == "https" else ""
    return f"curl -f{resolved}{trusted} {quote(url)}"


def describe_probe(seen: Probe) -> str:
    """`200 in 12 ms, certificate until 2030-01-01`."""
    status = f"{seen.status}" if seen.status is not None else "no answer"
    after = f" in {seen.seconds * 1000:.0f} ms" if seen.seconds is not None else ""
    until = f", certificate until {seen.tls_expires_at:%Y-%m-%d}" if seen.tls_expires_at else ""
    return f"{status}{after}{until}" + (f": {seen.problem}" if seen.problem else "")


if TYPE_CHECKING:  # the looks come here themselves
    from tasks.observe.collector import Collector

EXEC_SECONDS = 8.0
SOURCES = 20
"""Services that are entered in one investigation."""
SHORTEST_SECONDS = 0.1
MISSING = (126, 127)
"""Exit statuses that mean: that program is not in the image."""


def collect_reach(
    looks: "Collector", cluster: Cluster, platform: Platform, pods: Sequence[Manifest], kept: list[Reach]
) -> list[Callable[[], None]]:
    """One exec per service that depends on others; all its dependencies are tried at once.

    Args:
        looks: Keeps what could not be looked at, and which callers were left out.
        cluster: The reading door.
        platform: Says who depends on whom.
        pods: Of the platform; a running one of each caller is entered.
        kept: Gets a row per connection that was tried.

    Returns:
        Looks to be made, side by side.
    """
    callers = [one for one in platform.services if reach_targets(platform, one)]
    rest = [one.name for one in callers[SOURCES:]]
    words = f"kubectl exec deployment/NAME -n {platform.namespace} -- nc -zv HOST PORT"
    looks.leave_out("callers of other services", words, rest, SOURCES)
    return [partial(_from, looks, cluster, platform, one, pods, kept) for one in callers[:SOURCES]]


def reach_targets(platform: Platform, service: Service) -> list[ReachTarget]:
    """The addresses of what a service depends on."""
    callees = [platform.service(name) for name in service.depends_on]
    return [
        ReachTarget(host=f"{one.service}.{platform.namespace}", port=one.port)
        for one in callees
        if one and one.service
    ]


def _from(
    looks: "Collector",
    cluster: Cluster,
    platform: Platform,
    service: Service,
    pods: Sequence[Manifest],
    kept: list[Reach],
) -> None:
    targets = reach_targets(platform, service)

    def ask() -> list[Reach]:
        pod = _pod(service, pods)
        said = try_from_pod(cluster, platform.namespace, pod, targets, looks.budget.seconds(EXEC_SECONDS))
        seen = [_reach(platform.namespace, service.workload, one) for one in said]
        kept.extend(seen)
        return seen

    words = "; ".join(f"nc -zv {one.host} {one.port}" for one in targets)
    looks.see(
        f"reach/{service.name}",
        f"kubectl exec {service.workload} -n {platform.namespace} -- sh -c {quote(words)}",
        ask,
        _told,
        enters=True,
    )


def _pod(service: Service, pods: Sequence[Manifest]) -> str:
    running = [
        one
        for one in pods
        if selects_labels(service.selector, labels_of(one))
        and (one.get("status") or {}).get("phase") == "Running"
    ]
    if not running:
        raise ClusterUnreachable(f"enter a pod of {service.name}: none runs")
    return str(min(running, key=lambda one: not is_healthy_pod(one))["metadata"]["name"])


def try_from_pod(
    cluster: Cluster, namespace: str, pod: str, targets: Sequence[ReachTarget], within_seconds: float
) -> tuple[ReachAnswer, ...]:
    """Try addresses from inside a pod, with the first program that its image holds.

    Args:
        cluster: The reading door.
        namespace: Where the pod is.
        pod: Its name.
        targets: What to try.
        within_seconds: For all programs together.

    Raises:
        ClusterForbidden: Our identity may not exec. Permanent.
        ClusterRejected: Nothing in the image can open a connection. Permanent.
        ClusterUnreachable: The pod cannot be entered. Transient.
    """
    until = time.monotonic() + within_seconds
    for command in reach_commands(targets):
        left = max(until - time.monotonic(), SHORTEST_SECONDS)
        said = cluster.execute(namespace, pod, command, within_seconds=left)
        if said.code in MISSING:
            continue
        found = reach_answers(said.out)
        if found:
            return found
    raise ClusterRejected(
        f"try {', '.join(one.spelled for one in targets)} from pod/{pod} in {namespace}: "
        "nothing in its image can open a connection"
    )


def _reach(namespace: str, workload: str, answer: ReachAnswer) -> Reach:
    target = f"{answer.host}:{answer.port}" if answer.port else answer.host
    return Reach(
        namespace=namespace,
        source=workload,
        target=target,
        by=answer.by,
        reached=answer.reached,
        answer=answer.says,
    )


ASKED_PODS = 8
"""Pods that are asked why they are not ready; more of the same say the same."""


def collect_readiness(
    looks: "Collector", cluster: Cluster, pods: Sequence[Manifest], kept: list[ReadinessAnswer]
) -> list[Callable[[], None]]:
    """One exec per pod that runs and is not ready: its own readiness path, asked as the kubelet asks it.

    Args:
        looks: Keeps what could not be looked at.
        cluster: The reading door.
        pods: Of the platform.
        kept: Gets an answer per pod that was asked.

    Returns:
        Looks to be made, side by side.
    """
    unready = [one for one in pods if _is_unready(one) and readiness_path(one) is not None]
    words = "kubectl exec POD -- curl -s READINESS_URL"
    looks.leave_out(
        "unready pods", words, [one["metadata"]["name"] for one in unready[ASKED_PODS:]], ASKED_PODS
    )
    return [partial(_readiness, looks, cluster, one, kept) for one in unready[:ASKED_PODS]]


def _is_unready(pod: Manifest) -> bool:
    status = pod.get("status") or {}
    ready = any(one["type"] == "Ready" and one["status"] == "True" for one in status.get("conditions") or [])
    return status.get("phase") == "Running" and not ready and not pod["metadata"].get("deletionTimestamp")


def _readiness(looks: "Collector", cluster: Cluster, pod: Manifest, kept: list[ReadinessAnswer]) -> None:
    name, namespace = pod["metadata"]["name"], pod["metadata"]["namespace"]
    asked = readiness_path(pod)
    command = readiness_command(asked) if asked else None
    if asked is None or command is None:
        return

    def ask() -> ReadinessAnswer:
        said = cluster.execute(
            namespace, name, command, container=asked.container, within_seconds=looks.budget.seconds(5)
        )
        told = readiness_answer(said.out)
        if told is None:
            raise ClusterRejected(f"ask pod/{name} for {asked.path}: {said.err.strip()[:120] or 'no answer'}")
        seen = ReadinessAnswer(namespace=namespace, pod=name, status=told.status, text=redact(told.text))
        kept.append(seen)
        return seen

    looks.see(
        f"readiness/{namespace}/{name}",
        f"kubectl exec {name} -n {namespace} -c {asked.container} -- curl -s {quote(asked.url)}",
        ask,
        lambda seen: f"{seen.status} {seen.text}".strip(),
        enters=True,
    )


def _told(seen: list[Reach]) -> str:
    return "\n".join(
        f"{one.by} {one.target}: {'reached' if one.reached else 'not reached'} {one.answer}".rstrip()
        for one in seen
    )
