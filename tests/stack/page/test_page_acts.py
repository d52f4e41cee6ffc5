"""An incident is taken on the page, and a note written: by a session or by a code, and by nobody else."""

from datetime import timedelta

import pyotp
import pytest
from fastapi.testclient import TestClient

from blocks.record import Record
from outage.incidents.incident import Ending, Incident, Phase
from outage.people.person_act import ActKind
from tests.stack.page.filled_record import utc_now
from tests.stack.page.page_forms import form_of, logged_in


def sent(browser: TestClient, asked: Incident, did: str, **typed: str) -> int:
    """Open the incident's page, fill the form in, and send it; the status."""
    fields = form_of(browser.get(f"/incidents/{asked.id}"))
    answered = browser.post(f"/incidents/{asked.id}/act", data={"form": fields["form"], "did": did, **typed})
    return answered.status_code


def acts(record: Record, asked: Incident) -> list[tuple[ActKind, str, str]]:
    """What people did."""
    return [(one.kind, one.by, one.what) for one in record.acts(asked.id)]


def test_a_code_takes_an_incident(
    browser: TestClient, record: Record, asked: Incident, ana: pyotp.TOTP
) -> None:
    """The act stops calls as `outage ack` does, and everybody reads who has it."""
    assert (
        sent(browser, asked, "acknowledge", by="ana", code=ana.now(), note="password = hunter2hunter2") == 200
    )

    assert [one[:2] for one in acts(record, asked)] == [(ActKind.ACKNOWLEDGED, "ana"), (ActKind.NOTE, "ana")]
    assert "hunter2hunter2" not in str(acts(record, asked))
    shown = browser.get(f"/incidents/{asked.id}").text
    assert "ana has it" in shown
    assert "has it (on the page)" in shown


def test_a_session_takes_an_incident_without_another_code(
    stranger: TestClient, record: Record, asked: Incident, ana: pyotp.TOTP
) -> None:
    """The name is proven already, whatever the form says."""
    logged_in(stranger, ana.at(utc_now() - timedelta(seconds=30)))  # the other one of hers is used up

    assert sent(stranger, asked, "note", by="bob", note="the registry was cleaned") == 200
    assert acts(record, asked) == [(ActKind.NOTE, "ana", "the registry was cleaned")]


@pytest.mark.parametrize(
    ("did", "typed", "status"),
    [
        ("acknowledge", {"by": "ana", "code": "000000"}, 403),
        ("acknowledge", {"by": "ana"}, 403),
        ("acknowledge", {"by": "mallory", "code": "123456"}, 403),
        ("note", {"by": "ana", "note": "  "}, 400),
        ("close", {"by": "ana", "note": "x"}, 400),
    ],
)
def test_nothing_else_takes_it(
    browser: TestClient,
    record: Record,
    asked: Incident,
    ana: pyotp.TOTP,
    did: str,
    typed: dict[str, str],
    status: int,
) -> None:
    """A typed name proves nothing here."""
    assert sent(browser, asked, did, **typed) == status
    assert acts(record, asked) == []


def test_a_stranger_and_a_form_of_another_site_take_nothing(
    stranger: TestClient, browser: TestClient, record: Record, asked: Incident, ana: pyotp.TOTP
) -> None:
    """Who may not read may not act."""
    given = {"did": "acknowledge", "by": "ana", "code": ana.now()}
    assert stranger.post(f"/incidents/{asked.id}/act", data=given).status_code == 401
    assert browser.post(f"/incidents/{asked.id}/act", data=given).status_code == 403
    assert acts(record, asked) == []


@pytest.mark.parametrize(("ending", "offered"), [(Ending.RECOVERED, False), (Ending.DECLINED, True)])
def test_what_is_over_needs_nobody(
    browser: TestClient, record: Record, asked: Incident, ending: Ending, offered: bool
) -> None:
    """But what the response closed without mending it does."""
    record.update(asked.id, phase=Phase.CLOSED, ending=ending, closed_at=utc_now())

    assert ("Nobody has it yet" in browser.get(f"/incidents/{asked.id}").text) is offered
