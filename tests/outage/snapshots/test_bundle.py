"""A bundle read back is what was saved."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from outage.errors import FileError
from outage.incidents.severity import Severity
from outage.platforms.discovery import discover_platform
from outage.platforms.platform import Platform
from outage.snapshots.baseline import Baseline
from outage.snapshots.bundle import (
    HEAD,
    all_files,
    from_files,
    read_bundle_files,
    to_files,
    without_secrets,
    write_bundle_files,
)
from outage.snapshots.case import Case
from outage.snapshots.snapshot import Lists, LogTail, Probe, Snapshot

SNAPSHOT = Snapshot(
    taken_at=datetime(2030, 1, 1, 12, tzinfo=UTC),
    namespaces=("shop",),
    objects={"Pod": ({"metadata": {"name": "auth-1", "namespace": "shop"}},), "Job": ()},
    logs=(
        LogTail(namespace="shop", pod="auth-1", container="app", text="one\ntwo ünd drei\n"),
        LogTail(namespace="shop", pod="auth-1", container="app", previous=True, text=""),
    ),
    probes=(Probe(url="https://shop.example/health", status=503, seconds=0.2),),
)


def test_what_is_read_back_is_what_was_saved() -> None:
    """Also the difference between a kind without objects and a kind that could not be listed."""
    again = from_files(to_files(SNAPSHOT))

    assert again == SNAPSHOT
    assert again.saw("Job")
    assert not again.saw("Service")


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        pytest.param({}, "snapshot.json is not there", id="an empty folder"),
        pytest.param({HEAD: b"{"}, "snapshot.json is not JSON", id="a torn head"),
        pytest.param({HEAD: b'{"version": 99}'}, "another version", id="a bundle from the future"),
        pytest.param(
            {HEAD: b'{"version": 1, "kinds": ["Pod"]}'}, "objects/Pod.json is not there", id="a lost file"
        ),
        pytest.param({HEAD: b'{"version": 1}'}, "taken_at", id="a head without its moment"),
    ],
)
def test_a_broken_bundle_says_which_file(broken: dict[str, bytes], says: str) -> None:
    """One sentence for whoever got it by mail."""
    with pytest.raises(FileError, match=says):
        from_files(broken)


LISTED = Lists(home=("shop",), listed={"Pod": ("shop",), "Job": ("", "kube-system/backup")})


@pytest.mark.parametrize(
    ("kind", "place", "seen"),
    [
        pytest.param("Pod", (), True, id="a list of the home came back"),
        pytest.param("Pod", ("shop", "auth-1"), True, id="and would hold the object"),
        pytest.param("Pod", ("monitoring", "web-1"), False, id="another namespace was not listed"),
        pytest.param("Job", ("", "cluster"), True, id="the whole cluster was listed"),
        pytest.param("Deployment", (), False, id="only others' came back"),
        pytest.param("Deployment", ("kube-system",), True, id="whose absences are known"),
        pytest.param("Service", (), False, id="one object asked by name is no list"),
        pytest.param("Service", ("kube-system", "kube-dns"), True, id="but its own absence is known"),
        pytest.param("Secret", (), False, id="nothing came back"),
    ],
)
def test_absence_means_something_only_where_a_list_came_back(
    kind: str, place: tuple[str, ...], seen: bool
) -> None:
    """One failed list must not read as deleted workloads, in a bundle no more than live."""
    listed = {**LISTED.listed, "Deployment": ("kube-system",), "Service": ("kube-system/kube-dns",)}
    objects = {**SNAPSHOT.objects, "Deployment": (), "Service": ()}
    lists = LISTED.model_copy(update={"listed": listed})
    picture = SNAPSHOT.model_copy(update={"lists": lists, "objects": objects})

    assert from_files(to_files(picture)).saw(kind, *place) is seen


def test_an_old_bundle_counts_every_kind_in_it_as_seen() -> None:
    """They say nothing of lists."""
    files = to_files(SNAPSHOT)
    head = json.loads(files[HEAD])
    del head["lists"]

    old = from_files({**files, HEAD: json.dumps(head).encode()})

    assert old.saw("Pod", "anywhere")
    assert old.saw("Job")
    assert not old.saw("Service")


def test_the_order_of_keys_survives() -> None:
    """Differences are told in the order of the live object."""
    pod = {"metadata": {"namespace": "shop", "name": "auth-1"}, "spec": {"z": 1, "a": 2}}

    again = from_files(to_files(SNAPSHOT.model_copy(update={"objects": {"Pod": (pod,), "Job": ()}})))

    assert json.dumps(again.kind("Pod")[0]) == json.dumps(pod)
    assert list(again.objects) == ["Pod", "Job"]


def test_a_bundle_keeps_what_the_diagnosis_knew_besides(tmp_path: Path) -> None:
    """Else the post-mortem gets another answer than the night did; and none of it has a secret."""
    env = [{"name": "DB_PASSWORD", "value": "hunter22"}]
    was = {"metadata": {"name": "auth", "namespace": "shop"}, "spec": {"env": env}}
    whole = Case(
        snapshot=SNAPSHOT,
        platform=Platform(name="shop", namespace="shop"),
        baseline=Baseline(recorded_at=SNAPSHOT.taken_at, objects={"Deployment": (was,)}, lists=LISTED),
        floor=Severity.P1,
    )
    write_bundle_files(all_files(without_secrets(whole, "salt")), tmp_path / "inc-1" / "triage")

    again = read_bundle_files(tmp_path / "inc-1" / "triage", discover_platform)

    assert again == without_secrets(whole, "salt")
    assert "hunter22" not in again.model_dump_json()
    assert again.floor is Severity.P1


def test_a_bundle_is_for_its_owner_alone(tmp_path: Path) -> None:
    """Logs and settings of an outage are nobody else's business; what was there before stays as it is."""
    tmp_path.chmod(0o755)
    (tmp_path / HEAD).write_text("old")
    write_bundle_files(to_files(SNAPSHOT), tmp_path)
    write_bundle_files(to_files(SNAPSHOT), tmp_path / "new")

    modes = {path.stat().st_mode & 0o777 for path in tmp_path.rglob("*") if path.is_file()}
    folders = {path.stat().st_mode & 0o777 for path in tmp_path.rglob("*") if path.is_dir()}
    assert (modes, folders, tmp_path.stat().st_mode & 0o777) == ({0o600}, {0o700}, 0o755)


def head(**more: Any) -> bytes:
    """A head as it should be, but for these keys."""
    return json.dumps({**json.loads(to_files(SNAPSHOT)[HEAD]), **more}).encode()


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        pytest.param(HEAD, b"[]", "snapshot.json holds no keys", id="a head that is a list"),
        pytest.param(HEAD, b"null", "snapshot.json holds no keys", id="a head that is nothing"),
        pytest.param(HEAD, head(kinds=7), "no list of kinds", id="kinds that are a number"),
        pytest.param(HEAD, head(logs={"a": 1}), "no list of kinds and of logs", id="logs that are no list"),
        pytest.param(HEAD, head(logs=["x"]), "snapshot.json holds no keys", id="a log that is a word"),
        pytest.param(
            HEAD, head(logs=[{"pod": "a"}]), "namespace: Field required", id="a log without a place"
        ),
        pytest.param(HEAD, head(strange=1), "strange: Extra inputs", id="a key that nobody knows"),
        pytest.param(HEAD, head(namespaces=[]), "names no namespace", id="a head without a namespace"),
        pytest.param(HEAD, head(kinds=[["Pod"]]), "is not there", id="a kind that is a list"),
        pytest.param("objects/Pod.json", b'{"a": 1}', "no list of objects", id="objects that are no list"),
        pytest.param("objects/Pod.json", b'["a"]', "no list of objects", id="an object that is a word"),
        pytest.param("objects/Pod.json", b'[{"kind": "Pod"}]', "no list of objects", id="one without a name"),
        pytest.param("objects/Pod.json", b"[" * 99_999, "is not JSON", id="a bottomless list"),
        pytest.param("baseline.json", b"[]", "baseline.json", id="a baseline that is a list"),
        pytest.param("baseline.json", b'{"objects": 1}', "baseline.json", id="a baseline without objects"),
        pytest.param("floor.json", b'{"floor": "P9"}', "floor.json", id="a floor that is none"),
        pytest.param("platform.yaml", b"\xff\xfe: [", "platform.yaml", id="a platform that is no text"),
    ],
)
def test_a_file_of_a_bundle_that_is_not_what_it_should_be_is_one_sentence(
    name: str, content: bytes, says: str, tmp_path: Path
) -> None:
    """It came by mail, was edited by hand, or is half of one."""
    write_bundle_files({**to_files(SNAPSHOT), name: content}, tmp_path / "bundle")

    with pytest.raises(FileError, match=says):
        read_bundle_files(tmp_path / "bundle", discover_platform)
