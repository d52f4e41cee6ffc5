"""The manifests: what the API takes, the rights of deploy/rbac and no others, nobody root, nothing called `latest`."""

import copy
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from blocks.settings import HERE, Settings
from outage.platforms.platform_file import read_platform
from outage.policies.policy_file import read_policy
from practice.places import practice_kubeconfig
from stack.processes.beat_probe import SILENT_SECONDS, beat_silence
from stack.processes.heartbeats import SILENT_SECONDS as SILENT_FOR_THE_SUPERVISOR
from stack.processes.heartbeats import beat_file
from tests.stack.chart.manifest_shapes import misfits, read_manifests

CHART = HERE / "deploy/helm/outage"
FULL = HERE / "deploy/helm/examples/full.yaml"
KEPT = HERE / "deploy/kubernetes.yaml"
RIGHTS = ("ClusterRole", "Role")
RIGHT_LINES = ("role.", "rolebinding.", "clusterrole.", "clusterrolebinding.")
Manifest = dict[str, Any]


def rendered(*arguments: str) -> subprocess.CompletedProcess[str]:
    """What helm makes of the chart."""
    return subprocess.run(
        [HERE / "bin/chart", *arguments], capture_output=True, text=True, check=False, timeout=600
    )


@pytest.fixture(scope="module")
def kept() -> list[Manifest]:
    """The manifests that are kept, with default values."""
    return read_manifests(KEPT.read_text(encoding="utf-8"))


def pods(manifests: list[Manifest]) -> dict[str, Manifest]:
    """Every pod's spec, by the name of its Deployment."""
    return {
        one["metadata"]["name"]: one["spec"]["template"]["spec"]
        for one in manifests
        if one["kind"] == "Deployment"
    }


def rights_of(manifests: list[Manifest]) -> dict[tuple[str, str, str], Any]:
    """The rules of every role, and whom each binding gives one."""
    return {
        (one["kind"], one["metadata"].get("namespace", ""), one["metadata"]["name"]): one.get("rules")
        or [one["roleRef"], one["subjects"]]
        for one in manifests
        if one["kind"] in (*RIGHTS, *(f"{kind}Binding" for kind in RIGHTS))
    }


def reviewed(*names: str) -> list[Manifest]:
    """The files of deploy/rbac."""
    files = [HERE / f"deploy/rbac/{name}.yaml" for name in names]
    return [one for file in files for one in read_manifests(file.read_text(encoding="utf-8"))]


def moved(manifests: list[Manifest], places: dict[str, str]) -> list[Manifest]:
    """The same in other namespaces."""
    found = copy.deepcopy(manifests)
    for one in found:
        if space := one["metadata"].get("namespace"):
            one["metadata"]["namespace"] = places.get(space, space)
    return found


def test_the_api_takes_every_manifest(kept: list[Manifest]) -> None:
    """No key that it does not know, none missing that it wants."""
    assert [says for one in kept for says in misfits(one)] == []


def test_a_manifest_that_the_api_would_not_take_is_noticed(kept: list[Manifest]) -> None:
    """The check above can fail: a wrong key, a wrong type, a missing one."""
    broken = copy.deepcopy(next(one for one in kept if one["kind"] == "Deployment"))
    spec = broken["spec"]["template"]["spec"]
    spec["containers"][0]["comand"] = ["sh"]
    spec["terminationGracePeriodSeconds"] = "20"
    del spec["containers"][0]["image"], spec["containers"][0]["name"]

    said = "\n".join(misfits(broken))

    assert "containers[0]: there is no comand" in said
    assert "terminationGracePeriodSeconds: '20' is no int" in said
    assert re.search(r"containers\[0\]: .*name.*(required|None)", said, re.DOTALL)


def test_the_identities_have_the_rights_of_deploy_rbac_and_no_others(kept: list[Manifest]) -> None:
    """To the letter, and nobody else has any."""
    assert rights_of(kept) == rights_of(reviewed("reader", "writer", "writer-cluster"))
    accounts = {one["metadata"]["name"] for one in kept if one["kind"] == "ServiceAccount"}
    assert accounts == {"outage", "outage-reader", "outage-writer"}


def test_the_chart_carries_the_reviewed_files() -> None:
    """`helm install` from the clone sees what is reviewed in deploy/rbac."""
    carried = {one.name: one.read_text(encoding="utf-8") for one in (CHART / "files/rbac").iterdir()}

    assert carried == {
        one.name: one.read_text(encoding="utf-8") for one in (HERE / "deploy/rbac").glob("*.yaml")
    }


@pytest.mark.parametrize("name", ["intake", "outbox", "timers", "page", "responder"])
def test_nobody_is_root_or_can_become_it(kept: list[Manifest], name: str) -> None:
    """Read-only root, no capability, the runtime's own seccomp profile; memory that is asked for and bounded."""
    pod = pods(kept)[f"outage-{name}"]
    (container,) = pod["containers"]

    assert pod["securityContext"]["runAsNonRoot"]
    assert pod["securityContext"]["runAsUser"] > 10000
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "privileged": False,
        "capabilities": {"drop": ["ALL"]},
    }
    assert container["resources"]["requests"]["memory"]
    assert container["resources"]["limits"]["memory"]
    assert container["livenessProbe"]
    assert container["startupProbe"]


def test_no_image_is_called_latest(kept: list[Manifest]) -> None:
    """A version or a digest."""
    images = {container["image"] for pod in pods(kept).values() for container in pod["containers"]}

    assert all(re.fullmatch(r"[^:@]+(:(?!latest$)[\w.-]+|@sha256:[0-9a-f]{64})", image) for image in images)


def test_only_the_responder_holds_a_token(kept: list[Manifest]) -> None:
    """Every other part speaks to no cluster."""
    holding = {
        name
        for name, pod in pods(kept).items()
        if pod["serviceAccountName"] != "outage"
        or any(one.get("secret", {}).get("secretName") == "outage-reader-token" for one in pod["volumes"])
        or any("projected" in one for one in pod["volumes"])
    }

    assert holding == {"outage-responder"}
    assert not any(pod["automountServiceAccountToken"] for pod in pods(kept).values())


def test_no_secret_is_written_into_a_manifest(kept: list[Manifest]) -> None:
    """They are named; the one that is made is filled by Kubernetes."""
    secrets = [one for one in kept if one["kind"] == "Secret"]

    assert [one["type"] for one in secrets] == ["kubernetes.io/service-account-token"]
    assert not any(one.get("data") or one.get("stringData") for one in secrets)


def test_a_disruption_takes_one_pod_of_a_part_at_a_time(kept: list[Manifest]) -> None:
    """Where there are two; where there is one a budget would only keep nodes from being drained."""
    budgets = {one["metadata"]["name"] for one in kept if one["kind"] == "PodDisruptionBudget"}

    assert budgets == {"outage-intake", "outage-outbox", "outage-timers", "outage-responder"}


def test_every_command_of_a_pod_exists(kept: list[Manifest]) -> None:
    """What the manifests start and probe can be imported here."""
    for pod in pods(kept).values():
        (container,) = pod["containers"]
        commands = [
            container["command"],
            *(
                probe["exec"]["command"]
                for name in ("startupProbe", "livenessProbe")
                if "exec" in (probe := container[name])
            ),
        ]
        for command in commands:
            module = {"outage": "cli.machine.worker_command"}.get(command[0]) or command[2]
            assert (HERE / f"{module.replace('.', '/')}.py").exists(), command


def test_every_variable_of_a_pod_is_a_setting(kept: list[Manifest]) -> None:
    """A variable that nothing reads is a promise that nobody keeps."""
    settings = {f"OUTAGE_{name.upper()}" for name in Settings.model_fields}
    given = {one["name"] for pod in pods(kept).values() for one in pod["containers"][0]["env"]}

    assert given <= settings
    assert "OUTAGE_IN_CLUSTER" in given


def test_every_value_is_documented() -> None:
    """The README of the chart names each key that stands at the top of values.yaml."""
    values = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))
    text = (CHART / "README.md").read_text(encoding="utf-8")

    assert [key for key in values if f"`{key}" not in text] == []


def test_prefects_server_is_of_the_version_that_the_flows_are_locked_to() -> None:
    """An older server would not know what a newer client asks."""
    values = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))
    (locked,) = re.findall(r"^prefect==(\S+)", (HERE / "requirements.lock").read_text(), re.MULTILINE)
    tag = values["prefect-server"]["global"]["prefect"]["image"]["prefectTag"]

    assert tag.partition("-")[0] == locked


def test_the_chart_is_of_this_version() -> None:
    """Its images are called by it."""
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text(encoding="utf-8"))
    project = tomllib.loads((HERE / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    assert {chart["version"], chart["appVersion"]} == {project["version"]}
    assert [(one["name"], one["condition"]) for one in chart["dependencies"]] == [
        ("prefect-server", "prefect-server.enabled")
    ]


def test_the_example_holds_files_that_we_would_take() -> None:
    """The platform and the policy of the full example are read like yours."""
    values = yaml.safe_load(FULL.read_text(encoding="utf-8"))

    assert read_platform(values["platformFiles"]["platform.yaml"], "example").name == "shop"
    assert read_policy(values["policy"], "example")


@pytest.mark.parametrize(
    ("age", "says"),
    [(0.0, ""), (59.0, ""), (75.0, "the loop of outbox did not go round for 75 s")],
)
def test_a_probe_believes_a_process_while_its_loop_goes_round(tmp_path: Path, age: float, says: str) -> None:
    """By the same file and the same patience as the supervisor."""
    file = beat_file(Settings(home=tmp_path), "outbox")
    file.parent.mkdir()
    file.touch()

    assert beat_silence(tmp_path, "outbox", file.stat().st_mtime + age) == says
    assert SILENT_SECONDS == SILENT_FOR_THE_SUPERVISOR


def test_a_probe_of_what_has_not_begun_fails_and_says_so(tmp_path: Path) -> None:
    """As Kubernetes runs it."""
    asked = subprocess.run(
        [sys.executable, "-m", "stack.processes.beat_probe", "runner"],
        cwd=HERE,
        env={"OUTAGE_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (asked.returncode, asked.stderr) == (1, "runner has not begun: No such file or directory\n")


@pytest.mark.stack
def test_the_kept_manifests_are_fresh() -> None:
    """`make chart` writes them anew."""
    assert rendered().stdout == KEPT.read_text(encoding="utf-8")


@pytest.mark.stack
def test_everything_switched_on_is_as_safe(tmp_path: Path) -> None:
    """The full example: the API takes it, rights move with the namespaces, images are pinned."""
    made = rendered("--values", str(FULL))
    assert made.returncode == 0, made.stderr
    full = read_manifests(made.stdout)
    places = {
        "adaptive-learning-production": "shop",
        "monitoring": "observability",
        "ingress-nginx": "ingress",
    }

    assert [says for one in full for says in misfits(one)] == []
    assert rights_of(full) == rights_of(moved(reviewed("reader", "writer", "writer-cluster"), places))
    test_no_image_is_called_latest(full)
    test_only_the_responder_holds_a_token(full)
    for name in ("intake", "outbox", "timers", "page", "responder"):
        test_nobody_is_root_or_can_become_it(full, name)
    assert pods(full)["outage-responder"]["containers"][0]["command"] == ["outage", "worker", "frankfurt"]


@pytest.mark.stack
def test_another_cluster_is_reached_by_its_kubeconfigs_and_gets_no_rights_here() -> None:
    """Nothing of this cluster is given to a responder that heals another."""
    made = rendered("--set", "cluster.access=kubeconfig", "--set", "cluster.existingSecret=far")
    assert made.returncode == 0, made.stderr
    manifests = read_manifests(made.stdout)

    assert rights_of(manifests) == {}
    assert pods(manifests)["outage-responder"]["serviceAccountName"] == "outage"


@pytest.mark.stack
def test_a_pools_worker_checks_answers_with_the_public_half_of_the_key() -> None:
    """From the same Secret as its DSN, in the responder alone."""
    made = rendered("--set", "responder.pool=frankfurt", "--set", "record.answersKey=answers-key")
    found = pods(read_manifests(made.stdout))
    told = {name: "OUTAGE_ANSWERS_KEY_FILE" in str(spec) for name, spec in found.items()}

    assert [name for name, knows in told.items() if knows] == ["outage-responder"]
    (mounted,) = (one for one in found["outage-responder"]["volumes"] if one["name"] == "answers")
    assert mounted["secret"]["secretName"] == "outage-record"
    assert mounted["secret"]["items"] == [{"key": "answers-key", "path": "answers-key"}]


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ("image.tag=latest", "/image/tag"),
        ("platform.namespace=outage-system", "may not live in outage-system"),
        ("cluster.access=kubeconfig", "cluster.existingSecret"),
        ("responder.pool=Frankfurt", "/responder/pool"),
        ("page.url=http://plain", "/page/url"),
        ("nonsense=1", "nonsense"),
    ],
)
def test_what_would_not_be_safe_is_refused_with_a_sentence(wrong: str, says: str) -> None:
    """Before anything reaches a cluster."""
    refused = rendered("--set", wrong)

    assert refused.returncode != 0
    assert says in refused.stderr


@pytest.mark.cluster
def test_the_api_server_takes_every_manifest(ground: None) -> None:
    """Its own validation and admission, without writing anything; the rights are those that stand there already."""
    kubectl = shutil.which("kubectl", path=str(Path(sys.executable).parent))
    assert kubectl
    command = [
        kubectl,
        "--kubeconfig",
        str(practice_kubeconfig()),
        "apply",
        "--dry-run=server",
        "-f",
        str(KEPT),
    ]
    said = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)

    assert said.returncode == 0, said.stderr
    lines = said.stdout.splitlines()
    assert len(lines) == len(read_manifests(KEPT.read_text(encoding="utf-8")))
    assert all(line.endswith("unchanged (server dry run)") for line in lines if line.startswith(RIGHT_LINES))
