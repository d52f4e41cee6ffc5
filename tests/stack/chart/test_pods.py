"""The parts as the manifests start them, each in a home of its own; in common are the record and Prefect alone."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from blocks.prefect_api import PrefectApi
from blocks.record import Record
from blocks.settings import HERE
from stack.embedded_postgres import for_prefect, make_databases, with_database
from tests.conftest import eventually, free_port
from tests.stack.chart.manifest_shapes import read_manifests

pytestmark = pytest.mark.stack

PARTS = ("intake", "outbox", "timers", "page", "responder")
Started = subprocess.Popen[bytes]


class Pods:
    """Starts containers of deploy/kubernetes.yaml as processes of this machine."""

    def __init__(self, folder: Path, record_dsn: str, prefect_port: int) -> None:
        """Start nothing yet; the intake's word is `word`."""
        self.folder, self.intake_port, self.page_port = folder, free_port(), free_port()
        (folder / "intake-token").write_text("word")
        self.prefect_url = f"http://127.0.0.1:{prefect_port}/api"
        self.here = {
            "OUTAGE_RECORD_DSN": record_dsn,
            "OUTAGE_PREFECT_API_URL": self.prefect_url,
            "OUTAGE_INTAKE_ADDRESS": f"http://127.0.0.1:{self.intake_port}",
            "OUTAGE_INTAKE_HOST": "127.0.0.1",
            "OUTAGE_INTAKE_PORT": str(self.intake_port),
            "OUTAGE_PAGE_PORT": str(self.page_port),
            "OUTAGE_INTAKE_TOKEN_FILE": str(folder / "intake-token"),
            "OUTAGE_DEPLOYMENTS_FILE": str(HERE / "tests/stack/deployments.yaml"),
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "PYTHONPATH": str(HERE),
        }
        manifests = read_manifests((HERE / "deploy/kubernetes.yaml").read_text(encoding="utf-8"))
        self.containers: dict[str, dict[str, Any]] = {
            one["metadata"]["name"].removeprefix("outage-"): one["spec"]["template"]["spec"]["containers"][0]
            for one in manifests
            if one["kind"] == "Deployment"
        }

    def environment(self, part: str, home: Path) -> dict[str, str]:
        """The container's own variables, with the addresses of this machine and a home of its own."""
        given = {one["name"]: one["value"] for one in self.containers[part]["env"] if "value" in one}
        own = {"OUTAGE_HOME": str(home), "HOME": str(home), "OUTAGE_INTAKE_SOCKET": str(home / "intake.sock")}
        return given | self.here | own

    def home(self, pod: str) -> Path:
        """A pod's empty folder."""
        made = self.folder / pod
        made.mkdir(exist_ok=True)
        return made

    @contextmanager
    def running(self, part: str, pod: str = "") -> Iterator[Started]:
        """One pod of a part, for as long as the block lasts."""
        home = self.home(pod or part)
        with (home / "log").open("wb") as log:
            process = subprocess.Popen(
                self.containers[part]["command"],
                cwd="/",
                env=self.environment(part, home),
                stdout=log,
                stderr=log,
            )
        try:
            yield process
        finally:
            process.terminate()
            process.wait(20)

    def alive(self, part: str, pod: str = "") -> bool:
        """What the part's own liveness probe says."""
        probe = self.containers[part]["livenessProbe"]
        if "httpGet" in probe:
            url = f"http://127.0.0.1:{self.intake_port}{probe['httpGet']['path']}"
            try:
                return httpx.get(url, timeout=2).is_success
            except httpx.HTTPError:
                return False
        environment = self.environment(part, self.home(pod or part))
        return subprocess.run(probe["exec"]["command"], cwd="/", env=environment, check=False).returncode == 0

    def health(self) -> tuple[int, list[str]]:
        """What the intake says of everything."""
        answer = httpx.get(f"http://127.0.0.1:{self.intake_port}/health", timeout=15)
        return answer.status_code, answer.json()["wrong"]

    def report(self, service: str) -> dict[str, Any]:
        """An alert comes in."""
        answer = httpx.post(
            f"http://127.0.0.1:{self.intake_port}/webhook/generic",
            json={"name": "Down", "namespace": service},
            headers={"Authorization": "Bearer word"},
            timeout=30,
        )
        assert answer.status_code == 200, answer.text
        return dict(answer.json()["alerts"][0])


@pytest.fixture
def pods(postgres: str, tmp_path: Path) -> Iterator[Pods]:
    """A record and a Prefect server of theirs, as a cluster has them; no part of ours runs yet."""
    make_databases(postgres, "pods_prefect", "pods_record")
    port = free_port()
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("OUTAGE_", "PREFECT_"))},
        "OUTAGE_HOME": str(tmp_path / "server"),
        "PREFECT_HOME": str(tmp_path / "server/prefect"),
        "PREFECT_SERVER_DATABASE_CONNECTION_URL": for_prefect(with_database(postgres, "pods_prefect")),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PYTHONPATH": str(HERE),
    }
    (tmp_path / "server/run").mkdir(parents=True)
    with (tmp_path / "server/log").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "stack.prefect_server", str(port)], env=environment, stdout=log, stderr=log
        )
    try:
        made = Pods(tmp_path, with_database(postgres, "pods_record"), port)
        with PrefectApi(made.prefect_url) as api:
            eventually("Prefect answers", lambda: api.healthy() is None)
        yield made
    finally:
        server.kill()
        server.wait()


def test_an_alert_is_answered_by_pods_and_goes_on_when_the_responders_pod_is_gone(pods: Pods) -> None:
    """Every part lives by its own probe; the next responder has an empty home and needs nothing but the record."""
    with PrefectApi(pods.prefect_url) as api, pods.running("intake"):
        eventually("the intake lives", lambda: pods.alive("intake"))
        assert pods.health() == (
            503,
            [
                "no runner: none ever held the lease, so no response runs",
                "no response can be run: Prefect knows no deployment respond yet",
            ],
        )
        with pods.running("outbox"), pods.running("timers"), pods.running("page"):
            with pods.running("responder"):
                eventually("all is well", lambda: pods.health() == (200, []))
                first = pods.report("shop-1")
                run = first["flow_run_id"]
                eventually("it is answered", lambda: api.run(run)["state_type"] == "COMPLETED")
                for part in PARTS:
                    eventually(f"{part} lives", lambda part=part: pods.alive(part))  # type: ignore[misc]
            with pods.running("responder", "responder-2"):
                again = pods.report("shop-2")["flow_run_id"]
                eventually("the next is answered", lambda: api.run(again)["state_type"] == "COMPLETED")
                assert pods.health() == (200, [])
            with Record.open(pods.here["OUTAGE_RECORD_DSN"]) as record:
                assert {one.name for one in record.leases() if one.good} >= {"outbox", "timers"}
