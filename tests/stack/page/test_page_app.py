"""What the page shows to whoever may read it."""

import re

import pytest
from fastapi.testclient import TestClient

from blocks.record import Record
from outage.incidents.incident import Ending, Incident
from outage.incidents.severity import Severity
from tests.stack.page.filled_record import utc_now


def test_the_first_page_shows_what_is_open_and_what_was(browser: TestClient, waiting: Incident) -> None:
    """What waits with its countdown, who is on call, how the channels do, times, drills, history."""
    shown = browser.get("/").text

    assert f'href="/incidents/{waiting.id}"' in shown
    assert "Undo deployment/auth-service to revision 2" in shown
    assert "data-until=" in shown
    for words in ("primary", "slack", "7 of the last 8 passed", "MTTD", "By cause", "Unanswered"):
        assert words in shown


def test_what_is_worst_stands_first_however_new_something_else_is(
    browser: TestClient, record: Record, waiting: Incident
) -> None:
    """Somebody who was woken reads the first lines."""
    newer = record.open_incident("mail-is-slow", "mail is slow", utc_now()).incident
    record.update(newer.id, severity=Severity.P2)
    shown = browser.get("/").text.partition("On call")[0]
    record.update(newer.id, ending=Ending.ADVISED, closed_at=utc_now())

    assert shown.index(waiting.id) < shown.index(newer.id)


@pytest.mark.parametrize(
    ("query", "there", "gone"),
    [
        ("platform=shop", "checkout", "content-service"),
        ("severity=P2", "checkout", "content-service"),
        ("ending=Recovered", "content-service", "checkout"),
        ("drills=drills", "practised dns-down", "content-service"),
        ("drills=real", "content-service", "practised dns-down"),
        ("text=CONTENT", "content-service", "checkout"),
        ("text=100%25", "No incident fits", "checkout"),
        ("severity=P9", "checkout", "No incident fits"),
        ("before=2000-01-01T00:00:00%2B00:00", "No incident fits", "checkout"),
        ("before=yesterday", "checkout", "No incident fits"),
    ],
)
def test_the_history_is_narrowed_by_what_is_asked(
    browser: TestClient, query: str, there: str, gone: str
) -> None:
    """A filter that means nothing is no filter; a sign of `like` is a letter."""
    history = browser.get(f"/?{query}").text.partition('id="history"')[2]

    assert there in history
    assert gone not in history


def test_an_incident_shows_all_that_hangs_on_it(
    browser: TestClient, record: Record, waiting: Incident
) -> None:
    """Phases, cause with evidence, what was not looked at, plan and its fate, answers, receipts, proof."""
    healed = next(one for one in record.incidents(60) if one.ending is Ending.RECOVERED and not one.drill)
    shown = browser.get(f"/incidents/{healed.id}").text

    for words in (
        "<svg", "ErrImagePull", "one old pod still answers", "node usage: no metrics API", "applied, effective, stays",
        "in the UI, a typed name", "no series of latency", "unknown", "it may have arrived", "none changed",
        "/runs/flow-run/run-1", '<span class="del">-        image: adaptive/auth-service:9.9.9-broken',
    ):  # fmt: skip
        assert words in shown, words


def test_a_timeline_that_was_changed_is_said_loudly(
    browser: TestClient, record: Record, asked: Incident
) -> None:
    """By whoever can write into the database."""
    record.rows(
        "change a line",
        "update outage.entry set says = 'nothing' where incident = %s and kind = 'alert'",
        asked.id,
    )

    assert "This timeline was changed" in browser.get(f"/incidents/{asked.id}").text


def test_nothing_of_others_is_loaded_and_nobody_frames_us(browser: TestClient) -> None:
    """The headers of every answer, and no address of another site in a page."""
    answer = browser.get("/")

    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert re.findall(r'(?:src|href)="(?:https?:)?//', answer.text) == []
    assert "style=" not in answer.text
    for cookie in answer.headers.get_list("set-cookie"):
        assert "HttpOnly" in cookie
        assert "SameSite=strict" in cookie


def test_an_unknown_incident_is_said_and_an_unknown_path_is_not(browser: TestClient) -> None:
    """In a sentence."""
    assert "the record knows no incident of that id" in browser.get("/incidents/inc-none").text
    assert browser.get("/docs").status_code == 404
    assert browser.get("/openapi.json").status_code == 404


def test_every_cause_has_a_page_with_the_trades_four_headings(browser: TestClient) -> None:
    """It is linked where the cause stands; what is no cause is not there."""
    shown = browser.get("/causes/bad-image")

    assert shown.status_code == 200
    assert [one in shown.text for one in ("Meaning", "Impact", "Diagnosis", "Mitigation")] == [True] * 4
    assert "the registry or the node says" in shown.text
    assert browser.get("/causes/no-such").status_code == browser.get("/causes/bad-image:x").status_code == 404


def test_an_incident_links_the_runbook_of_its_cause(browser: TestClient, waiting: Incident) -> None:
    """Whoever reads the cause reads on there."""
    assert 'href="/causes/bad-image"' in browser.get(f"/incidents/{waiting.id}").text
