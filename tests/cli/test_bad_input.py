"""Bad input is one clear sentence, at every door: `platform check`, `doctor` and `up`."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from blocks.clients import clients
from blocks.settings import Settings
from cli import group
from cli.machine.stack_commands import said_at_start

KUBECONFIG = """
apiVersion: v1
kind: Config
current-context: there
contexts: [{name: there, context: {cluster: there, user: me}}]
clusters: [{name: there, cluster: {server: "http://127.0.0.1:1"}}]
users: [{name: me, user: {token: t}}]
"""
FIRST = "version: 1\nname: shop\nnamespace: shop\n"
SECOND = "version: 1\nname: bank\nnamespace: bank\n"
POLICY = """
version: 1
mode: ask
namespaces: [shop]
kinds: [Deployment]
approvers: {leads: [ada, bob]}
rules: [{mode: ask, approvers: leads, quorum: 1}]
"""
TWO = "rules: [{mode: ask, approvers: leads, quorum: 2, requester_may_approve: false}]"
CASES = [
    pytest.param(
        "platform bank names a cluster that does not answer",
        {"bank": f"{SECOND}cluster: {{name: eu, reader_kubeconfig: 'file:HOME/eu.kubeconfig'}}\n"},
        id="a cluster that does not answer",
    ),
    pytest.param(
        "platforms bank and shop both claim namespace shop",
        {"bank": f"{SECOND}namespaces: [shop]\n"},
        id="two platforms claim one namespace",
    ),
    pytest.param(
        "platform bank has a matcher that fits nothing: cluster=us",
        {"bank": f"{SECOND}cluster: {{name: eu}}\nmatchers: [{{cluster: us}}]\n"},
        id="a routing rule that fits nothing",
    ),
    pytest.param(
        "needs 2 people's yes and none from whoever reported the outage, and `leads` has 2 people",
        {"policy": POLICY.replace("rules: [{mode: ask, approvers: leads, quorum: 1}]", TWO)},
        id="a quorum that cannot be reached",
    ),
    pytest.param(
        "needs 2 people's yes and none from whoever reported the outage, and `leads` has 2 people",
        {
            "bank": f"{SECOND}policy: HOME/bank-policy.yaml\n",
            "bank-policy": POLICY.replace("rules: [{mode: ask, approvers: leads, quorum: 1}]", TWO),
        },
        id="a quorum that cannot be reached, in another platform's policy",
    ),
    pytest.param(
        "platform bank: people.leads names `zoe`, whom the policy names neither in `people` nor in `approvers`",
        {"bank": f"{SECOND}people: {{leads: [ada, zoe]}}\n"},
        id="people whom the policy does not know",
    ),
    pytest.param(
        "platform bank: people.leads has no member: name one, or leave the group out",
        {"bank": f"{SECOND}people: {{leads: []}}\n"},
        id="a group without members",
    ),
    pytest.param(
        "the policy of platform bank: rule 1 needs 2 people's yes, and `leads` has 1 people",
        {"bank": f"{SECOND}people: {{leads: [ada]}}\n", "policy": POLICY.replace("quorum: 1", "quorum: 2")},
        id="a quorum that cannot be reached with a platform's people",
    ),
    pytest.param(
        "platform bank: read bank-policy.yaml line 3",
        {"bank": f"{SECOND}policy: HOME/bank-policy.yaml\n", "bank-policy": "\nversion: 1\nmode: nonsense\n"},
        id="a platform's policy that is none",
    ),
]
"""The sentence, and the files that differ from those of a well-kept house."""


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home with one platform, whose cluster is away too; nothing of this machine's own is asked."""
    (tmp_path / "platforms").mkdir()
    for name in ("eu.kubeconfig", "own.kubeconfig"):
        (tmp_path / name).write_text(KUBECONFIG)
    for name, value in {
        "OUTAGE_HOME": tmp_path,
        "OUTAGE_KUBECONFIG": tmp_path / "own.kubeconfig",
        "OUTAGE_RECORD_DSN": "postgresql://127.0.0.1:1/none",
        "OUTAGE_PREFECT_API_URL": "http://127.0.0.1:1/api",
    }.items():
        monkeypatch.setenv(name, str(value))
    clients.cache_clear()
    yield tmp_path
    clients.cache_clear()


def write(home: Path, files: dict[str, str]) -> None:
    """The files of a well-kept house, with these in their place."""
    kept = {"platform": FIRST, "policy": POLICY, **files}
    for name, text in kept.items():
        folder = home / "platforms" if name == "bank" else home
        (folder / f"{name}.yaml").write_text(text.replace("HOME", str(home)))


def said_at(door: str, home: Path) -> list[str]:
    """Every sentence that a door says."""
    if door == "up":
        return list(said_at_start(Settings()))
    second = home / "platforms" / "bank.yaml"
    file = second if second.exists() else home / "platform.yaml"
    words = ["doctor"] if door == "doctor" else ["platform", "check", str(file)]
    said = CliRunner().invoke(group, words, standalone_mode=False)
    return [*said.output.splitlines(), str(said.exception or "")]


@pytest.mark.parametrize("door", ["check", "doctor", "up"])
@pytest.mark.parametrize(("sentence", "files"), CASES)
def test_bad_input_is_one_sentence_at_every_door(
    house: Path, door: str, sentence: str, files: dict[str, str]
) -> None:
    """Said once, and not said of a house that is well kept."""
    write(house, {})
    assert not [one for one in said_at(door, house) if sentence in one]
    clients.cache_clear()
    write(house, files)

    assert len([one for one in said_at(door, house) if sentence in one]) == 1
