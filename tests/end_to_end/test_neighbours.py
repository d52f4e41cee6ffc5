"""Alerts about what the platform file does not name, and one cause on several objects: looked at where it is."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from blocks.settings import Settings
from cli.drills.drill_preparation import raise_ground
from tests.end_to_end.conftest import in_json, kubectl, outage, until, writes_of

pytestmark = [pytest.mark.end_to_end, pytest.mark.timeout(600)]

NEIGHBOUR = "neighbour"
BROKEN = f"""
apiVersion: v1
kind: Namespace
metadata: {{name: {NEIGHBOUR}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: shop, namespace: {NEIGHBOUR}}}
spec:
  selector: {{matchLabels: {{app: shop}}}}
  template:
    metadata: {{labels: {{app: shop}}}}
    spec:
      containers: [{{name: shop, image: "adaptive/shop:9.9.9-missing"}}]
"""


@pytest.fixture
def broken_neighbour(ground: None, tmp_path: Path) -> Iterator[None]:
    """Another team's namespace, whose only pod cannot pull its image."""
    file = tmp_path / "neighbour.yaml"
    file.write_text(BROKEN)
    kubectl("apply", f"--filename={file}", f"--namespace={NEIGHBOUR}")
    yield
    kubectl("delete", f"namespace/{NEIGHBOUR}", "--wait=true", "--timeout=120s")


@pytest.fixture
def stack(ground: None) -> None:
    """What answers alerts, raised as a user raises it."""
    if outage("status").returncode != 0:
        raise_ground(print)


def deliver(**labels: str) -> str:
    """Deliver one firing alert as Alertmanager does; the incident that it opened."""
    settings = Settings()
    alert = {
        "status": "firing",
        "labels": {"alertname": "DeploymentDown", "severity": "critical", **labels},
        "annotations": {"summary": "shop has no pod"},
        "startsAt": datetime.now(UTC).isoformat(),
        "fingerprint": os.urandom(8).hex(),
    }
    body = {"version": "4", "status": "firing", "groupLabels": {}, "commonLabels": {}, "alerts": [alert]}
    answer = httpx.post(
        "http://127.0.0.1:4210/webhook/alertmanager",
        json=body,
        headers={"Authorization": f"Bearer {settings.intake_token_file.read_text().strip()}"},
        timeout=10,
    )
    answer.raise_for_status()
    opened: str = answer.json()["alerts"][0]["incident"]
    return opened


def closed(incident: str) -> dict[str, Any]:
    """The incident, once it has ended."""

    def ended() -> dict[str, Any] | None:
        found: dict[str, Any] = in_json("show", incident)
        return found if found["ending"] else None

    found: dict[str, Any] = until(f"the end of {incident}", ended, 120)
    return found


def test_an_alert_of_a_neighbours_namespace_is_looked_at_there_and_changes_nothing(
    stack: None, broken_neighbour: None
) -> None:
    """It is neither called healthy nor given the platform's plan."""
    ended = closed(deliver(namespace=NEIGHBOUR, deployment="shop"))

    assert ended["ending"] == "Advised"
    assert ended["hypotheses"][0]["about"]["name"] == "shop"
    assert ended["hypotheses"][0]["about"]["namespace"] == NEIGHBOUR
    assert writes_of(ended["id"]) == []


def test_an_alert_of_another_cluster_is_not_ours(stack: None) -> None:
    """It ends at once, and nothing is looked at."""
    ended = closed(deliver(namespace="adaptive-learning-production", cluster="somewhere-else"))

    assert ended["ending"] == "NotMine"
    assert writes_of(ended["id"]) == []


def test_an_alert_of_a_namespace_that_does_not_exist_is_not_called_healthy(stack: None) -> None:
    """Nothing was there to be looked at."""
    ended = closed(deliver(namespace="nowhere-at-all", deployment="shop"))

    assert ended["ending"] not in ("NothingToDo", "Recovered")


def test_both_tainted_nodes_are_mended_by_one_plan(ground: None) -> None:
    """The same cause on several objects is one cause."""
    said = outage("drill", "node-taints", "--yes", "--json")

    assert said.returncode == 0, said.stderr
    incident = in_json("show", "last")
    assert incident["ending"] == "Recovered"
    assert len([one for one in incident["plans"] if one["steps"]]) == 1
    assert {one["change"]["target"]["name"] for one in incident["plans"][0]["steps"]} >= {"node-1", "node-2"}
