import json
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest
import yaml
from click.testing import CliRunner

from cli.investigate_command import investigate_command
from outage.diagnosis import diagnose
from outage.errors import ClusterMissing, ClusterUnreachable, FileError
from outage.incidents.severity import Severity
from outage.platforms.discovery import discover_platform
from outage.platforms.platform import Platform
from outage.reports.investigation_report import investigation_in_json
from outage.snapshots.bundle import read_bundle_files, save_case
from outage.snapshots.case import Case
from tasks.observe import collect_snapshot
from tests.blocks.fake_api import Answer, FakeApi, fake_api, listing, table
from tests.outage.diagnosis.worlds.shop_snapshot import Ground
from tests.outage.diagnosis.worlds.shop_snapshot import platform as the_shop
from tests.tasks.shop_api import pod, shop

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
SALT = "salt"


def kubeconfig(folder: Path, server: str) -> str:
    """A kubeconfig for a server."""
    body = {
        "current-context": "fake",
        "contexts": [{"name": "fake", "context": {"cluster": "fake", "namespace": "shop"}}],
        "clusters": [{"name": "fake", "cluster": {"server": server}}],
    }
    path = folder / "kubeconfig"
    path.write_text(yaml.safe_dump(body))
    return str(path)


def asked(api: FakeApi, folder: Path, *words: str) -> str:
    """What the command prints."""
    result = CliRunner().invoke(
        investigate_command, ["--kubeconfig", kubeconfig(folder, api.address), *words], catch_exceptions=False
    )
    assert result.exit_code == 0, result.output
    return result.stdout


def test_a_healthy_cluster_is_said_to_be_healthy(tmp_path: Path) -> None:
    """In one line, with what could not be seen."""
    with fake_api(shop(pod("web-1"))) as (_, api):
        said = asked(api, tmp_path, "-n", "shop")

    assert said.startswith("none  nothing is failing")
    assert "Nothing is wrong that could be seen." in said


def test_the_json_has_its_version_and_every_documented_field(tmp_path: Path) -> None:
    """docs/json.md is a promise."""
    with fake_api(shop(pod("web-1"))) as (_, api):
        body = json.loads(asked(api, tmp_path, "-n", "shop", "--json"))

    documented = {
        *("version", "taken_at", "namespaces", "severity", "severity_reason"),
        *("findings", "hypotheses", "changes", "unknowns", "log_templates", "looks"),
    }
    assert set(body) == documented
    assert body["version"] == 1
    assert set(body["looks"][0]) == {"id", "words", "observed_at", "seconds", "seen", "unseen"}


def test_a_bundle_gives_the_same_answer_and_holds_no_password(tmp_path: Path) -> None:
    """For bug reports: it leaves the machine."""
    ill = pod("web-1", ready=False, restarts=4)
    ill["spec"]["containers"][0]["env"] = [{"name": "DB_PASSWORD", "value": "hunter22"}]
    secret = {"metadata": {"name": "db", "namespace": "shop"}, "data": {"password": "aHVudGVyMjI="}}
    with fake_api(shop(ill, secrets=listing(secret))) as (_, api):
        live = json.loads(asked(api, tmp_path, "-n", "shop", "--json", "--save", str(tmp_path / "bundle")))
    kept = b"".join(path.read_bytes() for path in (tmp_path / "bundle").rglob("*") if path.is_file())
    result = CliRunner().invoke(
        investigate_command, ["--json", "--from", str(tmp_path / "bundle")], catch_exceptions=False
    )

    assert json.loads(result.stdout) == live
    assert b"hunter22" not in kept
    assert b"aHVudGVyMjI=" not in kept


def test_a_bundle_keeps_the_picture_and_the_platform(tmp_path: Path) -> None:
    """Everything that a diagnosis reads."""
    platform = Platform(name="shop", namespace="shop")
    with fake_api(shop(pod("web-1"))) as (cluster, _):
        snapshot = collect_snapshot(cluster, platform, now=lambda: NOON)
    case = Case(snapshot=snapshot, platform=platform)
    save_case(case, tmp_path / "bundle", SALT)

    assert read_bundle_files(tmp_path / "bundle", discover_platform) == case


def test_an_incidents_own_bundle_gives_the_answer_that_the_response_had(tmp_path: Path) -> None:
    """With the platform file, the baseline and the floor of that night, though neither holds a password."""
    ground = Ground()
    ground.container("auth")["env"].append({"name": "DB_PASSWORD", "value": "hunter22"})
    good = ground.baseline()
    ground.drop("Deployment", "user")
    ground.get("Ingress", "shop-ingress")["spec"]["rules"][0]["http"]["paths"][0]["backend"] = {
        "service": {"name": "auth-v2", "port": {"name": "http"}}
    }
    ground.touch("Ingress", "shop-ingress")
    ground.container("auth")["env"][-1]["value"] = "newpass99"
    ground.roll("auth", waiting=("CrashLoopBackOff", "back-off"))
    snapshot = ground.snapshot()
    case = Case(snapshot=snapshot, platform=the_shop(), baseline=good, floor=Severity.P0)
    had = investigation_in_json(diagnose(case), snapshot)

    save_case(case, tmp_path / "inc-1", SALT)
    said = CliRunner().invoke(
        investigate_command, ["--json", "--from", str(tmp_path / "inc-1")], catch_exceptions=False
    )

    assert json.loads(said.stdout) == json.loads(orjson.dumps(had))
    assert len(had["hypotheses"]) > 1
    kept = b"".join(path.read_bytes() for path in (tmp_path / "inc-1").rglob("*") if path.is_file())
    assert not [word for word in (b"hunter22", b"newpass99") if word in kept]


def test_a_folder_that_is_no_bundle_is_one_sentence(tmp_path: Path) -> None:
    """A wrong path at night."""
    with pytest.raises(FileError, match="there is no such folder"):
        read_bundle_files(tmp_path / "gone", discover_platform)


def test_a_cluster_that_does_not_answer_is_one_sentence(tmp_path: Path) -> None:
    """Not a healthy report about nothing."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    words = ["--kubeconfig", kubeconfig(tmp_path, f"http://127.0.0.1:{port}"), "-n", "shop"]

    with pytest.raises(ClusterUnreachable, match="nothing could be seen"):
        CliRunner().invoke(investigate_command, words, catch_exceptions=False)


def test_a_namespace_that_is_not_there_is_no_healthy_one(tmp_path: Path) -> None:
    """A typing mistake must not read as good news."""
    namespaces = listing({"metadata": {"name": "shop"}})
    with fake_api(shop(pod("web-1"), namespaces=namespaces)) as (_, api):
        words = ["--kubeconfig", kubeconfig(tmp_path, api.address), "-n", "shpo"]
        with pytest.raises(ClusterMissing, match="look at namespace shpo of context fake: it is not there"):
            CliRunner().invoke(investigate_command, words, catch_exceptions=False)


def test_investigating_does_not_import_prefect() -> None:
    """It must start in well under a second, on a machine that has nothing but a kubeconfig."""
    code = "import sys, cli.investigate_command; sys.exit('prefect' in sys.modules or 'kubernetes' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_without_a_namespace_the_ill_pods_choose_and_the_answer_comes_in_time(tmp_path: Path) -> None:
    """`--within` counts from the first question, also on a cluster of strangers that is slow."""
    answering = shop(*(pod(f"ill-{n}", ready=False) for n in range(30)))

    def slow(path: str, query: dict[str, str]) -> Answer:
        time.sleep(0.4 if "fieldSelector" in query or path.endswith("/log") else 0)
        if path == "/api/v1/namespaces" and query.get("includeObject") == "None":
            return table(["Name"], ["shop"])
        return answering(path, query)

    began = time.monotonic()
    with fake_api(slow) as (_, api):
        body = json.loads(asked(api, tmp_path, "--within", "2", "--json"))

    assert time.monotonic() - began < 5
    assert body["namespaces"] == ["shop"]
    assert "where/pods" in {one["id"] for one in body["looks"]}


def test_the_help_says_what_is_entered_by_default_and_how_to_leave_it_out() -> None:
    """Nobody runs programs in a stranger's pods unawares."""
    said = " ".join(CliRunner().invoke(investigate_command, ["--help"]).output.split())

    assert "--no-exec" in said
    assert "By default it also enters" in said
