"""`outage route` and `outage report`: where an alert would go, and telling of an outage by hand."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from cli.alert_commands import report_command, route_command
from cli.policy_commands import policy_check_command
from outage.errors import StackError

PLATFORM = """version: 1
name: shop
namespace: shop
cluster: {name: eu}
services: [{name: auth, workload: deployment/auth}]
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with one platform."""
    monkeypatch.setenv("OUTAGE_HOME", str(tmp_path))
    (tmp_path / "platforms").mkdir()
    (tmp_path / "platforms" / "shop.yaml").write_text(PLATFORM)
    return tmp_path


ALERT = {"labels": {"alertname": "Down", "namespace": "shop", "pod": "auth-0", "severity": "rot"}}


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({"version": "4", "alerts": [ALERT]}, id="Alertmanager's"),
        pytest.param({"alerts": [ALERT], "state": "alerting"}, id="Grafana's"),
        pytest.param({"name": "Down", "labels": ALERT["labels"]}, id="plain JSON"),
    ],
)
def test_a_saved_delivery_is_routed_and_the_rule_is_said(home: Path, body: dict[str, Any]) -> None:
    """Whoever sent it; nothing is recorded and nothing is started."""
    file = home / "delivery.json"
    file.write_text(json.dumps(body))
    said = CliRunner().invoke(route_command, [str(file)])
    [routed] = json.loads(CliRunner().invoke(route_command, [str(file), "--json"]).output)["alerts"]

    assert said.output.startswith("Down: platform shop, by rule namespace: namespace shop is platform shop's")
    assert "`rot` is no word" in said.output
    assert (routed["platform"], routed["subject"], routed["severity"]) == ("shop", "auth", "P2")


@pytest.mark.parametrize("text", ["{", "[]", '{"alerts": [{}]}'])
def test_what_is_no_delivery_is_one_sentence(home: Path, text: str) -> None:
    """With the file's name."""
    file = home / "delivery.json"
    file.write_text(text)
    said = CliRunner().invoke(route_command, [str(file)])

    assert said.exit_code == 1
    assert str(file) in said.output


def test_a_report_for_a_platform_that_no_file_names_is_one_sentence(home: Path) -> None:
    """With the names that there are."""
    told = ["--title", "slow", "--by", "ada", "--platform", "bank"]
    said = CliRunner().invoke(report_command, told)

    assert isinstance(said.exception, StackError)
    assert "no platform file is called bank; there are shop" in str(said.exception)


def test_a_report_without_an_intake_says_what_to_do(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody listens there."""
    monkeypatch.setenv("OUTAGE_INTAKE_PORT", "1")
    said = CliRunner().invoke(report_command, ["--title", "slow", "--by", "ada"])

    assert "is `outage up`?" in str(said.exception)


def test_a_policy_whose_quorum_cannot_be_reached_is_one_sentence(home: Path) -> None:
    """Two people, one of them the requester."""
    file = home / "policy.yaml"
    file.write_text(
        "version: 1\nmode: ask\napprovers: {leads: [ada, bob]}\n"
        "rules: [{mode: ask, approvers: leads, quorum: 2, requester_may_approve: false}]\n"
    )
    said = CliRunner().invoke(policy_check_command, [str(file)])

    assert said.exit_code == 1
    assert "rule 1 needs 2 people's yes and none from whoever reported the outage" in said.output
