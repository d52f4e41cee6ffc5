"""The local cluster's drawing and its ways, without raising it."""

import hashlib
import json
import os
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from cryptography import x509
from cryptography.x509.oid import NameOID

from practice.cluster import (
    certificates,
    cluster_layout,
    control_plane,
    kubeconfigs,
    kubernetes_build,
    node_images,
    node_settings,
    worker_nodes,
)
from practice.host import belonging, host_network, host_processes, machine, traces
from practice.host.host_processes import Process
from practice.practice_errors import PracticeError

NAMED = (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state folder and a cache of this test's own."""
    monkeypatch.setenv("OUTAGE_PRACTICE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("OUTAGE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "home"


@pytest.fixture
def sleeper() -> Iterator["subprocess.Popen[bytes]"]:
    """A process of somebody else's."""
    program = "import time; print(flush=True); time.sleep(60)"
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()  # until then it may still be this interpreter's copy, without a command of its own
    yield process
    process.kill()
    process.wait()


def test_every_certificate_is_signed_by_its_authority(home: Path) -> None:
    """A component that is not believed does not start, and says so only in its log."""
    certificates.make_certificates()

    for wanted in certificates.wanted_certificates():
        signed = x509.load_pem_x509_certificate((home / "pki" / f"{wanted.file}.crt").read_bytes())
        signer = x509.load_pem_x509_certificate((home / "pki" / f"{wanted.authority}.crt").read_bytes())
        signed.verify_directly_issued_by(signer)


def test_kubernetes_reads_the_user_and_the_group_from_a_certificate(home: Path) -> None:
    """One organisation each: a second would be a second group."""
    certificates.make_certificates()

    admin = x509.load_pem_x509_certificate((home / "pki" / "admin.crt").read_bytes())
    names = {oid: [str(one.value) for one in admin.subject.get_attributes_for_oid(oid)] for oid in NAMED}

    assert names == {
        NameOID.COMMON_NAME: ["outage-practice-admin"],
        NameOID.ORGANIZATION_NAME: ["system:masters"],
    }


def test_no_certificate_is_without_an_identity(home: Path) -> None:
    """Go refuses an empty list of names, because the list is critical."""
    certificates.make_certificates()

    for wanted in certificates.wanted_certificates():
        made = x509.load_pem_x509_certificate((home / "pki" / f"{wanted.file}.crt").read_bytes())
        assert len(made.extensions.get_extension_for_class(x509.SubjectAlternativeName).value)


def test_an_authority_whose_key_is_broken_is_told(home: Path) -> None:
    """Half a file is what a full disk leaves."""
    certificates.make_certificates()
    (home / "pki" / "ca.key").write_text("-----BEGIN")
    (home / "pki" / "scheduler.crt").unlink()

    with pytest.raises(PracticeError, match="key is no key of ours"):
        certificates.make_certificates()


def test_a_repaired_cluster_is_trusted_as_before(home: Path) -> None:
    """Whoever holds a kubeconfig or a pod's token keeps it over a second `up`."""
    certificates.make_certificates()
    before = {path.name: path.read_bytes() for path in (home / "pki").iterdir()}

    certificates.make_certificates()

    assert {path.name: path.read_bytes() for path in (home / "pki").iterdir()} == before


def test_a_lost_certificate_is_made_again(home: Path) -> None:
    """Half a folder of keys is what a killed `up` leaves."""
    certificates.make_certificates()
    (home / "pki" / "scheduler.crt").unlink()

    certificates.make_certificates()

    assert (home / "pki" / "scheduler.crt").exists()


def test_keys_are_read_by_their_owner_only(home: Path) -> None:
    """The administrator's key opens everything."""
    certificates.make_certificates()
    kubeconfigs.write_all()

    secret = [*(home / "pki").glob("*.key"), *(home / "pki").glob("*.kubeconfig"), home / "kubeconfig"]
    assert {path.stat().st_mode & 0o777 for path in secret} == {0o600}


def test_the_kubeconfig_names_the_namespace_the_runbook_takes_for_granted(home: Path) -> None:
    """The runbook waits for job/smoke-tests without saying where it is."""
    certificates.make_certificates()
    kubeconfigs.write_all()

    written = yaml.safe_load((home / "kubeconfig").read_text())
    assert written["current-context"] == "outage-practice"
    assert written["contexts"][0]["context"]["namespace"] == "adaptive-learning-production"


@pytest.mark.parametrize("node", cluster_layout.NODES, ids=lambda node: node.name)
def test_a_node_keeps_to_its_own_ranges_and_folders(node: cluster_layout.Node, home: Path) -> None:
    """Two kubelets on one machine must not share an address, a cgroup or a folder."""
    node_settings.write_node_settings(node)

    kubelet = yaml.safe_load((home / node.name / "kubelet.yaml").read_text())
    pods = json.loads((home / node.name / "cni" / "10-pods.conflist").read_text())
    assert kubelet["address"] == node.address
    assert kubelet["cgroupRoot"] == f"/{node.namespace}"
    assert pods["plugins"][0]["ipam"]["ranges"] == [[{"subnet": node.pods}]]
    assert f'root = "{home}/{node.name}/containerd"' in (home / node.name / "containerd.toml").read_text()


def test_every_component_has_its_arguments() -> None:
    """A component without any would start with the defaults of a production cluster."""
    assert all(control_plane.control_plane_arguments(name) for name in control_plane.COMPONENTS)
    assert all(
        worker_nodes.node_arguments(node, name)
        for node in cluster_layout.NODES
        for name in worker_nodes.COMPONENTS
    )


def test_a_dead_node_is_seen_within_25_seconds() -> None:
    """Drills on nodes wait for exactly this."""
    kubelet = node_settings.kubelet_settings(cluster_layout.NODES[0])

    assert kubelet["nodeStatusUpdateFrequency"] == "4s"
    assert "--node-monitor-grace-period=20s" in control_plane.controller_arguments()


def test_the_same_files_give_the_same_archive(tmp_path: Path) -> None:
    """A cache that is keyed by content needs content that does not change by itself."""
    digests = set()
    for name in ("one.tar", "two.tar"):
        node_images.write_image_tar(
            tmp_path / name, "docker.io/outage/pause:1", {"pause": b"program"}, ["/pause"]
        )
        digests.add(hashlib.sha256((tmp_path / name).read_bytes()).hexdigest())

    assert len(digests) == 1


def test_an_archive_says_which_image_it_is(tmp_path: Path) -> None:
    """The container runtime takes the name from the archive."""
    node_images.write_image_tar(
        tmp_path / "pause.tar", cluster_layout.PAUSE_IMAGE, {"pause": b"program"}, ["/pause"]
    )

    with tarfile.open(tmp_path / "pause.tar") as archive:
        manifest = json.load(archive.extractfile("manifest.json"))  # type: ignore[arg-type]
        assert manifest[0]["RepoTags"] == [cluster_layout.PAUSE_IMAGE]
        assert set(archive.getnames()) == {"manifest.json", manifest[0]["Config"], "layer.tar"}


def test_an_archive_written_anew_is_another_one(tmp_path: Path) -> None:
    """A rebuilt image of the same name must not be taken for the one a node has."""
    archive = tmp_path / "image.tar"
    archive.write_bytes(b"old")
    before = node_images.mark_image(archive)

    archive.write_bytes(b"newer")

    assert node_images.mark_image(archive) != before


def test_a_change_of_one_source_file_is_another_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The key holds everything the binary is made from."""
    for name in ("go.mod", "go.sum", "main.go"):
        (tmp_path / name).write_text(name)
    monkeypatch.setattr(kubernetes_build, "SOURCE", tmp_path)
    before = kubernetes_build.build_key()

    (tmp_path / "main.go").write_text("changed")

    assert kubernetes_build.build_key() != before


def test_a_recycled_pid_is_not_killed(sleeper: "subprocess.Popen[bytes]") -> None:
    """What we looked at had another command, so this is somebody else's process now."""
    seen = host_processes.look_at(sleeper.pid)
    assert seen is not None

    host_processes.kill_process([Process(seen.pid, ("/bin/etcd",), seen.namespace)])
    time.sleep(0.2)

    assert sleeper.poll() is None


def test_the_process_we_looked_at_is_killed(sleeper: "subprocess.Popen[bytes]") -> None:
    """The counterpart: nothing changed in between."""
    seen = host_processes.look_at(sleeper.pid)
    assert seen is not None

    host_processes.kill_process([seen])

    assert sleeper.wait(timeout=5) == -9


def test_a_strangers_process_is_not_ours(sleeper: "subprocess.Popen[bytes]") -> None:
    """`down` kills what is ours; this test's own processes and its parents are not."""
    ours = {process.pid for process in belonging.our_processes()}

    assert not ours & {sleeper.pid, os.getpid(), os.getppid(), 1}


def test_a_started_process_is_known_by_its_age(sleeper: "subprocess.Popen[bytes]") -> None:
    """`status` says since when."""
    seen = host_processes.look_at(sleeper.pid)
    assert seen is not None

    assert abs(time.time() - seen.started) < 30


@pytest.mark.parametrize(
    ("routes", "refused"),
    [
        pytest.param("default via 192.0.2.1 dev eth0\n192.0.2.0/24 dev eth0", None, id="a usual machine"),
        pytest.param(
            "10.77.0.0/24 dev oprac0\n10.78.1.0/24 via 10.77.0.11 dev oprac0", None, id="our own routes"
        ),
        pytest.param("10.8.0.0/24 dev tun0", None, id="a neighbour's range"),
        pytest.param(
            "10.77.0.0/24 dev docker7", "10.77.0.0/24 is routed to docker7", id="our hosts are taken"
        ),
        pytest.param("10.0.0.0/8 dev tun0", "10.0.0.0/8 is routed to tun0", id="a network that holds ours"),
        pytest.param(
            "unreachable 10.79.0.0/16", "10.79.0.0/16 is routed to nothing", id="our Services are barred"
        ),
    ],
)
def test_taken_addresses_are_refused_in_one_sentence(routes: str, refused: str | None) -> None:
    """A cluster whose addresses lead elsewhere would half work."""
    objection = host_network.network_objection(routes)

    assert (objection is None) if refused is None else (refused in (objection or ""))


def test_a_full_disk_is_refused_before_anything_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sentence says how much there is, how much is needed, and what to do."""
    monkeypatch.setattr(machine, "NEEDED_BYTES", 2**60)

    with pytest.raises(PracticeError, match=r"GiB free and the practice ground needs .* make room, or point"):
        machine.refuse_full(tmp_path / "not" / "there" / "yet")


def test_two_at_work_on_one_cluster_are_refused() -> None:
    """Two `up` at once would start everything twice."""
    name = "outage-practice-test"
    with machine.only_one(name), pytest.raises(PracticeError, match="wait until"), machine.only_one(name):
        pass


def test_a_folder_somebody_else_uses_by_now_stays(tmp_path: Path) -> None:
    """`down` removes the folders that `up` made, not what others put into them."""
    ours, shared = tmp_path / "ours", tmp_path / "shared"
    ours.mkdir()
    shared.mkdir()
    (shared / "file").touch()

    traces.remove_traces([str(ours), str(shared)])

    assert (ours.exists(), shared.exists()) == (False, True)
