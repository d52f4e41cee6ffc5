import socket

import pytest

from blocks.kubernetes import Access, Cluster
from blocks.kubernetes.api_client import ApiClient
from outage.errors import (
    ClusterConflict,
    ClusterError,
    ClusterForbidden,
    ClusterMissing,
    ClusterRejected,
    ClusterThrottled,
    ClusterUnreachable,
)
from outage.kubernetes.objects import ObjectRef
from tests.blocks.fake_api import fake_api, listing, status

POD = ObjectRef(kind="Pod", name="auth", namespace="shop")


@pytest.mark.parametrize(
    ("code", "method", "message", "expected"),
    [
        pytest.param(404, "GET", 'pods "auth" not found', ClusterMissing, id="not there"),
        pytest.param(403, "GET", 'User "u" cannot get resource "pods"', ClusterForbidden, id="no right"),
        pytest.param(401, "GET", "Unauthorized", ClusterForbidden, id="nobody knows us"),
        pytest.param(
            403, "POST", 'User "u" cannot create resource "pods"', ClusterForbidden, id="no right to write"
        ),
        pytest.param(
            403, "POST", "exceeded quota: small", ClusterRejected, id="a quota is not a missing right"
        ),
        pytest.param(409, "POST", "the object has been modified", ClusterConflict, id="somebody else wrote"),
        pytest.param(410, "GET", "the continue token is too old", ClusterConflict, id="the list moved on"),
        pytest.param(422, "POST", "spec is invalid", ClusterRejected, id="not a valid object"),
        pytest.param(429, "GET", "too many requests", ClusterThrottled, id="slow down"),
        pytest.param(500, "GET", "etcd is gone", ClusterUnreachable, id="the server is ill"),
        pytest.param(
            500, "POST", "failed calling webhook x", ClusterRejected, id="a webhook is not the server"
        ),
        pytest.param(503, "GET", "apiserver not ready", ClusterUnreachable, id="not ready"),
    ],
)
def test_every_refusal_of_the_server_becomes_one_of_ours(
    code: int, method: str, message: str, expected: type[ClusterError]
) -> None:
    """No client error passes the door, and the sentence tells what was asked and what came back."""
    with (
        fake_api(lambda path, query: status(code, message)) as (cluster, _),
        pytest.raises(ClusterError) as caught,
    ):
        ApiClient(cluster.access).request(
            method, "/api/v1/namespaces/shop/pods/auth", "read pod/auth in shop"
        )

    assert type(caught.value) is expected
    assert str(caught.value) == f"read pod/auth in shop: {code}, {message}"


def test_a_body_that_is_no_status_is_dropped() -> None:
    """It may hold a whole manifest, or a proxy's login page."""
    with (
        fake_api(lambda path, query: (502, b"<html>secret</html>")) as (cluster, _),
        pytest.raises(ClusterUnreachable) as caught,
    ):
        cluster.get(POD)

    assert str(caught.value) == "read pod/auth in shop: 502"


def test_nobody_listening_is_unreachable() -> None:
    """A wrong address is the commonest mistake of all."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    cluster = Cluster(Access(f"http://127.0.0.1:{port}", "fake", "shop", None, dict))

    with pytest.raises(
        ClusterUnreachable, match=f"read pod/auth in shop: no answer from http://127.0.0.1:{port}"
    ):
        cluster.get(POD)


def test_a_server_that_accepts_and_says_nothing_is_unreachable_in_time() -> None:
    """One silent server must not hold an investigation."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        cluster = Cluster(Access(f"http://127.0.0.1:{silent.getsockname()[1]}", "fake", "shop", None, dict))
        with pytest.raises(ClusterUnreachable, match="did not answer within"):
            cluster.list("Pod", "shop", within_seconds=0.2)


def test_an_answer_that_is_not_json_is_unreachable() -> None:
    """A captive portal answers 200 to everything."""
    with fake_api(lambda path, query: (200, b"<html>")) as (cluster, _), pytest.raises(ClusterUnreachable):
        cluster.get(POD)


def test_objects_of_a_list_say_what_they_are() -> None:
    """Lists leave apiVersion and kind out of their items; nobody above the door should have to know."""
    item = {"metadata": {"name": "auth", "namespace": "shop"}}
    with fake_api(lambda path, query: listing(item)) as (cluster, _):
        assert cluster.list("Deployment", "shop") == [{"apiVersion": "apps/v1", "kind": "Deployment", **item}]


def test_a_long_list_is_read_to_its_end() -> None:
    """A page is not a list."""

    def pages(path: str, query: dict[str, str]) -> tuple[int, object]:
        number = int(query.get("continue", "0"))
        return listing({"metadata": {"name": f"pod-{number}"}}, more=str(number + 1) if number < 2 else "")

    with fake_api(pages) as (cluster, _):
        assert [one["metadata"]["name"] for one in cluster.list("Pod")] == ["pod-0", "pod-1", "pod-2"]


def test_a_log_of_a_hundred_megabytes_costs_what_is_allowed() -> None:
    """The server cuts a long tail at the wrong end, so fewer lines are asked for; and no byte more is read."""

    def log(path: str, query: dict[str, str]) -> tuple[int, object]:
        return 200, b"line\n" * int(query["tailLines"]) * 1_000

    with fake_api(log) as (cluster, api):
        text = cluster.logs("shop", "auth", "app", tail=300, limit_bytes=10_000)

    assert len(text) <= 10_000
    assert [query["tailLines"] for _, query in api.asked] == ["300", "30", "1"]


def test_a_binary_log_becomes_printable_text() -> None:
    """Control characters and colours must not reach a terminal."""
    with fake_api(lambda path, query: (200, b"\x1b[31mred\x1b[0m \x00\x07\xff\xfe end\n")) as (cluster, _):
        assert cluster.logs("shop", "auth") == "red ?? end\n"


def test_a_missing_metrics_api_is_said_in_words() -> None:
    """404 of the metrics API means that nobody installed it."""
    with (
        fake_api(lambda path, query: (404, b"404 page not found")) as (cluster, _),
        pytest.raises(ClusterMissing, match="no metrics API"),
    ):
        cluster.usage("Node")
