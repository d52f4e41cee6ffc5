"""When an object counts as put back."""

import json
from pathlib import Path
from typing import Any

import pytest

from outage.incidents.fault import Expected, Fault, Injection
from outage.kubernetes.objects import ObjectRef
from outage.plans.fence import unshared_fence
from tasks.drill.marked_ground import MarkedGround
from tasks.drill.restore import _same, restore, take_before_images
from tests.blocks.fake_api import Answer, fake_api, status


def node(**spec: Any) -> dict[str, Any]:
    """A node with a spec."""
    return {"kind": "Node", "metadata": {"name": "node-2"}, "spec": spec}


TEAM = {"key": "team", "value": "research", "effect": "NoSchedule"}
SILENT = {"key": "node.kubernetes.io/unreachable", "effect": "NoExecute"}


@pytest.mark.parametrize(
    ("live", "same"),
    [
        pytest.param(node(), True, id="as it was"),
        pytest.param(node(taints=[SILENT]), True, id="tainted by its own controller"),
        pytest.param(node(taints=[TEAM]), False, id="tainted by the drill"),
        pytest.param(node(unschedulable=True), False, id="cordoned by the response"),
        pytest.param(None, False, id="gone"),
    ],
)
def test_a_node_is_as_before_when_nobody_keeps_pods_off(live: dict[str, Any] | None, same: bool) -> None:
    """What the drill or the response wrote goes; what the node's state writes comes and goes by itself."""
    assert _same(node(), live) is same


HELD = unshared_fence("shop")
LOGIN = ObjectRef(kind="Secret", name="login", namespace="shop")
MOVED = Injection(
    do="patch",
    target=LOGIN,
    patch=[{"op": "move", "from": "/data/password-before", "path": "/data/password"}],
)


def fault(*blows: Injection, mends: tuple[Injection, ...] = ()) -> Fault:
    """A fault of these blows."""
    return Fault(
        name="f", title="t", classes=(30,), blows=blows, mends=mends, expected=Expected(causes=("stale-env",))
    )


def login(password: str) -> Answer:
    """The Secret as the API server gives it."""
    meta = {"name": "login", "namespace": "shop", "resourceVersion": "7"}
    return 200, {"apiVersion": "v1", "kind": "Secret", "metadata": meta, "data": {"password": password}}


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A salt of this test's own."""
    monkeypatch.setenv("OUTAGE_HOME", str(tmp_path))
    monkeypatch.delenv("OUTAGE_RECORD_DSN", raising=False)


def test_a_picture_of_a_secret_tells_whether_it_changed_and_not_what_it_held() -> None:
    """Pictures go to the record."""
    standing = ["aHVudGVyMg=="]
    with fake_api(lambda path, query: login(standing[0])) as (cluster, _):
        ground, changed = MarkedGround(cluster, "shop", HELD), fault(MOVED)
        pictures = take_before_images(ground, changed)
        same = restore(ground, changed, pictures)
        standing[0] = "b3RoZXI="
        other = restore(ground, changed, pictures)

    assert "aHVudGVyMg" not in json.dumps(pictures[LOGIN])
    assert (same, other) == ((), (LOGIN,))


def test_what_the_api_does_not_know_has_no_picture() -> None:
    """Neither a statement's effect nor a process of the control plane: the mends alone put them back."""
    part = ObjectRef(kind="Component", name="kube-scheduler", namespace="kube-system")
    database = ObjectRef(kind="Deployment", name="postgres", namespace="shop")
    blows = (
        Injection(do="sql", target=database, sql="SELECT 1"),
        Injection(do="stop-part", target=part),
    )
    with fake_api(lambda path, query: status(500, "nobody asked")) as (cluster, _):
        pictures = take_before_images(MarkedGround(cluster, "shop", HELD), fault(*blows))

    assert pictures == {}


def test_a_mend_that_was_given_already_stands_in_no_other_mends_way() -> None:
    """Who dies while mending mends again: what was moved back is not there to be moved."""
    told: list[tuple[str, str]] = []
    part = ObjectRef(kind="Component", name="kube-scheduler", namespace="kube-system")
    again = fault(MOVED, mends=(MOVED, Injection(do="start-part", target=part)))

    def answering(path: str, query: dict[str, str]) -> Answer:
        return status(422, "the server rejected our request") if "fieldManager" in query else login("eA==")

    with fake_api(answering) as (cluster, api):
        handler = api.server.RequestHandlerClass
        handler.do_PATCH = handler.do_GET  # type: ignore[attr-defined]
        ground = MarkedGround(cluster, "shop", HELD, nodes=lambda what, name: told.append((what, name)))
        left = restore(ground, again, take_before_images(ground, again))

    assert (left, told) == ((), [("start", "kube-scheduler")])


QUOTA = ObjectRef(kind="ResourceQuota", name="savings", namespace="shop")
WEB = ObjectRef(kind="Deployment", name="web", namespace="shop")
REFUSED = (Injection(do="create", target=QUOTA, manifest={}), Injection(do="restart", target=WEB))


@pytest.mark.parametrize(
    ("stands", "restarts"),
    [pytest.param(True, 1, id="nobody healed it"), pytest.param(False, 0, id="the response healed it")],
)
def test_pods_that_a_quota_refused_are_not_waited_for(stands: bool, restarts: int) -> None:
    """A controller that was refused tries again only after minutes: what the drill restarted starts anew."""
    there, asked = [stands], []
    meta = {"name": "web", "namespace": "shop", "resourceVersion": "1"}
    web = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": meta}
    body = {**web, "spec": {"replicas": 2}, "status": {"readyReplicas": 2}}

    def answering(path: str, query: dict[str, str]) -> Answer:
        if "fieldManager" in query:
            asked.append(path)
        if path.endswith("/web"):
            return 200, body
        quota = {"kind": "ResourceQuota", "metadata": {"name": "savings", "namespace": "shop", "uid": "q"}}
        return (200, quota) if there[0] else status(404, "not found", "NotFound")

    with fake_api(answering) as (cluster, api):
        handler = api.server.RequestHandlerClass
        handler.do_PATCH = handler.do_GET  # type: ignore[attr-defined]

        def deleted(self: Any) -> None:
            there[0] = False
            handler.do_GET(self)  # type: ignore[attr-defined]

        handler.do_DELETE = deleted  # type: ignore[attr-defined]
        restore(MarkedGround(cluster, "shop", HELD), fault(*REFUSED), {QUOTA: None, WEB: body})

    assert len(asked) == restarts
