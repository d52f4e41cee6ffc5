import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from bench.specimen_files import baseline_of, read_specimen
from blocks.installation.platform_files import PlatformFiles
from blocks.record import Record
from blocks.settings import Settings
from cli import group
from cli.alert_commands import alerts_of, routes_in_json
from cli.baseline_commands import as_body
from cli.machine.json_shapes import FOLDER, SHAPES, json_schema, schema_text
from cli.people.answer_commands import answer_in_json
from cli.practice_commands import as_document
from outage.diagnosis import diagnose
from outage.errors import OutageError
from outage.platforms.platform_file import load_platform
from outage.reports.investigation_report import investigation_in_json
from outage.reports.record_json import account_in_json, incidents_in_json
from outage.snapshots.baseline import drift_from_baseline
from outage.snapshots.case import Case
from outage.snapshots.snapshot import Snapshot
from practice.host.narration import Narrate
from stack.intake.deliveries import Delivered
from tasks.ask.give_answer import GivenAnswer
from tests.blocks.fake_api import fake_api
from tests.cli.test_investigate import kubeconfig
from tests.outage.reports.account_specimen import ACCOUNT, INCIDENT, NOON, PLAN, YES
from tests.tasks.shop_api import pod, shop

ROOT = Path(__file__).resolve().parents[3]
SPECIMENS = ROOT / "tests/specimens/bundles"


def seen(name: str) -> Snapshot:
    """A real picture of the practice cluster."""
    return read_specimen(SPECIMENS / f"{name}.json.gz")


def investigated(name: str) -> Any:
    """What `outage investigate --json` prints of it."""
    platform = load_platform(ROOT / "practice/platform.yaml")
    return investigation_in_json(diagnose(Case(snapshot=seen(name), platform=platform)), seen(name))


def drifted() -> Any:
    """What `outage baseline diff --json` prints of two pictures."""
    found = drift_from_baseline(baseline_of(seen("bad-image")), seen("wrong-port"))
    assert found
    return {"version": 1, "differences": [as_body(one) for one in found]}


def routed() -> Any:
    """What `outage route --json` prints."""
    alert = {"name": "checkout is slow", "namespace": "nowhere", "severity": "P0"}
    return routes_in_json(alerts_of(alert), PlatformFiles(Settings()))


PRINTED = {
    "incidents": lambda: incidents_in_json([INCIDENT]),
    "show": lambda: account_in_json(ACCOUNT),
    "answer": lambda: answer_in_json("inc-1", PLAN.hash, GivenAnswer(counted=True, stands=YES, says="yes")),
    "route": routed,
    "report": lambda: Delivered(incident="inc-1", new=True, trace="trc-1", says="opened").model_dump(),
    "investigate": lambda: investigated("bad-image"),
    "baseline-show": lambda: json.loads(baseline_of(seen("bad-image")).model_dump_json()),
    "baseline-diff": drifted,
    "practice/status": lambda: {
        "version": 1,
        "parts": [as_document(Narrate(what="etcd", where="10.0.0.1", since=NOON))],
    },
}
"""What the commands' own renderers make of real values."""

TYPED = {
    "status": ("status", "--json"),
    "policy-check": ("policy", "check", "--json"),
    "doctor": ("doctor", "--json"),
    "oncall": ("oncall", "--json"),
}
"""Commands that answer on a machine where nothing of ours runs."""


def check(name: str, body: Any) -> None:
    """Hold a body against the closed schema: a field that the schema lacks is an error here, and only here."""
    Draft202012Validator(json_schema(name, closed=True)).validate(body)


@pytest.fixture
def quiet_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home without anything, on a machine without a cluster."""
    from blocks.clients import clients

    monkeypatch.setenv("OUTAGE_HOME", str(tmp_path))
    monkeypatch.setenv("OUTAGE_KUBECONFIG", kubeconfig(tmp_path, "http://127.0.0.1:9"))
    clients.cache_clear()
    yield tmp_path
    clients.cache_clear()


@pytest.mark.parametrize("name", SHAPES)
def test_the_published_schema_is_as_the_types_are(name: str) -> None:
    """`make schemas` writes it anew."""
    assert (FOLDER / f"{name}.json").read_text(encoding="utf-8") == schema_text(name)


def test_every_schema_is_one_and_none_is_left_over() -> None:
    """A file whose shape was renamed would promise what nobody prints."""
    assert {str(one.relative_to(FOLDER).with_suffix("")) for one in FOLDER.rglob("*.json")} == set(SHAPES)
    for name in SHAPES:
        Draft202012Validator.check_schema(json.loads((FOLDER / f"{name}.json").read_text()))


@pytest.mark.parametrize("name", PRINTED)
def test_what_is_printed_fits(name: str, quiet_home: Path) -> None:
    """The renderers of the commands, fed with real values."""
    check(name, json.loads(json.dumps(PRINTED[name](), default=str)))


@pytest.mark.parametrize("name", TYPED)
def test_what_a_command_prints_fits(name: str, quiet_home: Path) -> None:
    """Typed as a person types it; nothing runs there, and that is an answer too."""
    said = CliRunner().invoke(group, TYPED[name])

    check(name, json.loads(said.stdout))


def test_a_timeline_fits(record_dsn: str, quiet_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The chain as the record holds it."""
    monkeypatch.setenv("OUTAGE_RECORD_DSN", record_dsn)
    with Record.open(record_dsn) as record:
        incident, _ = record.open_incident("shapes", "auth-service is down", NOON)

    said = CliRunner().invoke(group, ("timeline", incident.id, "--json"))

    check("timeline", json.loads(said.stdout))


def test_a_platform_check_fits(tmp_path: Path, quiet_home: Path) -> None:
    """Against a cluster that has another shop than the file."""
    file = quiet_home / "platform.yaml"
    file.write_text("name: shop\nnamespace: shop\nservices: [{name: cart, workload: deployment/cart}]\n")
    with fake_api(shop(pod("web-1"))) as (_, api):
        words = ("platform", "check", "--kubeconfig", kubeconfig(tmp_path, api.address), "--json")
        said = CliRunner().invoke(group, words, standalone_mode=False)

    assert not isinstance(said.exception, OutageError), said.exception
    body = json.loads(said.stdout)
    assert body["differences"]
    check("platform-check", body)


def test_a_field_that_is_missing_or_of_another_kind_does_not_fit() -> None:
    """Else the checks above would hold of anything."""
    body = incidents_in_json([INCIDENT])
    head = body["incidents"][0]

    for wrong in (
        {**body, "version": 2},
        {**body, "incidents": [{**head, "opened_at": 7}]},
        {**body, "incidents": [{name: value for name, value in head.items() if name != "phase"}]},
    ):
        with pytest.raises(ValidationError):
            Draft202012Validator(json_schema("incidents")).validate(wrong)


def test_every_json_option_has_a_schema_that_is_named() -> None:
    """docs/json.md says which command prints which."""
    page = (ROOT / "docs/json.md").read_text(encoding="utf-8")

    assert set(re.findall(r"schemas/([a-z/-]+)\.json", page)) == set(SHAPES)
