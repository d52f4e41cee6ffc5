"""A second, different application: whatever works only on the runbook's platform fails here."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from cli.investigate_command import investigate_command
from cli.platform_commands import platform_group
from outage.platforms.platform_file import load_platform
from practice import places
from practice.cluster import cluster_layout
from practice.platform.kubectl import Kubectl

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(300)]
BAKERY = Path(__file__).parent / "bakery.yaml"
NAMED_WITHIN_SECONDS = 90


@pytest.fixture(scope="module")
def kubectl(ground: None) -> Iterator[Kubectl]:
    """The bakery, open for business; closed afterwards."""
    found = Kubectl(places.practice_kubeconfig(), cluster_layout.CONTEXT)
    found.run("apply", "-f", str(BAKERY))
    for workload in ("deployment/oven", "deployment/counter", "statefulset/pantry"):
        found.run("rollout", "status", workload, "-n", "bakery", "--timeout=90s")
    until_named(found)
    yield found
    found.run("delete", "namespace", "bakery", "--wait=false")


def until_named(kubectl: Kubectl) -> None:
    """Wait until the oven finds the pantry, whichever server of the cluster's DNS answers.

    Its first questions came before the pantry was ready, and each server remembers for up to half a minute that there
    is no such name.
    """
    asked = "for (1..STEADY) { exit 1 unless gethostbyname('pantry.bakery'); sleep 1 }".replace(
        "STEADY", "12"
    )
    until = time.monotonic() + NAMED_WITHIN_SECONDS
    while kubectl.attempt("exec", "-n", "bakery", "deployment/oven", "--", "perl", "-e", asked).returncode:
        assert time.monotonic() < until, "the oven does not find the pantry"
        time.sleep(1)


@pytest.fixture(scope="module")
def guest(kubectl: Kubectl, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A kubeconfig of somebody who may read this namespace alone."""
    token = kubectl.run("create", "token", "guest", "-n", "bakery").strip()
    config = yaml.safe_load(places.practice_kubeconfig().read_text())
    config["users"] = [{"name": "guest", "user": {"token": token}}]
    for context in config["contexts"]:
        context["context"] |= {"user": "guest", "namespace": "bakery"}
    path = tmp_path_factory.mktemp("guest") / "kubeconfig"
    path.write_text(yaml.safe_dump(config))
    return path


def answer(kubeconfig: Path, *words: str) -> dict[str, Any]:
    """What `outage investigate --json` says of the bakery."""
    asked = ["--kubeconfig", str(kubeconfig), "-n", "bakery", "--json", *words]
    result = CliRunner().invoke(investigate_command, asked, catch_exceptions=False)
    assert result.exit_code == 0, result.output
    body: dict[str, Any] = json.loads(result.stdout)
    return body


def causes(body: dict[str, Any]) -> list[tuple[str, str]]:
    """Cause and object of the hypotheses about the bakery."""
    found = body["hypotheses"]
    return [(one["cause"], one["about"]["name"]) for one in found if one["about"]["namespace"] == "bakery"]


def test_the_stranger_is_discovered_with_who_calls_whom(kubectl: Kubectl, tmp_path: Path) -> None:
    """From an address in the environment and one in a mounted file; a currency called oven is no call."""
    file = tmp_path / "platform.yaml"
    words = ["discover", "-n", "bakery", "-o", str(file), "--kubeconfig", str(places.practice_kubeconfig())]
    result = CliRunner().invoke(platform_group, words, catch_exceptions=False)

    assert result.exit_code == 0, result.output
    services = {one.name: one for one in load_platform(file).services}
    assert {name: one.depends_on for name, one in services.items()} == {
        "counter": ("oven",),
        "oven": ("pantry",),
        "pantry": (),
        "christmas-stall": (),
    }
    assert services["oven"].service == "oven-internal"
    assert services["pantry"].workload == "statefulset/pantry"


@pytest.mark.parametrize("who", ["admin", "guest"])
def test_a_healthy_stranger_has_no_cause(kubectl: Kubectl, guest: Path, who: str) -> None:
    """Nor does its parked stall count as one."""
    body = answer(guest if who == "guest" else places.practice_kubeconfig())

    assert causes(body) == [], body["hypotheses"]
    assert body["version"] == 1


def test_what_a_guest_may_not_see_is_said(guest: Path) -> None:
    """Nodes, Secrets and exec are beyond the rights of `view`."""
    unseen = {one["id"]: one["unseen"] for one in answer(guest)["looks"] if not one["seen"]}

    assert {"nodes", "secrets/bakery", "pods"} <= set(unseen)
    assert all("403" in unseen[one] for one in ("nodes", "secrets/bakery", "pods"))


@pytest.mark.parametrize("who", ["admin", "guest"])
def test_a_strangers_broken_service_is_found(kubectl: Kubectl, guest: Path, who: str) -> None:
    """A selector that nothing carries any more: every pod is ready and nobody gets bread."""
    kubectl.run(
        "patch", "service", "oven-internal", "-n", "bakery", "-p", '{"spec":{"selector":{"fuel":"wood"}}}'
    )
    try:
        time.sleep(5)
        body = answer(guest if who == "guest" else places.practice_kubeconfig())
    finally:
        patch = '[{"op":"remove","path":"/spec/selector/fuel"}]'
        kubectl.run("patch", "service", "oven-internal", "-n", "bakery", "--type=json", "-p", patch)

    assert causes(body)[:1] == [("service-selector", "oven-internal")]
    assert body["severity"] in ("P1", "P2")


def test_a_strangers_bundle_gives_the_same_answer(kubectl: Kubectl, tmp_path: Path) -> None:
    """Saved while it was broken, read when it is long mended."""
    kubectl.run("set", "image", "deployment/oven", "app=adaptive/oven:none", "-n", "bakery")
    try:
        time.sleep(6)
        live = answer(places.practice_kubeconfig(), "--save", str(tmp_path / "bundle"))
    finally:
        kubectl.run("rollout", "undo", "deployment/oven", "-n", "bakery")
    read = CliRunner().invoke(
        investigate_command, ["--json", "--from", str(tmp_path / "bundle")], catch_exceptions=False
    )

    assert causes(live)[:1] == [("bad-image", "oven")]
    assert json.loads(read.stdout)["hypotheses"] == live["hypotheses"]
