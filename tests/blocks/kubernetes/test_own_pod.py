"""Whether this process runs in the cluster that it heals, and where there."""

import ssl
from pathlib import Path

import pytest
import trustme

from blocks.kubernetes import Access, Cluster
from blocks.kubernetes.own_pod import place_of_responder
from outage.policies.guards.guard_view import OwnPlace
from tests.blocks.fake_api import Answer, fake_api, status

POD = {"kind": "Pod", "metadata": {"name": "runner-1", "namespace": "outage"}, "spec": {"nodeName": "node-1"}}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A pod's service account."""
    (tmp_path / "namespace").write_text("outage\n")
    (tmp_path / "ca.crt").write_bytes(trustme.CA().cert_pem.bytes())
    return tmp_path


def test_a_machine_of_its_own_is_no_place_in_the_cluster(tmp_path: Path) -> None:
    """There is nothing to say, and nobody is asked."""
    with fake_api(lambda path, query: status(500, "nobody asks")) as (cluster, api):
        assert place_of_responder(cluster, folder=tmp_path) is None
        assert api.asked == []


@pytest.mark.parametrize(
    ("answer", "node"),
    [
        pytest.param((200, POD), "node-1", id="the API server says"),
        pytest.param(status(404, "no such pod"), "", id="it does not know the pod"),
        pytest.param(status(403, "pods is forbidden"), "", id="it does not tell"),
    ],
)
def test_a_pod_knows_its_namespace_and_asks_for_its_node(folder: Path, answer: Answer, node: str) -> None:
    """An unknown node is empty, and then the guard refuses every node."""
    with fake_api(lambda path, query: answer) as (cluster, _):
        found = place_of_responder(cluster, folder=folder, pod="runner-1")

    assert found == OwnPlace(namespace="outage", node=node)


def test_the_downward_api_spares_the_question(folder: Path) -> None:
    """Nobody needs the right to read pods for that."""
    with fake_api(lambda path, query: status(500, "nobody asks")) as (cluster, api):
        assert place_of_responder(cluster, "node-7", folder) == OwnPlace(namespace="outage", node="node-7")
        assert api.asked == []


@pytest.mark.parametrize("same", [True, False])
def test_another_clusters_pod_stands_on_nothing_here(folder: Path, same: bool) -> None:
    """A worker beside the cluster: the authority that vouches for its own API server is another one."""
    healed = trustme.CA().cert_pem.bytes() if not same else (folder / "ca.crt").read_bytes()
    tls = ssl.create_default_context(cadata=healed.decode())
    cluster = Cluster(Access("https://127.0.0.1:9", "c", "shop", tls, dict))

    found = place_of_responder(cluster, "node-7", folder)
    assert found == (OwnPlace(namespace="outage", node="node-7") if same else None)
