"""Two platforms on two API servers, one central server, a worker beside each; and the network between is cut."""

import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml

from blocks.installation.intake_client import report_outage
from blocks.installation.worker_role import make_worker_role
from blocks.record import Record
from blocks.record.people.person_codes import ProofFolder
from blocks.record.process_leases import runner_lease
from blocks.settings import HERE, Settings
from outage.incidents.incident import Incident, Phase
from outage.incidents.timeline import EntryKind
from outage.verification.run_history import broken_promises
from practice.nodeless.nodeless_plane import NodelessPlane, nodeless_plane
from practice.platform.kubectl import Kubectl
from tests.blocks.channels.configured import settings_for
from tests.blocks.channels.fake_service import serving
from tests.blocks.channels.slack_double import SlackDouble
from tests.conftest import eventually, raised
from tests.end_to_end.recorded_history import history_of
from tests.stack.runs.cut_route import CutRoute, cut_route
from tests.stack.runs.typed_worker import typed_worker

pytestmark = [pytest.mark.stack, pytest.mark.endurance, pytest.mark.timeout(900)]

POOLS = {"shop": "frankfurt", "pay": "lyon"}
PLATFORM = """version: 1
name: {name}
namespace: {name}
pool: {pool}
cluster: {{name: {name}}}
services:
  - {{name: web, workload: deployment/web}}
"""
WORKLOAD = """
apiVersion: apps/v1
kind: Deployment
metadata: {{name: web, namespace: {name}}}
spec:
  selector: {{matchLabels: {{app: web}}}}
  template:
    metadata: {{labels: {{app: web}}}}
    spec:
      containers: [{{name: web, image: "registry.test/web:1"}}]
"""


def postgres_socket(dsn: str) -> Path:
    """The unix socket of the embedded PostgreSQL."""
    (folder,) = parse_qs(urlsplit(dsn).query)["host"]
    return Path(folder) / ".s.PGSQL.5432"


class Fleet:
    """The central server, and for each platform its API server, its worker and the route between."""

    def __init__(self, central: Settings, slack: SlackDouble, record: Record) -> None:
        self.central, self.slack, self.record = central, slack, record
        self.routes: dict[str, list[CutRoute]] = {}

    def report(self, platform: str, title: str) -> Incident:
        """Somebody reports an outage; the intake keeps it."""
        told = {"title": title, "platform": platform, "service": "web", "severity": "P1", "by": "ana"}
        return self.record.incident(report_outage(self.central, told)["incident"])

    def ended(self, incident: Incident) -> bool:
        """Whether the response came to its end."""
        return self.record.incident(incident.id).closed_at is not None

    def carried(self, platform: str) -> bool:
        """Whether the worker of a platform's pool holds its lease."""
        lease = self.record.lease(runner_lease(POOLS[platform]))
        return lease is not None and lease.good

    def kept_every_promise(self, incidents: tuple[Incident, ...]) -> None:
        """Hold what came in against what is on record: each ended, and once."""
        since = min(one.opened_at for one in incidents) - timedelta(seconds=1)
        found = broken_promises(history_of(self.record, Path(os.devnull), "", lambda _: 1, since))
        print("\n".join(found.lines()))  # noqa: T201 - the counts are what is shown
        assert found.kept
        for one in incidents:
            ends = [line for line in self.record.entries(one.id) if line.kind is EntryKind.ENDING]
            assert len(ends) == 1

    def told(self, words: str) -> int:
        """How many messages of the chat say so."""
        return sum(words in str(one) for one in self.slack.messages)


@contextmanager
def worker(fleet: Fleet, platform: str, plane: NodelessPlane, home: Path) -> Iterator[None]:
    """`outage worker POOL` with a role of its own, which reaches the server by a route that can be cut."""
    pool, central = POOLS[platform], fleet.central
    with (
        cut_route(postgres_socket(central.record_dsn)) as record,
        cut_route(central.prefect_port) as prefect,
    ):
        fleet.routes[platform] = [record, prefect]
        own = urlsplit(make_worker_role(central.record_dsn, pool, [platform]))
        dsn = f"postgresql://{own.netloc.rpartition('@')[0]}@127.0.0.1:{record.port}{own.path}"
        (home / "platforms").mkdir(parents=True)
        (home / "platforms/one.yaml").write_text(PLATFORM.format(name=platform, pool=pool))
        (home / "policy.yaml").write_text((central.home / "policy.yaml").read_text())
        (home / "answers-key").write_text(ProofFolder(central.home).checking_key())
        with typed_worker(
            pool,
            home,
            OUTAGE_RECORD_DSN=dsn,
            OUTAGE_PREFECT_API_URL=f"http://127.0.0.1:{prefect.port}/api",
            OUTAGE_ANSWERS_KEY_FILE=str(home / "answers-key"),
            OUTAGE_KUBECONFIG=str(plane.kubeconfig),
        ):
            yield


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """All of it, up."""
    home = tmp_path_factory.mktemp("central")
    (home / "platforms").mkdir()
    for name, pool in POOLS.items():
        (home / f"platforms/{name}.yaml").write_text(PLATFORM.format(name=name, pool=pool))
    slack = SlackDouble()
    with ExitStack() as held:
        held.enter_context(serving(slack))
        policy = yaml.safe_load((HERE / "deploy/policy.yaml").read_text())
        policy |= {"channels": {"chat": settings_for("slack", slack, home)}, "namespaces": [*POOLS]}
        (home / "policy.yaml").write_text(yaml.safe_dump(policy))
        central = held.enter_context(raised(home, HERE / "prefect.yaml"))
        record = held.enter_context(Record.open(central.record_dsn))
        made = Fleet(central, slack, record)
        for name in POOLS:
            plane = held.enter_context(nodeless_plane(tmp_path_factory.mktemp(f"plane-{name}"), name))
            kubectl = Kubectl(plane.kubeconfig, name)
            kubectl.run("create", "namespace", name)
            manifest = home / f"{name}-web.yaml"
            manifest.write_text(WORKLOAD.format(name=name))
            kubectl.run("apply", "-f", str(manifest))
            held.enter_context(worker(made, name, plane, tmp_path_factory.mktemp(f"worker-{name}")))
        for name in POOLS:
            eventually(f"the worker of {name} works", partial(made.carried, name))
        yield made


def test_both_are_answered_at_once_each_on_its_own_api_server(fleet: Fleet) -> None:
    """The healthy case: by workers that see nothing of each other's."""
    reported = [fleet.report(name, f"{name} is slow") for name in POOLS]

    for one in reported:
        eventually(f"{one.platform} is answered", partial(fleet.ended, one), 180)
    ends = [fleet.record.incident(one.id) for one in reported]
    print([(one.platform, str(one.ending)) for one in ends])  # noqa: T201 - what is shown


def test_one_that_is_cut_off_waits_is_told_of_and_is_answered_when_the_cut_ends(fleet: Fleet) -> None:
    """The other one goes on meanwhile; nothing is lost, nothing answered twice."""
    for route in fleet.routes["pay"]:
        route.cut()
    began = time.monotonic()
    theirs, ours = fleet.report("pay", "pay is down"), fleet.report("shop", "shop is down")

    eventually("shop is answered while pay is cut off", lambda: fleet.ended(ours), 180)
    shop_after = time.monotonic() - began
    eventually("pay's people are told", lambda: fleet.told("No worker carries pool lyon") == 1, 180)
    told_after = time.monotonic() - began
    waits = fleet.record.incident(theirs.id)
    assert (waits.phase, waits.closed_at) == (Phase.RECEIVED, None)
    assert fleet.told("No worker carries pool frankfurt") == 0

    for route in fleet.routes["pay"]:
        route.heal()
    healed = time.monotonic()
    eventually("what waited is answered", lambda: fleet.ended(theirs), 240)
    answered_after = time.monotonic() - healed
    eventually("pay's people are told that it is back", lambda: fleet.told("of pool lyon is back"), 60)
    print(  # noqa: T201 - what is shown
        f"shop answered {shop_after:.0f} s after the cut, pay's people told after {told_after:.0f} s,"
        f" pay answered {answered_after:.0f} s after it healed"
    )
    fleet.kept_every_promise((theirs, ours))
    told = fleet.record.rows(
        "read what was told",
        "select what from outage.outbox where starts_with(incident, 'watchdog-') order by written",
    )
    assert [row["what"] for row in told] == ["alert", "resolved"]
