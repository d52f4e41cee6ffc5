"""The door on a real cluster: what a fake HTTP server cannot prove."""

import base64
import socket
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import pytest

from blocks.kubernetes import Cluster
from blocks.postgres.database_reader import connected_through
from blocks.retry import retry_transient
from outage.errors import ClusterMissing, ClusterRejected, ClusterUnreachable
from outage.kubernetes.inside.pod_programs import ReachTarget
from outage.kubernetes.objects import ObjectRef
from outage.platforms.platform import Database, Platform
from outage.snapshots.bundle import save_case
from outage.snapshots.case import Case
from outage.snapshots.snapshot import DatabaseView
from practice import places
from practice.cluster import cluster_layout
from tasks.observe import collect_snapshot
from tasks.observe.inside.reachability import try_from_pod

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(120)]
SHOP = cluster_layout.DEFAULT_NAMESPACE
Answer = TypeVar("Answer")


@pytest.fixture(scope="module")
def cluster(ground: None) -> Cluster:
    """The practice cluster as its administrator."""
    return Cluster.from_kubeconfig(str(places.practice_kubeconfig()))


def pod(cluster: Cluster, app: str) -> str:
    """A running pod of an app."""
    found = cluster.list("Pod", SHOP, labels=f"app={app}", fields="status.phase=Running")
    return str(found[0]["metadata"]["name"])


def test_a_table_tells_of_every_pod_without_one_object(cluster: Cluster) -> None:
    """A hundred bytes a pod."""
    before = cluster.bytes_read
    rows = cluster.table("Pod")
    small = cluster.bytes_read - before

    assert {row.name for row in rows} >= {pod(cluster, "postgres")}
    assert all({"name", "ready", "status", "restarts"} <= set(row.cells) for row in rows)
    assert small < 1_000 * len(rows)


def in_the_end(ask: Callable[[], Answer]) -> Answer:
    """What comes back when a busy node is asked again, as every caller of a door does."""
    return retry_transient(ask, (1.0, 5.0))


def test_a_command_in_a_pod_has_output_and_exit_status(cluster: Cluster) -> None:
    """Both streams, and the status of the last word."""
    words = ["sh", "-c", "echo out; echo err >&2; exit 3"]
    said = in_the_end(lambda: cluster.execute(SHOP, pod(cluster, "postgres"), words, "postgres"))

    assert (said.out, said.err, said.code) == ("out\n", "err\n", 3)


def test_a_program_that_is_not_in_the_image_is_127(cluster: Cluster) -> None:
    """So that the next one can be tried."""
    said = in_the_end(
        lambda: cluster.execute(SHOP, pod(cluster, "postgres"), ["no-such-program"], "postgres")
    )

    assert said.code == 127


def test_a_pod_that_is_gone_is_missing(cluster: Cluster) -> None:
    """It may go while we look."""
    with pytest.raises(ClusterMissing):
        cluster.get(ObjectRef(kind="Pod", name="gone", namespace=SHOP))
    with pytest.raises(ClusterMissing):
        cluster.logs(SHOP, "gone")
    with pytest.raises(ClusterMissing):
        cluster.execute(SHOP, "gone", ["true"])


def test_a_log_has_its_last_lines_with_timestamps(cluster: Cluster) -> None:
    """And only so many."""
    lines = cluster.logs(SHOP, pod(cluster, "postgres"), "postgres", tail=3).splitlines()

    assert 0 < len(lines) <= 3
    assert all(line[:2] == "20" and line[10] == "T" for line in lines)
    with pytest.raises(ClusterRejected):
        cluster.logs(SHOP, pod(cluster, "postgres"), "no-such-container")


def test_a_forwarded_port_speaks_both_ways(cluster: Cluster) -> None:
    """Redis answers PONG through the API server."""

    def ping() -> bytes:
        try:
            with (
                cluster.forward(SHOP, pod(cluster, "redis"), 6379) as port,
                socket.create_connection(("127.0.0.1", port), timeout=10) as there,
            ):
                there.sendall(b"PING\r\n")
                return there.recv(64)[:5]
        except OSError as error:
            raise ClusterUnreachable(f"ask redis through a forwarded port: {error}") from error

    assert in_the_end(ping) in (b"+PONG", b"-NOAU")


def test_forwarding_to_a_closed_port_says_why(cluster: Cluster) -> None:
    """The near side only sees its connection closed."""
    forward = cluster.forward(SHOP, pod(cluster, "redis"), 1)
    with forward as port, socket.create_connection(("127.0.0.1", port), timeout=10) as there:
        assert there.recv(64) == b""

    assert forward.problem


def test_the_database_is_seen_through_the_cluster_with_the_reading_role(cluster: Cluster) -> None:
    """No password is known here but what the Secret holds."""
    place = Database(service="postgres", name="adaptive_learning", credentials_secret="outage-database")

    def seen() -> DatabaseView:
        with connected_through(cluster, place, SHOP, pod(cluster, "postgres")) as database:
            return database.view()

    view = in_the_end(seen)

    assert view.connections > 0
    assert any(one.application == "auth-service" for one in view.sessions)
    assert not any(one.query == "<insufficient privilege>" for one in view.sessions)


def test_an_address_is_tried_from_inside_a_pod(cluster: Cluster) -> None:
    """What answers, what refuses, and what does not exist."""
    targets = [
        ReachTarget(host="redis", port=6379),
        ReachTarget(host="redis", port=6380),
        ReachTarget(host="nobody", port=1),
    ]
    answers = try_from_pod(cluster, SHOP, pod(cluster, "content-service"), targets, 20)
    seen = {(one.by, one.host, one.port): one.reached for one in answers}

    assert seen[("tcp", "redis", 6379)]
    assert seen[("dns", "redis", None)]
    assert not seen[("tcp", "redis", 6380)]
    assert not seen[("dns", "nobody", None)]


def test_our_rights_are_asked_of_the_server(cluster: Cluster) -> None:
    """An administrator may; nobody may an unknown verb for a reader."""
    assert cluster.can("delete", "Pod", SHOP)
    assert cluster.can("create", "Pod", SHOP, "exec")


def test_no_secret_of_the_practice_platform_is_in_an_investigations_bundle(
    cluster: Cluster, tmp_path: Path
) -> None:
    """Every value of every Secret, as it is stored and as it reads."""
    platform = Platform(name=SHOP, namespace=SHOP)
    snapshot = collect_snapshot(cluster, platform, now=lambda: datetime.now(UTC))
    save_case(Case(snapshot=snapshot, platform=platform), tmp_path, "salt")
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    for secret in cluster.list("Secret", SHOP):
        for key, value in (secret.get("data") or {}).items():
            plain = base64.b64decode(value)
            if "user" not in key and len(plain) > 7:
                assert value.encode() not in kept, f"{secret['metadata']['name']}/{key}"
                assert plain.strip() not in kept, f"{secret['metadata']['name']}/{key}"
