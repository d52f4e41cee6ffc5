"""The one door for mutations, against a real API server."""

import os
from collections.abc import Iterator
from typing import Any

import pytest

from blocks.kubernetes import Cluster
from blocks.kubernetes.api_client import ApiClient
from blocks.kubernetes.writer import Writer
from outage.diagnosis.hypothesis import Action, Change
from outage.errors import (
    ClusterConflict,
    ClusterForbidden,
    ClusterMissing,
    ClusterRejected,
    ClusterUnreachable,
)
from outage.kubernetes.objects import ObjectRef
from outage.plans.fence import unshared_fence
from outage.plans.plan import Precondition
from outage.plans.preconditions import precondition
from outage.value import Manifest
from practice import places

pytestmark = pytest.mark.cluster

HELD = unshared_fence("a test's objects")
PLACE = f"outage-writing-{os.getpid()}"
"""A namespace of this test's own, removed again: the platform is not touched."""


@pytest.fixture(scope="module")
def writer(ground: None) -> Iterator[Writer]:
    """The door, as the administrator: rights are another test's matter."""
    door = Writer(Cluster.from_kubeconfig(str(places.practice_kubeconfig()), identity="writer"))
    space = ObjectRef(kind="Namespace", name=PLACE)
    if door.read(space) is None:
        door.write(making(space, {"metadata": {"name": PLACE}}), Precondition(), HELD)
    yield door
    ApiClient(door.cluster.access, "writer").request(
        "DELETE", f"/api/v1/namespaces/{PLACE}", "remove the test's namespace"
    )


@pytest.fixture
def settings(writer: Writer, request: pytest.FixtureRequest) -> ObjectRef:
    """A fresh ConfigMap."""
    name = f"settings-{abs(hash(request.node.name)) % 10**8}"
    target = ObjectRef(kind="ConfigMap", name=name, namespace=PLACE)
    writer.write(making(target, {"data": {"level": "info"}}), Precondition(), HELD)
    return target


def making(target: ObjectRef, manifest: Manifest) -> Change:
    """Create something."""
    return Change(action=Action.CREATE, target=target, manifest=manifest, why="test", expected="it is there")


def patching(target: ObjectRef, value: Any = "debug", path: str = "/data/level") -> Change:
    """Patch one field."""
    op = {"op": "replace", "path": path, "value": value}
    return Change(action=Action.PATCH, target=target, patch=(op,), why="test", expected="it changes")


def deleting(target: ObjectRef) -> Change:
    """Delete something."""
    return Change(action=Action.DELETE, target=target, why="test", expected="it is gone")


def seen(writer: Writer, target: ObjectRef) -> Precondition:
    """What holds of the object now."""
    return precondition(writer.read(target), patching(target))


def test_a_write_takes_and_gives_the_object_after_it(writer: Writer, settings: ObjectRef) -> None:
    """With our name among its managers, for whoever looks later."""
    after = writer.write(patching(settings), seen(writer, settings), HELD)

    assert after is not None
    assert after["data"] == {"level": "debug"}
    assert writer.read(settings) == after
    assert "outage" in {one["manager"] for one in after["metadata"]["managedFields"]}


def test_a_dry_run_shows_both_sides_and_writes_nothing(writer: Writer, settings: ObjectRef) -> None:
    """The diff that a person approves is the server's own."""
    before, after = writer.dry_run(patching(settings), seen(writer, settings))

    assert before is not None
    assert after is not None
    assert (before["data"], after["data"]) == ({"level": "info"}, {"level": "debug"})
    assert writer.read(settings) == before


@pytest.mark.parametrize("make", [patching, deleting])
def test_a_version_that_moved_is_a_conflict(writer: Writer, settings: ObjectRef, make: Any) -> None:
    """A concurrent editor loses nothing."""
    stale = seen(writer, settings)
    writer.write(patching(settings, "warn"), stale, HELD)

    with pytest.raises(ClusterConflict, match="409"):
        writer.write(make(settings), stale, HELD)
    there = writer.read(settings)
    assert there is not None
    assert there["data"] == {"level": "warn"}


@pytest.mark.parametrize("make", [patching, deleting])
def test_an_object_made_anew_is_a_conflict(writer: Writer, settings: ObjectRef, make: Any) -> None:
    """The same name is not the same object."""
    old = seen(writer, settings)
    writer.write(deleting(settings), old, HELD)
    writer.write(making(settings, {"data": {"level": "info"}}), Precondition(), HELD)

    with pytest.raises(ClusterConflict, match="409"):
        writer.write(make(settings), old, HELD)
    assert writer.read(settings) is not None


def test_creating_what_exists_is_a_conflict(writer: Writer, settings: ObjectRef) -> None:
    """So that a crash between write and record never makes two."""
    with pytest.raises(ClusterConflict, match="409"):
        writer.write(making(settings, {"data": {}}), Precondition(), HELD)


def test_a_deleted_object_is_created_again_from_its_picture(writer: Writer, settings: ObjectRef) -> None:
    """The picture carries uid, version and managed fields that no new object may have."""
    picture = writer.read(settings)
    assert picture is not None
    writer.write(deleting(settings), seen(writer, settings), HELD)
    assert writer.read(settings) is None

    after = writer.write(making(settings, picture), Precondition(), HELD)
    assert after is not None
    assert after["data"] == picture["data"]
    assert after["metadata"]["uid"] != picture["metadata"]["uid"]


def test_an_object_that_is_not_there_is_missing(writer: Writer) -> None:
    """Reading gives None, writing says 404."""
    target = ObjectRef(kind="ConfigMap", name="nowhere", namespace=PLACE)
    assert writer.read(target) is None
    with pytest.raises(ClusterMissing):
        writer.write(patching(target), Precondition(uid="none"), HELD)


def test_a_patch_that_does_not_fit_is_rejected(writer: Writer, settings: ObjectRef) -> None:
    """The server's sentence goes on to the person."""
    with pytest.raises(ClusterRejected, match="422"):
        writer.write(patching(settings, {"a": "map"}), seen(writer, settings), HELD)


def test_an_identity_without_the_right_is_forbidden(settings: ObjectRef) -> None:
    """The reader reads; the sentence says which verb on what."""
    reader = Writer(Cluster.from_kubeconfig(str(places.practice_home() / "reader.kubeconfig")))
    with pytest.raises(ClusterForbidden, match="configmaps"):
        reader.write(patching(settings), Precondition(uid="none"), HELD)


def test_an_api_server_that_does_not_answer_is_unreachable(settings: ObjectRef, writer: Writer) -> None:
    """Transient: the write is settled by looking later."""
    from dataclasses import replace

    nowhere = Cluster(replace(writer.cluster.access, server="https://127.0.0.1:9"))
    with pytest.raises(ClusterUnreachable):
        Writer(nowhere).write(patching(settings), Precondition(uid="none"), HELD)
