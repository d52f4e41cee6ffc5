"""A second control plane stands beside the practice cluster, answers, can be cut off, and goes with who raised it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import psutil
import pytest

from blocks.kubernetes import Cluster
from blocks.kubernetes.api_client import ApiClient
from blocks.kubernetes.kubeconfig import read_access
from cli.investigate_command import look_around
from outage.errors import ClusterError, ClusterUnreachable
from outage.snapshots.case import Case
from practice.cluster import kubernetes_build
from practice.host import belonging
from practice.nodeless.nodeless_plane import NodelessPlane, nodeless_plane
from practice.practice_errors import PracticeError
from tests.conftest import eventually

PATIENCE_SECONDS = 20.0
"""For one look: an idle machine needs two."""
ROOT = Path(__file__).parents[3]
pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("built")]
RAISED = """
import sys, time
from pathlib import Path
from practice.nodeless.nodeless_plane import nodeless_plane
with nodeless_plane(Path(sys.argv[1])) as plane:
    print(plane.etcd.pid, plane.server.pid, flush=True)
    time.sleep(600)
"""


@pytest.fixture(scope="module")
def built() -> None:
    """Kubernetes, as `outage practice up` builds it once."""
    if not kubernetes_build.is_built():
        pytest.skip("Kubernetes is not built on this machine: run `outage practice up` once")


@pytest.fixture(scope="module")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NodelessPlane]:
    """One for all of these tests."""
    with nodeless_plane(tmp_path_factory.mktemp("plane")) as raised:
        yield raised


def reader(plane: NodelessPlane) -> Cluster:
    """A client of it."""
    return Cluster.from_kubeconfig(str(plane.kubeconfig))


def test_it_answers_and_nothing_runs_on_it(plane: NodelessPlane) -> None:
    """Healthy first: the namespaces that an API server makes, no node, no pod."""
    cluster = reader(plane)

    assert cluster.context == "outage-second"
    assert {one["metadata"]["name"] for one in cluster.list("Namespace")} >= {"default", "kube-system"}
    assert cluster.list("Node") == cluster.list("Pod") == []


def test_the_practice_cluster_takes_none_of_it_for_its_own(plane: NodelessPlane) -> None:
    """`outage practice down` ends whatever it takes for its own."""
    theirs = {one.pid for one in belonging.our_processes()}

    assert not theirs & {plane.etcd.pid, plane.server.pid}


def test_what_would_go_to_a_node_is_refused_at_once(plane: NodelessPlane) -> None:
    """Its objects may carry addresses of the practice cluster's own nodes: none is ever dialled."""
    api = ApiClient(read_access(str(plane.kubeconfig)))
    node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n"}}
    status = {
        "addresses": [{"type": "InternalIP", "address": "10.77.0.11"}],
        "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}},
    }
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "p"},
        "spec": {"nodeName": "n", "containers": [{"name": "c", "image": "i"}]},
    }
    api.json("POST", "/api/v1/nodes", "stand a node", body=node)
    merge = "application/merge-patch+json"
    api.json("PATCH", "/api/v1/nodes/n/status", "stand a node", body={"status": status}, content_type=merge)
    api.json("POST", "/api/v1/namespaces/default/pods", "stand a pod", body=pod)
    began = time.monotonic()

    with pytest.raises(ClusterError, match=r"nodes\.sock"):
        reader(plane).logs("default", "p")
    assert time.monotonic() - began < 5


def test_one_that_is_cut_off_is_unreachable_until_it_is_let_go(plane: NodelessPlane) -> None:
    """Connections are taken and nothing is answered, as behind a dead load balancer."""
    plane.freeze()
    try:
        with pytest.raises(ClusterUnreachable):
            reader(plane).list("Namespace", within_seconds=1.0)
    finally:
        plane.thaw()

    assert reader(plane).list("Namespace")


def test_of_two_the_one_that_is_cut_off_is_not_called_well_and_the_other_is_answered(
    plane: NodelessPlane, tmp_path: Path
) -> None:
    """Nothing that nobody looked at is healthy, and nobody waits for who does not answer."""

    def looked(at: NodelessPlane) -> Case:
        return look_around(reader(at), ("default",), None, timedelta(seconds=PATIENCE_SECONDS))

    with nodeless_plane(tmp_path / "other", "outage-third") as other, ThreadPoolExecutor(2) as both:
        other.freeze()
        cut_off, answered = both.submit(looked, other), both.submit(looked, plane)
        seen = answered.result().snapshot

        assert seen.saw("Deployment")
        with pytest.raises(ClusterUnreachable, match="nothing could be seen"):
            cut_off.result()


def test_it_ends_with_whoever_raised_it_also_when_that_is_killed(tmp_path: Path) -> None:
    """A bench that is killed leaves no API server behind."""
    words = [sys.executable, "-c", RAISED, str(tmp_path / "plane")]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    (tmp_path / "plane").mkdir()
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, env=environment) as raiser:
        assert raiser.stdout is not None
        pids = [int(one) for one in raiser.stdout.readline().split()]
        assert len(pids) == 2
        raiser.send_signal(signal.SIGKILL)

    eventually("both processes are gone", lambda: not any(psutil.pid_exists(pid) for pid in pids), 20)


def test_a_machine_without_kubernetes_says_what_to_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One sentence, and nothing is started."""
    monkeypatch.setenv("OUTAGE_CACHE", str(tmp_path / "empty"))

    with (
        pytest.raises(PracticeError, match="run `outage practice up` once"),
        nodeless_plane(tmp_path / "plane"),
    ):
        pass
    assert not (tmp_path / "plane").exists()
