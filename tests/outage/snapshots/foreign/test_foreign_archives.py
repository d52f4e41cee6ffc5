"""Archives of other tools, built here by hand in the layouts that their sources write, read and diagnosed."""

import io
import json
import tarfile
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
import yaml

from outage.diagnosis import diagnose
from outage.errors import FileError
from outage.platforms.discovery import discover_platform
from outage.snapshots.bundle import read_bundle_files
from outage.snapshots.case import Case
from outage.snapshots.foreign.must_gather import KINDS
from outage.snapshots.foreign.support_bundle import BY_NAMESPACE, OF_CLUSTER
from tests.outage.diagnosis.worlds.breaking import crash
from tests.outage.diagnosis.worlds.shop_objects import NOON, SHOP, ago
from tests.outage.diagnosis.worlds.shop_snapshot import Ground

GROUPS = {
    "Deployment": "apps",
    "ReplicaSet": "apps",
    "Ingress": "networking.k8s.io",
    "EndpointSlice": "discovery.k8s.io",
}
PANIC = f"{ago(seconds=30)} panic: assignment to entry in nil map\n"
Files = dict[str, str]


def shop() -> Ground:
    """The shop, in which a new image of auth keeps ending."""
    ground = Ground()
    ground.container("auth")["image"] = "shop/auth:2.0"
    crash(ground, "auth", code=2)
    ground.event(
        "Pod", ground.pods("auth")[0]["metadata"]["name"], "BackOff", "Back-off restarting", minutes=0
    )
    ground.put(
        "Secret", {"metadata": {"name": "login", "namespace": SHOP}, "data": {"password": "aHVudGVyMjI="}}
    )
    return ground


def by_place(ground: Ground, kind: str) -> dict[str, list[Any]]:
    """The objects of a kind by namespace, empty for the cluster's."""
    found: dict[str, list[Any]] = defaultdict(list)
    for one in ground.objects.get(kind, []):
        found[one["metadata"].get("namespace", "")].append(one)
    return found


def support_bundle(ground: Ground) -> Files:
    """The files of Troubleshoot, which holds no Secrets."""
    root = "support-bundle-2030-01-01T12_00_00/cluster-resources"
    files = {f"{root}/secrets-errors.json": '["forbidden"]', f"{root}/pods-errors.json": "null"}
    for folder, kind in BY_NAMESPACE.items():
        for place, some in by_place(ground, kind).items():
            files[f"{root}/{folder}/{place}.json"] = json.dumps({"kind": f"{kind}List", "items": some})
    for stem, kind in OF_CLUSTER.items():
        if some := ground.objects.get(kind):
            files[f"{root}/{stem}.json"] = json.dumps({"kind": f"{kind}List", "items": some})
    pod = ground.pods("auth")[0]["metadata"]["name"]
    files[f"{root}/pods/logs/{SHOP}/{pod}/auth.log"] = PANIC
    files[f"{root}/pods/logs/{SHOP}/{pod}/auth-previous.log"] = PANIC
    files[f"{root}/pods/logs/{SHOP}/{pod}/auth-logs-errors.log"] = "no log"
    return files


def must_gather(ground: Ground) -> Files:
    """The files of must-gather."""
    root = "must-gather.local.1/quay-io-image-sha256-1"
    files = {f"{root}/timestamp": "2030-01-01 12:00:00 start", f"{root}/event-filter.html": "<html>"}
    for resource, kind in KINDS.items():
        for place, some in by_place(ground, kind).items():
            if place:
                name = f"{root}/namespaces/{place}/{GROUPS.get(kind, 'core')}/{resource}.yaml"
                files[name] = yaml.safe_dump({"kind": f"{kind}List", "items": some})
            for one in some if not place else ():
                stem = one["metadata"]["name"]
                files[f"{root}/cluster-scoped-resources/core/{resource}/{stem}.yaml"] = yaml.safe_dump(one)
    pod = ground.pods("auth")[0]
    name = pod["metadata"]["name"]
    files[f"{root}/namespaces/{SHOP}/pods/{name}/{name}.yaml"] = yaml.safe_dump(pod)
    files[f"{root}/namespaces/{SHOP}/pods/{name}/auth/auth/logs/current.log"] = PANIC
    files[f"{root}/namespaces/{SHOP}/pods/{name}/auth/auth/logs/previous.log"] = PANIC
    return files


LAYOUTS = {"a support bundle": support_bundle, "a must-gather archive": must_gather}


def unpacked(files: Files, folder: Path) -> Path:
    """The files in a folder."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def packed(files: Files, path: Path) -> Path:
    """The files as a compressed tar archive."""
    with tarfile.open(path, "w:gz") as archive:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))
    return path


def read(path: Path, *wanted: str) -> Case:
    """What is made of it."""
    return read_bundle_files(path, discover_platform, salt="salt", wanted=wanted)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("as_tar", [True, False], ids=["packed", "unpacked"])
def test_an_archive_is_diagnosed_like_the_cluster_it_was_made_of(
    layout: str, as_tar: bool, tmp_path: Path
) -> None:
    """The right cause on the right object, with its log, at the moment when it was gathered."""
    files = LAYOUTS[layout](shop())
    case = read(packed(files, tmp_path / "it.tar.gz") if as_tar else unpacked(files, tmp_path))

    found = diagnose(case)

    assert case.snapshot.namespaces == (SHOP,)
    assert case.snapshot.taken_at == NOON
    assert (found.hypotheses[0].cause, str(found.hypotheses[0].about)) == (
        "bad-image",
        "deployment/auth in shop",
    )
    assert {(one.container, one.previous) for one in case.snapshot.logs} == {("auth", False), ("auth", True)}


def test_a_support_bundle_without_secrets_calls_none_of_them_missing(tmp_path: Path) -> None:
    """What was not gathered is said to be unseen."""
    snapshot = read(unpacked(support_bundle(shop()), tmp_path)).snapshot

    assert not snapshot.saw("Secret")
    assert any("Secrets" in (one.unseen or "") for one in snapshot.evidence)
    assert snapshot.saw("Deployment", SHOP)
    assert not snapshot.saw("Deployment", "elsewhere")


def test_no_value_of_a_secret_is_kept(tmp_path: Path) -> None:
    """A must-gather archive may hold them."""
    snapshot = read(unpacked(must_gather(shop()), tmp_path)).snapshot

    assert snapshot.saw("Secret", SHOP)
    assert "aHVudGVyMjI" not in snapshot.model_dump_json()


def test_a_namespace_that_the_archive_has_not_is_named(tmp_path: Path) -> None:
    """One sentence, instead of a healthy report."""
    with pytest.raises(FileError, match="nothing of namespace elsewhere"):
        read(unpacked(support_bundle(shop()), tmp_path), "elsewhere")


def test_a_torn_file_is_said_and_the_others_are_read(tmp_path: Path) -> None:
    """An archive made in an outage is seldom whole."""
    files = support_bundle(shop())
    files[next(name for name in files if name.endswith(f"services/{SHOP}.json"))] = '{"items": ['

    snapshot = read(unpacked(files, tmp_path)).snapshot

    assert snapshot.saw("Pod", SHOP)
    assert not snapshot.saw("Service", SHOP)
    assert any("services" in (one.unseen or "") for one in snapshot.evidence)


def test_names_that_lead_out_of_an_archive_and_links_are_left_out(tmp_path: Path) -> None:
    """Nothing is unpacked onto the disk, and nothing else is read."""
    path = tmp_path / "it.tar"
    with tarfile.open(path, "w") as archive:
        for name, text in {**support_bundle(shop()), "../cluster-resources/pods/evil.json": "[]"}.items():
            member = tarfile.TarInfo(name)
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))
        link = tarfile.TarInfo("cluster-resources/pods/link.json")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)

    assert read(path).snapshot.saw("Pod", SHOP)


def test_what_is_no_archive_is_said_in_one_sentence(tmp_path: Path) -> None:
    """Of a file and of a folder."""
    path = tmp_path / "it.tar.gz"
    path.write_text("no archive")

    with pytest.raises(FileError, match="no tar archive"):
        read(path)
    with pytest.raises(FileError, match=r"snapshot\.json is not there"):
        read(unpacked({"some/notes.yaml": "a: 1"}, tmp_path / "folder"))
