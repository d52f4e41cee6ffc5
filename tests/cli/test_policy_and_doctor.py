"""`outage policy check` and `outage doctor` as a person types them."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli import group
from cli.doctor_command import all_well
from outage.errors import FileError
from outage.platforms.cluster_rights import rights_needed
from outage.platforms.platform import Database, Platform, SmokeJob
from outage.policies.policy import Policy
from practice import places
from tasks.doctor.check_result import CheckResult as Examined

ROOT = Path(__file__).parent.parent.parent


def typed(*words: str, **environment: str) -> Result:
    """Type a command."""
    return CliRunner().invoke(group, words, env=environment, standalone_mode=False)


def test_a_policy_is_explained_in_sentences() -> None:
    """The one of the repository, by its path."""
    said = typed("policy", "check", str(ROOT / "deploy/policy.yaml"))

    assert said.exit_code == 0
    assert "- The program never writes without a person's yes." in said.output


def test_the_policy_in_force_is_the_default() -> None:
    """The same file that the flows read."""
    said = typed("policy", "check", "--json", OUTAGE_POLICY_FILE=str(ROOT / "practice/policy.yaml"))

    body = json.loads(said.output)
    assert body["file"].endswith("practice/policy.yaml")
    assert body["policy"]["mode"] == "ask"
    assert body["allows"]


def test_a_broken_policy_is_one_sentence(tmp_path: Path) -> None:
    """With file and line; `main` prints it and ends with 1."""
    (tmp_path / "policy.yaml").write_text("mode: ask\nkindz: [Pod]\n")
    said = typed("policy", "check", str(tmp_path / "policy.yaml"))

    assert isinstance(said.exception, FileError)
    assert str(said.exception) == "read policy.yaml line 2: `kindz` is not a known key; did you mean `kinds`?"


def test_only_what_is_needed_makes_the_doctor_unhappy() -> None:
    """What a response can do without is told, and no more."""
    fine = Examined(about="cluster", ok=True, says="it answers")
    without = Examined(about="monitoring", ok=False, needed=False, says="there is none")
    missing = Examined(about="writer", ok=False, says="writer may not patch Deployment")

    assert all_well([fine, without])
    assert not all_well([fine, missing])


def test_the_rights_follow_from_the_platform_and_the_policy() -> None:
    """Nobody is asked for a right that no plan could use."""
    platform = Platform(
        name="Shop",
        namespace="shop",
        database=Database(service="postgres", name="shop"),
        smoke=SmokeJob(manifest="smoke.yaml"),
    )
    policy = Policy(
        namespaces=("shop",), kinds=("Deployment", "Pod"), cluster_kinds=("Node", "kube-system/ConfigMap/x")
    )
    writer = {str(one) for one in rights_needed(platform, policy) if one.identity == "writer"}

    assert writer == {
        "get Deployment in shop",
        "create Deployment in shop",
        "list Pod everywhere",
        "get Job in shop",
        "delete Job in shop",
        "get Pod/portforward in shop",
        "get ConfigMap x in kube-system",
        "patch ConfigMap x in kube-system",
        "patch Deployment in shop",
        "delete Deployment in shop",
        "get Pod in shop",
        "delete Pod in shop",
        "get Node everywhere",
        "patch Node everywhere",
        "create Pod/eviction everywhere",
        "create Job in shop",
        "create Pod/portforward in shop",
    }


@pytest.mark.cluster
def test_the_practice_ground_gives_both_identities_their_rights(ground: None) -> None:
    """deploy/rbac as it stands is enough for the practice policy, and for nothing that is forbidden."""
    said = typed(
        "doctor",
        "--json",
        OUTAGE_PLATFORM_FILE=str(places.practice_home() / "platform.yaml"),
        OUTAGE_POLICY_FILE=str(ROOT / "practice/policy.yaml"),
        OUTAGE_READER_KUBECONFIG=str(places.practice_home() / "reader.kubeconfig"),
        OUTAGE_WRITER_KUBECONFIG=str(places.practice_home() / "writer.kubeconfig"),
    )

    results = [
        one for one in json.loads(said.output)["results"] if one["about"] in ("reader", "writer", "cluster")
    ]
    assert [one["ok"] for one in results] == [True] * 4, results
