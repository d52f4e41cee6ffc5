"""What the look handed on is what is diagnosed, eased and saved, whatever is edited meanwhile."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner

from blocks.clients import Clients
from blocks.record.schema_migration import migrate
from cli.investigate_command import investigate_command
from flows.propose import plan
from outage.reports.investigation_report import investigation_in_json
from outage.snapshots.baseline import Baseline
from stack.embedded_postgres import make_databases, with_database
from tasks.decide import Concluded, diagnose_picture, with_reliefs
from tasks.observe.tasks import look_deep
from tests.blocks.fake_api import fake_api, listing
from tests.flows.scripted_response import SEEN, opened
from tests.tasks.act.fake_cluster import NOON
from tests.tasks.shop_api import pod, shop


@pytest.fixture
def house(postgres: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Clients]:
    """Doors to a record of its own: its baselines are nobody else's."""
    name = f"case_{tmp_path.name}"
    make_databases(postgres, name)
    dsn = with_database(postgres, name)
    migrate(dsn)
    with opened(dsn, tmp_path, monkeypatch) as there:
        yield there


EDITED = """\
name: Other
namespace: elsewhere
services: [{name: pay, workload: statefulset/pay, replicas_floor: 3}]
"""


def test_the_bundle_of_an_incident_gives_the_responses_own_answer(house: Clients, tmp_path: Path) -> None:
    """The platform file is edited and a baseline recorded between the look and everything that follows."""
    workload = {
        "metadata": {"name": "auth", "namespace": "shop"},
        "spec": {"replicas": 1, "selector": {"matchLabels": {"app": "auth"}}, "template": {"spec": {}}},
        "status": {"replicas": 1, "unavailableReplicas": 1},
    }
    api = shop(pod("auth-1", ready=False, restarts=7), deployments=listing(workload))
    with fake_api(api) as (cluster, _):
        house.__dict__["reader"] = cluster
        incident, _created = house.record.open_incident("one-case", "auth is down", NOON)
        seen = look_deep.fn(incident.id)
        (tmp_path / "platform.yaml").write_text(EDITED)
        house.record.keep_baseline(Baseline(recorded_at=NOON + timedelta(days=1), objects={"Service": ()}))
        found = diagnose_picture.fn(seen)
        with_reliefs(found, seen)
    (bundle,) = (tmp_path / "bundles" / incident.id).iterdir()

    said = CliRunner().invoke(investigate_command, ["--json", "--from", str(bundle)], catch_exceptions=False)

    assert found.assessment.impact.services == 1
    assert json.loads(said.stdout) == json.loads(
        orjson.dumps(investigation_in_json(found, seen.case.snapshot))
    )


def test_a_copy_of_a_case_is_indexed_anew_and_further_evidence_is_not(house: Clients) -> None:
    """An index of what was there before would lie; one over the same objects need not be built again."""
    with fake_api(shop(pod("auth-1"))) as (cluster, _):
        house.__dict__["reader"] = cluster
        incident, _created = house.record.open_incident("copied-case", "auth is down", NOON)
        case = look_deep.fn(incident.id).case
    empty = case.model_copy(update={"snapshot": case.snapshot.model_copy(update={"objects": {}})})

    assert len(case.index.pods) == 1
    assert empty.index.pods == []
    assert case.with_evidence(()).index is case.index


def test_a_diagnosis_that_is_handed_to_a_flow_is_not_shown_as_its_parameter() -> None:
    """Repairs hold manifests, and Prefect shows parameters to every caller of its API."""
    shown = plan.serialize_parameters({"incident_id": "inc-1", "attempt": 1, "concluded": Concluded(SEEN)})

    assert shown["concluded"] == "<Concluded>"
    assert plan.validate_parameters({"incident_id": "i", "attempt": 1, "concluded": Concluded(SEEN)})
