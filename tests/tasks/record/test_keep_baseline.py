"""Recording the known-good picture, with the real record: what it keeps of the logs, and who reads it."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from blocks.clients import Clients
from blocks.record.schema_migration import migrate
from cli.baseline_commands import baseline_show_command
from outage.incidents.incident import Ending
from outage.platforms.platform_file import read_platform
from outage.snapshots.case import Case
from outage.snapshots.snapshot import LogTail
from stack.embedded_postgres import make_databases, with_database
from tasks.observe.tasks import LookResult
from tasks.record.keep_baseline import KINDS, keep_if_healthy
from tests.flows.scripted_response import PLATFORM, opened
from tests.outage.diagnosis.worlds.shop_objects import NOON, SHOP, ago
from tests.outage.diagnosis.worlds.shop_snapshot import Ground

AUTH = f"deployment/auth in {SHOP}"
SECRET = "error: login of 7 with password=hunter22 failed"


@pytest.fixture
def house(postgres: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Clients]:
    """Doors to a record of its own: the moment that the last incident was closed matters."""
    name = f"baseline_{tmp_path.name}"
    make_databases(postgres, name)
    dsn = with_database(postgres, name)
    migrate(dsn)
    with opened(dsn, tmp_path, monkeypatch) as there:
        yield there


def healthy(*said: tuple[str, float]) -> Case:
    """The healthy platform, and what auth said so many minutes before NOON."""
    ground = Ground()
    for kind in KINDS:
        ground.objects.setdefault(kind, [])
    lines = "\n".join(f"{ago(minutes=minutes)} {text}" for text, minutes in said)
    name = ground.pods("auth")[0]["metadata"]["name"]
    snapshot = ground.snapshot(logs=(LogTail(namespace=SHOP, pod=name, container="app", text=lines),))
    return Case(snapshot=snapshot, platform=read_platform(PLATFORM, "platform.yaml"))


def test_a_baseline_keeps_what_was_complained_of_since_the_last_incident_was_closed(house: Clients) -> None:
    """What it said while it was ill must be news the next time; and no secret is kept."""
    began = NOON - timedelta(minutes=40)
    incident, _ = house.record.open_incident("auth", "auth is down", began)
    ended = {"closed_at": NOON - timedelta(minutes=20), "ending": Ending.RECOVERED, "says": "well"}
    house.record.update(incident.id, platform=healthy().platform.name, **ended)

    kept = keep_if_healthy.fn(LookResult(healthy(("error: ill", 30), (SECRET, 10))))

    assert not kept.refused, kept.says
    assert kept.says.endswith("and 1 kind of error lines in the logs of 1 workload")
    baseline = house.record.baseline()
    assert baseline
    assert baseline.log_templates == {AUTH: ("error: login of <*> with password=[redacted] failed",)}
    assert "hunter22" not in baseline.model_dump_json()


def test_the_next_baseline_still_knows_what_the_last_one_knew(house: Clients) -> None:
    """Some complain once a day."""
    keep_if_healthy.fn(LookResult(healthy(("error: nightly", 30))))
    later = {"taken_at": NOON + timedelta(minutes=1)}
    case = healthy(("error: hourly", 1))

    keep_if_healthy.fn(
        LookResult(case.model_copy(update={"snapshot": case.snapshot.model_copy(update=later)}))
    )

    baseline = house.record.baseline()
    assert baseline
    assert baseline.log_templates == {AUTH: ("error: hourly", "error: nightly")}


def test_the_baseline_is_shown_with_what_it_knows_of_the_logs(house: Clients) -> None:
    """An old one says that it knows nothing, which is why nothing is called new."""
    picture = healthy((SECRET, 10))
    keep_if_healthy.fn(LookResult(picture))
    newest = house.record.baseline()
    assert newest
    told = CliRunner().invoke(baseline_show_command, catch_exceptions=False).output

    later = newest.model_copy(update={"recorded_at": NOON + timedelta(hours=1), "log_templates": None})
    house.record.keep_baseline(later)
    old = CliRunner().invoke(baseline_show_command, catch_exceptions=False).output

    assert told.splitlines()[-1] == "  and 1 kind of error lines in the logs of 1 workload"
    assert old.splitlines()[-1] == "  and nothing about logs: it was recorded before they were kept"
