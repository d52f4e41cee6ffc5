import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from blocks.record import Record
from tests.blocks.fake_api import fake_api
from tests.outage.text.secret_shapes import SECRET
from tests.tasks.shop_api import pod, shop

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
VERSION = "2025-06-18"
"""Of the protocol, as its specification writes it."""


class Caller:
    """Another program's side of the protocol, spelled from its specification: one JSON-RPC message a line."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.number = 0

    def send(self, method: str, **params: Any) -> None:
        """Say something that needs no answer."""
        self._write({"jsonrpc": "2.0", "method": method, "params": params})

    def ask(self, method: str, **params: Any) -> dict[str, Any]:
        """Ask, and read until the answer comes."""
        self.number += 1
        self._write({"jsonrpc": "2.0", "id": self.number, "method": method, "params": params})
        assert self.process.stdout is not None
        while line := self.process.stdout.readline():
            said: dict[str, Any] = json.loads(line)  # whatever is no JSON does not belong on standard output
            if said.get("id") == self.number:
                assert "error" not in said, said
                result: dict[str, Any] = said["result"]
                return result
        raise AssertionError("the server ended")

    def call(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """Call a tool."""
        return self.ask("tools/call", name=tool, arguments=arguments)

    def _write(self, message: dict[str, Any]) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(message) + "\n")
        self.process.stdin.flush()


@contextmanager
def serving(home: Path, *options: str, **variables: str) -> Iterator[Caller]:
    """`outage mcp` as a process, after the protocol's greeting."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("OUTAGE_")}
    with subprocess.Popen(
        [sys.executable, "-m", "cli", "mcp", *options],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**kept, "OUTAGE_HOME": str(home), **variables},
    ) as process:
        try:
            caller = Caller(process)
            greeted = caller.ask(
                "initialize",
                protocolVersion=VERSION,
                capabilities={},
                clientInfo={"name": "a test", "version": "1"},
            )
            assert greeted["protocolVersion"] == VERSION
            caller.send("notifications/initialized")
            yield caller
        finally:
            process.kill()


@pytest.fixture(scope="module")
def caller(record_dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Caller]:
    """A caller of a server whose record holds one incident with a secret in its title."""
    home = tmp_path_factory.mktemp("home")
    with Record.open(record_dsn) as record:
        record.open_incident("mcp", f"auth is down, said over MCP: postgres://app:{SECRET}@db/app", NOON)
    (home / "platform.yaml").write_text(
        "name: shop\nnamespace: shop\nservices: [{name: web, workload: deployment/web}]\n"
    )
    with serving(home, OUTAGE_RECORD_DSN=record_dsn) as one:
        yield one


def test_it_offers_four_tools_that_only_look(caller: Caller) -> None:
    """The names are those of the commands, and nothing approves, declines or writes."""
    tools = {one["name"]: one for one in caller.ask("tools/list")["tools"]}

    assert set(tools) == {"investigate", "incidents", "show", "route"}
    assert all(one["annotations"]["readOnlyHint"] for one in tools.values())
    assert all(one["description"] for one in tools.values())


def test_incidents_are_told_without_what_is_secret(caller: Caller) -> None:
    """The shape is that of `outage incidents --json`."""
    answer = caller.call("incidents", limit=200)

    heads = {one["title"]: one for one in answer["structuredContent"]["incidents"]}
    assert SECRET not in json.dumps(answer)
    assert any(title.startswith("auth is down, said over MCP") for title in heads)


def test_one_incident_is_shown_whole(caller: Caller) -> None:
    """By the id that the list gave."""
    listed = caller.call("incidents", limit=200)["structuredContent"]["incidents"]
    mine = next(one for one in listed if one["title"].startswith("auth is down, said over MCP"))

    shown = caller.call("show", incident_id=mine["id"])

    assert shown["structuredContent"]["id"] == mine["id"]
    assert shown["structuredContent"]["plans"] == []
    assert SECRET not in json.dumps(shown)


def test_a_delivery_is_routed_and_nothing_is_recorded(caller: Caller, record_dsn: str) -> None:
    """The delivery travels as the argument: no file of this machine is read for a caller."""
    before = len(caller.call("incidents", limit=200)["structuredContent"]["incidents"])
    alert = {"name": "checkout is slow", "namespace": "shop", "service": "web"}

    answer = caller.call("route", delivery=alert)

    assert not answer["isError"], answer
    routed = answer["structuredContent"]["alerts"]

    assert [one["alert"] for one in routed] == ["checkout is slow"]
    assert routed[0]["rule"]
    assert len(caller.call("incidents", limit=200)["structuredContent"]["incidents"]) == before


@pytest.mark.parametrize(
    ("tool", "arguments", "says"),
    [
        pytest.param(
            "show", {"incident_id": "inc-none"}, "no incident is called 'inc-none'", id="unknown incident"
        ),
        pytest.param("route", {"delivery": {"alerts": 7}}, "alerts", id="no delivery"),
    ],
)
def test_what_cannot_be_answered_is_one_sentence(
    caller: Caller, tool: str, arguments: dict[str, Any], says: str
) -> None:
    """Marked as an error, and the server lives on."""
    answer = caller.call(tool, **arguments)

    assert answer["isError"]
    assert says in answer["content"][0]["text"]
    assert "Traceback" not in answer["content"][0]["text"]


@pytest.mark.parametrize("tool", ["approve", "decline", "apply"])
def test_no_tool_answers_a_plan(caller: Caller, tool: str) -> None:
    """Asked for by name, there is none."""
    answer = caller.call(tool, incident_id="last")

    assert answer["isError"]
    assert f"Unknown tool: {tool}" in answer["content"][0]["text"]


def test_it_investigates_the_cluster_that_it_was_started_for(tmp_path: Path) -> None:
    """The answer is that of `outage investigate --json`, and nothing was entered."""
    with fake_api(shop(pod("web-1"))) as (_, api):
        body = {
            "current-context": "fake",
            "contexts": [{"name": "fake", "context": {"cluster": "fake", "namespace": "shop"}}],
            "clusters": [{"name": "fake", "cluster": {"server": api.address}}],
        }
        (tmp_path / "kubeconfig").write_text(yaml.safe_dump(body))
        with serving(tmp_path, "--kubeconfig", str(tmp_path / "kubeconfig")) as one:
            answer = one.call("investigate", namespaces=["shop"])["structuredContent"]

    assert answer["severity"] == "none"
    assert answer["namespaces"] == ["shop"]
    assert not [look for look in answer["looks"] if "exec" in look["words"] and look["seen"]]
