"""What `make cluster` installs: values that the chart takes, services that the API takes, room for two cores."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from blocks.settings import HERE
from outage.platforms.platform_file import read_platform
from outage.policies.policy_file import read_policy
from practice import places
from practice.cluster import cluster_layout
from practice.in_cluster.chart_values import practice_values
from practice.in_cluster.install_release import record_dsn, release_secrets, service_manifests
from practice.in_cluster.release_health import RELEASE_NAMESPACE, SERVICES_NAMESPACE
from tests.stack.chart.manifest_shapes import misfits, read_manifests
from tests.stack.chart.test_chart import pods, rendered

PLATFORM = HERE / "practice/platform.yaml"
IMAGE = "docker.io/outage/outage:0.1.0-abc"
UNITS = {"Mi": 1, "Gi": 1024}
MOST_MEGABYTES = 6 * 1024
MOST_MILLICORES = 1000


@pytest.fixture
def values() -> dict[str, Any]:
    """Of the practice ground, with an authority of nobody's."""
    text = PLATFORM.read_text(encoding="utf-8").replace("../tests/", f"{HERE}/tests/")
    return practice_values(IMAGE, text, "an authority")


def test_what_the_platform_file_refers_to_is_attached(values: dict[str, Any]) -> None:
    """No path of this machine travels into a pod."""
    platform = read_platform(values["platformFiles"]["platform.yaml"], "in the pod")
    assert platform.smoke

    assert platform.ca_file == "../attached/public-authority.crt"
    assert platform.smoke.manifest == "../attached/smoke-tests.yaml"
    assert set(values["attachedFiles"]) == {"public-authority.crt", "smoke-tests.yaml"}
    assert str(HERE) not in yaml.safe_dump(values["platformFiles"])
    assert read_policy(values["policy"], "practice")


def test_the_services_are_what_the_api_takes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """And the record's word is in Secrets alone."""
    monkeypatch.setenv("OUTAGE_PRACTICE_HOME", str(tmp_path))
    word = record_dsn("nowhere").split(":")[2].partition("@")[0]

    manifests = service_manifests(IMAGE)

    assert [says for one in manifests for says in misfits(one)] == []
    assert {one["metadata"]["namespace"] for one in manifests if one["kind"] != "Namespace"} == {
        SERVICES_NAMESPACE
    }
    assert not any(word in str(one) for one in manifests if one["kind"] != "Secret")
    for name, pod in pods(manifests).items():
        assert not pod["automountServiceAccountToken"], name
        assert not any(one["image"].endswith(":latest") for one in pod["containers"])


def test_another_installation_has_other_words(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What is left of a former one opens nothing."""
    monkeypatch.setenv("OUTAGE_PRACTICE_HOME", str(tmp_path / "one"))
    first, again = record_dsn("here"), record_dsn("here")
    monkeypatch.setenv("OUTAGE_PRACTICE_HOME", str(tmp_path / "other"))

    assert first == again
    assert record_dsn("here") != first


def test_the_chart_s_secrets_are_named_as_the_values_name_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, values: dict[str, Any]
) -> None:
    """The record, the intake's word and the identity that breaks things for practice."""
    monkeypatch.setenv("OUTAGE_PRACTICE_HOME", str(tmp_path))
    monkeypatch.setenv("OUTAGE_HOME", str(tmp_path / "home"))
    places.practice_kubeconfig().write_text("the administrator's")

    secrets = {one["metadata"]["name"]: set(one["stringData"]) for one in release_secrets()}

    defaults = yaml.safe_load((HERE / "deploy/helm/outage/values.yaml").read_text(encoding="utf-8"))
    assert secrets[defaults["record"]["existingSecret"]] == {defaults["record"]["key"]}
    assert secrets[defaults["intakeToken"]["existingSecret"]] == {"intake-token"}
    assert secrets[values["drills"]["existingSecret"]] == {"drill.kubeconfig"}


@pytest.mark.stack
def test_the_chart_takes_the_values_and_the_nodes_have_room(values: dict[str, Any], tmp_path: Path) -> None:
    """What is reserved is less than two cores and 8 GB leave beside the platform."""
    file = tmp_path / "values.yaml"
    file.write_text(yaml.safe_dump(values), encoding="utf-8")
    made = rendered("--values", str(file))
    assert made.returncode == 0, made.stderr
    manifests = read_manifests(made.stdout)

    assert [says for one in manifests for says in misfits(one)] == []
    assert {one["metadata"]["namespace"] for one in manifests if one["kind"] == "Deployment"} == {
        RELEASE_NAMESPACE
    }
    assert reserved(manifests, "memory") < MOST_MEGABYTES
    assert reserved(manifests, "cpu") < MOST_MILLICORES
    assert cluster_layout.DEFAULT_NAMESPACE != RELEASE_NAMESPACE


def reserved(manifests: list[dict[str, Any]], what: str) -> int:
    """Megabytes or thousandths of a core that all pods together ask for."""
    total = 0
    for one in manifests:
        if one["kind"] == "Deployment":
            (container,) = one["spec"]["template"]["spec"]["containers"]
            asked = container["resources"]["requests"][what]
            each = int(asked[:-1]) if what == "cpu" else int(asked[:-2]) * UNITS[asked[-2:]]
            total += one["spec"]["replicas"] * each
    return total
