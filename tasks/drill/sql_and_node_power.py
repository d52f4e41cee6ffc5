"""Hands for what no object of the API reaches: statements in the database, a node's kubelet, the scheduler."""

import shlex
import subprocess
from collections.abc import Callable

from blocks.kubernetes import Cluster
from outage.errors import ClusterRejected, DatabaseRefused, cut
from outage.kubernetes.objects import labels_of, selects_labels
from outage.kubernetes.readiness import is_pod_ready
from outage.platforms.platform import Platform

SUPERUSER = "postgres"
NODE_SECONDS = 60.0


def sql_runner(cluster: Cluster, platform: Platform) -> Callable[[str], None] | None:
    """Runs statements as the database's superuser over its local socket; None when the platform has no database."""
    place = platform.database
    if place is None:
        return None

    def run(statements: str) -> None:
        service = platform.service(place.service)
        pods = [
            pod
            for pod in cluster.list("Pod", platform.namespace)
            if selects_labels(service.selector if service else {}, labels_of(pod)) and is_pod_ready(pod)
        ]
        if not pods:
            raise DatabaseRefused(f"run a drill's statements in {place.name}: none of its pods is ready")
        words = ["psql", "-U", SUPERUSER, "-d", place.name, "-v", "ON_ERROR_STOP=1"]
        for one in statements.split(";"):
            words += ["-c", one.strip()] if one.strip() else []
        container = pods[0]["spec"]["containers"][0]["name"]
        said = cluster.execute(platform.namespace, pods[0]["metadata"]["name"], words, container=container)
        if said.code:
            raise DatabaseRefused(f"run a drill's statements in {place.name}: {cut(said.err)}")

    return run


def node_power(command: str | None) -> Callable[[str, str], None] | None:
    """Stops and starts nodes, and parts of the control plane, with the ground's own command; None when it has none."""
    if command is None:
        return None

    def turn(what: str, name: str) -> None:
        words = [*shlex.split(command), what, name]
        done = subprocess.run(words, capture_output=True, text=True, timeout=NODE_SECONDS, check=False)
        if done.returncode:
            raise ClusterRejected(f"{what} {name}: {cut(done.stderr.strip() or done.stdout.strip())}")

    return turn
