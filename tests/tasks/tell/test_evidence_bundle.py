"""The evidence bundle: one file with everything, an index that proves it, and no secret of any shape."""

import csv
import io
import json
import tarfile
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from click.testing import CliRunner

from blocks.installation.secret_salt import installation_salt
from blocks.record import Record
from cli import group
from outage.incidents.incident import Ending, Incident
from outage.incidents.timeline import Entry, chain_break
from outage.people.message_routing import MessageRoute
from outage.people.outbox_message import MessageBody, MessageKind
from outage.plans.plan import WayBack
from outage.platforms.platform import Platform, Service
from outage.reports.post_incident.kept_look import LOOK, kept_look
from outage.snapshots.bundle import save_case
from outage.snapshots.case import Case
from outage.snapshots.evidence import Evidence
from outage.snapshots.snapshot import LogTail, Rates, Snapshot, Usage
from outage.text.redaction import redact
from tasks.record import close_incident
from tasks.tell.evidence_bundle import write_evidence
from tests.blocks.channels.sent_messages import NOON
from tests.blocks.record.written import newest_fence
from tests.outage.reports.account_specimen import CHANGE, DIAGNOSIS, PLAN
from tests.outage.text.secret_shapes import SECRET, TEXTS

AUTH = {
    "kind": "Deployment",
    "metadata": {"name": "auth", "namespace": "shop"},
    "spec": {"replicas": 1, "template": {"spec": {"containers": [{"name": "a", "image": "auth:9"}]}}},
}
IMAGE = "/spec/template/spec/containers/0/image"


def look(text: str = "well") -> Case:
    """A picture with one log, one number of each kind and one object."""
    line = "\n".join(redact(f"error {one}") for one in text.splitlines())
    snapshot = Snapshot(
        taken_at=NOON,
        namespaces=("shop",),
        objects={"Deployment": (AUTH,)},
        logs=(LogTail(namespace="shop", pod="auth-1", container="a", text=line),),
        rates=(Rates(service="auth", error_ratio=0.5, latency_seconds=0.2, requests_per_second=10),),
        usage=(Usage(kind="Pod", name="auth-1", namespace="shop", cpu_cores=0.1, memory_bytes=1024),),
        evidence=(Evidence(id="pods", words="w", observed_at=NOON, duration=timedelta(), unseen=text),),
    )
    services = (Service(name="auth", workload="deployment/auth"),)
    return Case(snapshot=snapshot, platform=Platform(name="shop", namespace="shop", services=services))


def written(record: Record, incident: Incident, home: Path, text: str = "well") -> Incident:
    """An incident in whose every corner the text stands."""
    found = DIAGNOSIS.model_copy(update={"unknowns": (text,)})
    record.keep_phase(incident.id, "investigate-1", found, NOON)
    change = CHANGE.model_copy(
        update={"patch": ({"op": "replace", "path": IMAGE, "value": "auth:2"},), "why": text}
    )
    step = PLAN.steps[0].model_copy(update={"change": change, "diff": f"-image: auth:9\n{text}"})
    plan = PLAN.model_copy(update={"incident": incident.id, "steps": (step,), "causes": text})
    record.keep_plan(plan)
    record.intend(
        incident.id, plan.hash, step.key, WayBack(before=AUTH, says=text), NOON, newest_fence(record)
    )
    record.add(incident.id, Entry(key="n", at=NOON, kind="note", says=text, by="ana"))
    body = MessageBody(title=text, text=text)
    record.ask_message(incident.id, MessageKind.UPDATE, [MessageRoute(channel="none")], body, NOON)
    kept = kept_look("investigate", look(text))
    record.keep_archive(incident.id, f"{LOOK}investigate-120000", kept.model_dump(mode="json"), NOON)
    save_case(look(text), home / "bundles" / incident.id / "investigate-120000", installation_salt())
    return close_incident(incident.id, Ending.RECOVERED, "undid it")


def unpacked(file: Path) -> dict[str, bytes]:
    """Path → content, without the folder that all stand in."""
    with tarfile.open(file) as archive:
        members = {one.name.partition("/")[2]: archive.extractfile(one) for one in archive.getmembers()}
        return {name: found.read() for name, found in members.items() if found}


def test_everything_is_there_and_the_index_proves_it(
    policy: Callable[..., None], record: Record, incident: Incident, home: Path
) -> None:
    """Each file with its size and hash; the chain's head is that of the record."""
    shut = written(record, incident, home)
    write_evidence(record, shut, home, home / "e.tar.gz", NOON)
    files = unpacked(home / "e.tar.gz")
    index = json.loads(files["index.json"])

    assert {
        *("index.json", "report.md", "post-mortem.md", "incident.json", "timeline.json", "messages.json"),
        *("diagnosis/investigate-1.json", "plans/1.json", "plans/1.diff"),
        *("metrics/traffic.csv", "metrics/usage.csv", "looks/investigate-120000.json"),
        "manifests/1-1-undo-deployment-auth/before.json",
        "manifests/1-1-undo-deployment-auth/after.json",
        "logs/investigate-120000/000-shop-auth-1-a.log",
    } == set(files)
    assert {one["path"]: one["sha256"] for one in index["files"]} == {
        name: sha256(content).hexdigest() for name, content in files.items() if name != "index.json"
    }
    chain = [Entry.model_validate(one) for one in json.loads(files["timeline.json"])["entries"]]
    assert index["chain_head"] == record.entries_as_written(shut.id)[-1].hash
    assert chain_break(shut.id, chain, index["chain_head"]) is None
    assert index["missing"] == []


def test_manifests_and_metrics_are_what_was_seen(
    policy: Callable[..., None], record: Record, incident: Incident, home: Path
) -> None:
    """Before and after the approved step; numbers as a spreadsheet reads them."""
    shut = written(record, incident, home)
    write_evidence(record, shut, home, home / "e.tar.gz", NOON)
    files = unpacked(home / "e.tar.gz")
    images = [
        json.loads(files[f"manifests/1-1-undo-deployment-auth/{when}.json"])["spec"]["template"]["spec"][
            "containers"
        ][0]["image"]
        for when in ("before", "after")
    ]
    rows = list(csv.DictReader(io.StringIO(files["metrics/traffic.csv"].decode())))

    assert images == ["auth:9", "auth:2"]
    assert [(one["service"], one["error_ratio"], one["requests_per_second"]) for one in rows] == [
        ("auth", "0.5", "10.0")
    ]
    assert b"auth-1,0.1,1024" in files["metrics/usage.csv"]


def test_what_is_not_there_is_said(
    policy: Callable[..., None], record: Record, incident: Incident, home: Path
) -> None:
    """An incident of another machine, of which nothing was written."""
    shut = close_incident(incident.id, Ending.NOTHING_TO_DO, "it is well")
    write_evidence(record, shut, home, home / "e.tar.gz", NOON)
    index = json.loads(unpacked(home / "e.tar.gz")["index.json"])

    assert [one.split(":")[0] for one in index["missing"]] == [
        "no look of this incident is kept on this machine",
        "nothing was written",
    ]


@pytest.mark.parametrize("shape", ["postgres", "DB_PASSWORD="])
def test_no_secret_of_the_record_or_of_a_look_is_in_it(
    policy: Callable[..., None], record: Record, incident: Incident, home: Path, shape: str
) -> None:
    """Planted in every corner; every shape goes through the renderers of tests/outage/text/renderers.py."""
    shut = written(record, incident, home, TEXTS[shape])
    write_evidence(record, shut, home, home / "e.tar.gz", NOON)
    files = unpacked(home / "e.tar.gz")

    assert [name for name, content in files.items() if SECRET in content.decode()] == []
    assert "held secrets and are hidden" in str(json.loads(files["index.json"])["missing"])


def test_the_command_writes_it_for_its_owner_alone_and_never_over_a_file(
    policy: Callable[..., None], record: Record, incident: Incident, home: Path
) -> None:
    """What an outage shows is nobody else's business."""
    shut, file = written(record, incident, home), home / "bundle.tar.gz"
    first = CliRunner().invoke(group, ["evidence", shut.id, "--output", str(file)])
    again = CliRunner().invoke(group, ["evidence", shut.id, "--output", str(file)])

    assert first.exit_code == 0, first.output
    assert "15 files" in first.output
    assert file.stat().st_mode & 0o777 == 0o600
    assert "is there already" in str(again.exception)
