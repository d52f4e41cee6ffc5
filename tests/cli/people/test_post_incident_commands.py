"""`outage postmortem | actions`: what was kept, printed; what was done, kept."""

import json
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest

from blocks.record import Record
from outage.incidents.incident import Incident
from outage.people.action_item import ActionItem
from tests.blocks.channels.sent_messages import NOON
from tests.cli.people.test_people_commands import home, outage, record

__all__ = ["home", "record"]
_keys = count()


@pytest.fixture
def incident(record: Record) -> Incident:
    """An open incident of these tests' own."""
    return record.open_incident(f"afterwards-{next(_keys)}", "auth is down", NOON)[0]


def kept(record: Record, incident: Incident) -> ActionItem:
    """An item that was due long ago."""
    item = ActionItem(
        incident=incident.id, key="probes", says="add probes", owner="ana", due_at=NOON - timedelta(days=9999)
    )
    record.keep_items([item])
    return item


def test_items_are_listed_with_what_is_overdue_and_closed_by_name(
    home: Path, record: Record, incident: Incident
) -> None:
    """Who did it stands on the timeline."""
    item = kept(record, incident)
    assert f"{item.id}  by 2002-08-17 ana: add probes (OVERDUE)" in outage("actions", incident.id).output
    assert "needs --by" in str(outage("actions", "--done", item.id).output)
    assert outage("actions", "--done", item.id, "--by", "Bob").output == f"{item.id} is done\n"
    assert "was done already" in outage("actions", "--done", item.id, "--by", "eve").output

    assert "(done by bob)" in outage("actions", incident.id).output
    assert outage("actions", incident.id, "--open").output == "nothing is left to do\n"
    assert [(one.by, one.says) for one in record.entries(incident.id)] == [("bob", "done: add probes")]


def test_the_json_of_items_has_its_documented_fields(home: Path, record: Record, incident: Incident) -> None:
    """docs/json.md names them."""
    kept(record, incident)
    body = json.loads(outage("actions", incident.id, "--json").output)

    assert body["version"] == 1
    assert set(body["items"][0]) == {"id", *ActionItem.model_fields}


def test_an_item_that_is_not_there_is_said(home: Path, record: Record, incident: Incident) -> None:
    """With the command that lists them."""
    said = outage("actions", "--done", f"{incident.id}/nothing", "--by", "ana")

    assert said.exit_code == 2
    assert "has no item `nothing`" in said.output


def test_a_post_mortem_is_printed_or_written_and_never_over_a_file(
    home: Path, record: Record, incident: Incident
) -> None:
    """People fill it in."""
    file = home / "pm.md"
    printed = outage("postmortem", incident.id).output
    outage("postmortem", incident.id, "--output", str(file))
    again = outage("postmortem", incident.id, "--output", str(file))

    assert printed == file.read_text(encoding="utf-8")
    assert "# Post-mortem: none · auth is down" in printed
    assert "owner ana" in printed
    assert "people may have filled it in" in str(again.exception)
