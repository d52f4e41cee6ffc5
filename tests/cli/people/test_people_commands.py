"""The commands about people, against a real record."""

import json
import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pyotp
import pytest
import yaml
from click.testing import CliRunner, Result

from blocks.clients import clients
from blocks.record import Record
from blocks.record.people.person_codes import WRONG_LIMIT, ProofFolder
from cli import group
from outage.incidents.incident import Ending, Incident
from outage.people.outbox_message import MessageState
from tests.blocks.channels.configured import DOUBLES, settings_for
from tests.blocks.channels.fake_service import serving
from tests.blocks.channels.sent_messages import NOON
from tests.outage.text.secret_shapes import SECRET, TEXTS

NAMES = iter(range(1000))


@pytest.fixture
def home(tmp_path: Path, record_dsn: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home with a small policy."""
    monkeypatch.setenv("OUTAGE_HOME", str(tmp_path))
    monkeypatch.setenv("OUTAGE_RECORD_DSN", record_dsn)
    clients.cache_clear()
    policy(tmp_path)
    return tmp_path


@pytest.fixture
def record(record_dsn: str) -> Iterator[Record]:
    """The record."""
    with Record.open(record_dsn) as opened:
        yield opened


@pytest.fixture
def incident(record: Record) -> Incident:
    """An open incident."""
    return record.open_incident(f"people-{next(NAMES)}", "auth is down", NOON)[0]


def policy(home: Path, **more: object) -> None:
    """Write the policy."""
    given = {"version": 1, "approvers": {"on-call": ["ana"]}, "people": {"bob": {}}}
    (home / "policy.yaml").write_text(yaml.safe_dump(given | more), encoding="utf-8")


def outage(*words: str, typed: str | None = None) -> Result:
    """Run a command."""
    return CliRunner().invoke(group, list(words), input=typed)


def test_acknowledging_and_noting_stand_on_the_timeline_without_secrets(
    home: Path, record: Record, incident: Incident
) -> None:
    """And as acts, from which escalation is decided."""
    assert outage("ack", incident.id, "--by", "ana").exit_code == 0
    assert outage("note", incident.id, TEXTS["postgres"], "--by", "ana").exit_code == 0
    assert outage("note", incident.id, "they called", "--by", "ana", "--condition", "vendor").exit_code == 0
    said = outage("timeline", incident.id).output

    assert [str(one.kind) for one in record.acts(incident.id)] == ["acknowledged", "note", "condition"]
    assert "ana" in said
    assert SECRET not in said + str(record.acts(incident.id)) + str(record.entries(incident.id))


RUNGS = {"rungs": {"L1": ["bob"]}}


IN_TURN: list[tuple[list[str], object, str, int]] = [
    (["--by", "ana"], RUNGS, "ana has it; after 30 min without a note the next rung is called", 0),
    (["--by", "bob"], RUNGS, "bob has it, ana had it; after 30 min", 0),
    (["--by", "bob"], RUNGS, "bob has it; after 30 min", 0),
    (["--by", "bob", "--to", "ana"], RUNGS, "ana has it, bob had it; after 30 min", 0),
    (["--by", "ana", "--to", "bbo"], RUNGS, "the policy names nobody called bbo", 1),
    (
        ["--by", "ana"],
        {},
        "ana has it; the policy names no rung, so nobody is called when it falls silent",
        0,
    ),
]


def test_whoever_takes_an_incident_reads_what_silence_leads_to(home: Path, incident: Incident) -> None:
    """One after the other, on one incident: who had it is said, and nobody has it by a slip of the pen."""
    for words, escalation, says, exit_code in IN_TURN:
        policy(home, escalation=escalation)
        said = outage("ack", incident.id, *words)
        assert (said.exit_code, says in said.output) == (exit_code, True), said.output


def test_what_is_over_is_taken_by_nobody(home: Path, record: Record, incident: Incident) -> None:
    """What was left unmended is."""
    record.update(incident.id, closed_at=NOON, ending=Ending.UNANSWERED)
    assert outage("ack", incident.id, "--by", "ana").exit_code == 0
    record.update(incident.id, ending=Ending.RECOVERED)
    said = outage("ack", incident.id, "--by", "ana")

    assert (said.exit_code, "it is over (Recovered), nothing is to be taken" in said.output) == (1, True)


def test_a_timeline_is_proven_offline_and_a_changed_one_is_not(
    home: Path, record: Record, incident: Incident
) -> None:
    """From a file, with no record at hand."""
    for text in ("one", "two"):
        outage("note", incident.id, text, "--by", "ana")
    assert "none changed" in outage("timeline", incident.id, "--verify").output
    kept = json.loads(outage("timeline", incident.id, "--json").output)
    file = home / "timeline.json"
    file.write_text(json.dumps(kept))
    assert outage("timeline", incident.id, "--verify", "--from", str(file)).exit_code == 0
    kept["entries"][-1]["says"] = "three"
    file.write_text(json.dumps(kept))

    found = outage("timeline", incident.id, "--verify", "--from", str(file))
    assert found.exit_code == 1
    assert "is not what was written" in found.output


def test_a_line_that_was_changed_in_the_database_is_found(
    home: Path, record: Record, incident: Incident
) -> None:
    """Whoever did it."""
    outage("note", incident.id, "one", "--by", "ana")
    record.rows("change a line", "update outage.entry set says = 'x' where incident = %s", incident.id)

    assert outage("timeline", incident.id, "--verify").exit_code == 1


def test_a_proof_is_attached_to_a_person_whom_the_policy_names(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After one right code; its file is its owner's alone, and nobody sees it again."""
    monkeypatch.setattr("pyotp.random_base32", lambda: "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
    code = pyotp.TOTP("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP").now()
    assert outage("people", "add", "stranger").exit_code == 2
    assert outage("people", "add", "ana", typed="000000\n").exit_code == 1
    assert not ProofFolder(home).person_secret("ana")

    assert outage("people", "add", "ana", typed=f"{code}\n").exit_code == 0
    file = home / "proofs" / "ana"
    assert oct(os.stat(file).st_mode)[-3:] == "600"
    assert outage("people", "add", "ana").exit_code == 2
    assert re.search(r"ana +proven by codes", outage("people", "list").output)


def test_whose_member_id_the_policy_names_is_proven_by_slack(home: Path) -> None:
    """Beside codes, or without."""
    policy(home, people={"ana": {"slack": "U0ANA0000"}, "bob": {}})

    listed = outage("people", "list").output
    assert re.search(r"ana +proven by Slack", listed)
    assert re.search(r"bob +no proof", listed)


def test_a_code_is_used_once_and_wrong_ones_are_limited(record: Record) -> None:
    """And the rows hold neither code nor secret."""
    secret, now = pyotp.random_base32(), datetime(2030, 1, 1, 12, 0, 5, tzinfo=UTC)
    person = f"p{next(NAMES)}"
    code = pyotp.TOTP(secret).at(now)
    assert record.use_code(person, secret, code, now) == ""
    assert "used already" in record.use_code(person, secret, code, now)
    for _ in range(WRONG_LIMIT):
        assert record.use_code(person, secret, "abc123", now) == "the code is wrong"

    assert "too many wrong codes" in record.use_code(person, secret, code, now)
    assert "no proof yet" in record.use_code(f"{person}x", "", code, now)
    kept = str(record.rows("read", "select * from outage.used_code")) + str(
        record.rows("read", "select * from outage.wrong_code")
    )
    assert code not in kept
    assert secret not in kept


def test_a_channel_is_tested_by_hand(home: Path) -> None:
    """With a marked message and its receipt; one that fails says why."""
    name = f"chat{next(NAMES)}"
    with serving(DOUBLES["slack"]()) as service:
        policy(home, channels={name: settings_for("slack", service, home)})
        found = outage("channel", "test", name)
        assert found.exit_code == 0, found.output
        assert "test of the channel" in service.messages[0]["text"]
        service.revoked = True
        assert "token_revoked" in outage("channel", "test", name).output
    assert outage("channel", "test", "nobody").exit_code == 2


def test_what_the_public_reads_waits_for_a_yes(home: Path, record: Record, incident: Incident) -> None:
    """`outage publish` is it."""
    from outage.people.message_routing import MessageRoute
    from outage.people.outbox_message import MessageKind
    from tests.blocks.channels.sent_messages import BODY

    record.ask_message(incident.id, MessageKind.ALERT, [MessageRoute(channel="page", held=True)], BODY, NOON)
    assert outage("publish", incident.id, "--by", "ana", typed="n\n").exit_code != 0
    assert record.messages(incident.id)[0].state is MessageState.HELD
    assert outage("publish", incident.id, "--by", "ana", "--yes").exit_code == 0

    assert record.messages(incident.id)[0].state is MessageState.ASKED


def test_on_call_says_who_and_why_and_warns(home: Path) -> None:
    """At any moment; a moment without a zone is no moment."""
    override = {
        "person": "bob",
        "starts": "2030-01-01T00:00:00Z",
        "ends": "2030-01-02T00:00:00Z",
        "why": "holiday",
    }
    policy(home, rotations={"night": {"overrides": [override]}}, escalation={"rungs": {"L2": ["night"]}})
    found = outage("oncall", "--at", "2030-01-01T12:00:00+00:00")

    assert "night: bob until 2030-01-02 00:00 UTC (override: holiday)" in found.output
    assert "WARNING: gap 2030-01-02 00:00 to 2030-01-15 12:00 UTC" in found.output
    assert "L2 calls bob" in found.output
    assert outage("oncall", "--at", "2030-02-01T12:00:00+00:00").exit_code == 1
    assert outage("oncall", "--at", "2030-01-01T12:00:00").exit_code == 2


def test_a_platforms_own_people_and_channels_are_known_by_its_name(home: Path) -> None:
    """Beside those of the settings' policy, whose group has other members there."""
    policy(home, escalation={"rungs": {"L1": ["on-call"]}})
    (home / "platforms").mkdir()
    chat = {"kind": "slack", "token": {"env": "NOT_THERE"}, "channel": "C0INCIDENTS"}
    own = {"version": 1, "people": {"eve": {}}, "channels": {"chat": chat}}
    (home / "mail-policy.yml").write_text(yaml.safe_dump(own), encoding="utf-8")
    for name, more in (
        ("shop", {"people": {"on-call": ["bob"]}}),
        ("mail", {"policy": "../mail-policy.yml"}),
    ):
        body = {"version": 1, "name": name, "namespace": name, **more}
        (home / "platforms" / f"{name}.yaml").write_text(yaml.safe_dump(body), encoding="utf-8")

    assert outage("oncall").output.splitlines() == ["L1 calls ana", "L1 (shop) calls bob"]
    assert [line.split()[0] for line in outage("people", "list").output.splitlines()] == ["bob", "eve", "ana"]
    assert outage("channel", "list").output.startswith("mail/chat ")
