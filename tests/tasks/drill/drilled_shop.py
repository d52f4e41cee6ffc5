"""A shop on a fake API server that remembers what is written to it, and the record that its drills are kept in."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from blocks.kubernetes import Cluster
from blocks.record import Record
from outage.kubernetes.json_patch import patched_object
from outage.policies.policy import Policy
from outage.value import Manifest
from outage.verification.drills.drill_guards import DRILLS_ALLOWED
from tests.blocks.fake_api import Answer, fake_api, status
from tests.outage.verification.drills.stranger import CHECKOUT, SHOP, named

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
DEPLOYMENT = "/apis/apps/v1/namespaces/shop/deployments/checkout"


class Shop:
    """What stands in the shop's namespace: one Deployment, and the marks of its owners."""

    def __init__(self, record: Record, marked: tuple[str, ...]) -> None:
        self.record, self.marked = record, marked
        self.checkout: Manifest = json.loads(json.dumps(CHECKOUT))
        self.checkout["metadata"]["resourceVersion"] = "1"
        self.checkout["status"] = {"readyReplicas": 2}
        self.policy = Policy()
        self.cluster: Cluster | None = None
        self.refuses_writes = False

    @property
    def image(self) -> str:
        """What checkout is told to run."""
        return str(self.checkout["spec"]["template"]["spec"]["containers"][0]["image"])

    def read(self, path: str, query: dict[str, str]) -> Answer:
        """As the API server answers a GET."""
        if path == DEPLOYMENT:
            return 200, self.checkout
        name = path.rpartition("/")[2]
        if path.startswith("/api/v1/namespaces/") and path.count("/") == 4:
            one = named("Namespace", name, "")
            one["metadata"]["labels"] = dict([DRILLS_ALLOWED]) if name in self.marked else {}
            return 200, one
        return status(404, "not found", "NotFound")

    def written(self, method: str, body: Any) -> Answer:
        """As it answers a write of the Deployment."""
        if self.refuses_writes:
            return status(503, "not now")
        made = patched_object(self.checkout, tuple(body)) if method == "PATCH" else body
        version = int(self.checkout["metadata"]["resourceVersion"]) + 1
        made["status"] = {"readyReplicas": 2}  # its controller's, whatever is written
        self.checkout = {**made, "metadata": {**made["metadata"], "resourceVersion": str(version)}}
        return 200, self.checkout

    def doors(self) -> SimpleNamespace:
        """In place of this process's doors."""
        return SimpleNamespace(
            record=self.record,
            platform=SHOP.model_copy(update={"database": None}),
            policy=self.policy,
            settings=SimpleNamespace(node_command=None, faults_folder=Path("practice/faults")),
            drill_cluster=lambda: self.cluster,
            reader=self.cluster,
            turn_to=lambda name: None,
            spoken_for=SHOP.name,
            cluster_name="",
        )


@contextmanager
def opened_shop(
    record: Record, monkeypatch: pytest.MonkeyPatch, marked: tuple[str, ...] = ("shop",)
) -> Iterator[Shop]:
    """A shop that drills may be carried out on."""
    from tasks.drill import (
        await_incident,
        calling_off,
        chosen_fault,
        drill_beginning,
        drill_phases,
        drill_surroundings,
        left_behind,
    )
    from tasks.record import keep_phase
    from tasks.tell import drill_news

    shop = Shop(record, marked)
    with fake_api(shop.read) as (cluster, api):
        shop.cluster = cluster
        _take_writes(api.server.RequestHandlerClass, shop)
        modules = (
            await_incident,
            calling_off,
            chosen_fault,
            drill_beginning,
            drill_phases,
            drill_surroundings,
            left_behind,
        )
        for module in (*modules, keep_phase, drill_news):
            monkeypatch.setattr(module, "clients", shop.doors)
        yield shop


def _take_writes(handler: Any, shop: Shop) -> None:
    def answer(self: Any) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        code, made = shop.written(self.command, body)
        content = json.dumps(made).encode()
        self.send_response(code)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    handler.do_PATCH = handler.do_PUT = answer
