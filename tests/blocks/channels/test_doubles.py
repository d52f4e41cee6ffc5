"""The doubles refuse what the services refuse: for each published rule a request that breaks it."""

from typing import Any

import pytest

from tests.blocks.channels.fake_service import Asked
from tests.blocks.channels.jira_double import issue_errors
from tests.blocks.channels.pagerduty_double import API_TOKEN, event_errors, reading_error
from tests.blocks.channels.servicenow_double import record_error
from tests.blocks.channels.slack_double import post_error
from tests.blocks.channels.statuspage_double import COMPONENTS, incident_errors

PAGE = {
    "routing_key": "R" * 32,
    "event_action": "trigger",
    "payload": {"summary": "down", "source": "shop", "severity": "critical"},
}
DOCUMENT = {
    "version": 1,
    "type": "doc",
    "content": [{"type": "paragraph", "content": [{"type": "text", "text": "x"}]}],
}
ISSUE = {
    "project": {"key": "OPS"},
    "issuetype": {"name": "Task"},
    "summary": "down",
    "description": DOCUMENT,
    "labels": ["outage"],
}
LONG_DOCUMENT = {
    **DOCUMENT,
    "content": [{"type": "paragraph", "content": [{"type": "text", "text": "x" * 32_768}]}],
}
PUBLIC = {"name": "Outage", "status": "investigating", "body": "We look.", "component_ids": [COMPONENTS[0]]}


def test_what_keeps_the_rules_is_taken() -> None:
    """Healthy requests first."""
    assert post_error({"text": "hello"}) == ""
    assert event_errors(PAGE) == []
    assert issue_errors({"fields": ISSUE}) == {}
    assert record_error({"short_description": "down", "impact": "1"}) == ""
    assert incident_errors(PUBLIC, True) == []


@pytest.mark.parametrize(
    ("given", "word"),
    [
        ({}, "no_text"),
        ({"text": "x" * 40_001}, "msg_too_long"),
        ({"text": "x", "thread_ts": "yesterday"}, "invalid_thread_ts"),
        ({"text": "x", "metadata": {"type": "a"}}, "invalid_metadata_format"),
        ({"text": "x", "metadata": {"event_type": "a b", "event_payload": {}}}, "invalid_metadata_format"),
        ({"text": "x", "metadata": {"event_type": "a", "event_payload": "b"}}, "invalid_metadata_schema"),
    ],
)
def test_slack_refuses(given: dict[str, Any], word: str) -> None:
    """With its own word."""
    assert post_error(given) == word


READING = Asked(
    "GET",
    "/incidents",
    {"incident_key": "k"},
    {"authorization": f"Token token={API_TOKEN}", "accept": "application/vnd.pagerduty+json;version=2"},
    b"",
)


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({}, None),
        ({"headers": {**READING.headers, "authorization": f"Bearer {API_TOKEN}"}}, 401),
        ({"headers": {**READING.headers, "accept": "application/json"}}, 400),
        ({"query": {"dedup_key": "k"}}, 404),
        ({"path": "/incident"}, 404),
    ],
)
def test_pagerduty_tells_whoever_asks_rightly(change: dict[str, Any], status: int | None) -> None:
    """The REST API has another key than events, and wants its version named."""
    refused = reading_error(READING._replace(**change))

    assert (refused.status if refused else None) == status


BUTTON = {"type": "button", "action_id": "a", "text": {"type": "plain_text", "text": "Go"}, "value": "v"}
SECTION = {"type": "section", "text": {"type": "mrkdwn", "text": "x"}}


def test_slack_takes_buttons() -> None:
    """Healthy blocks first."""
    blocks = [
        SECTION,
        {"type": "actions", "elements": [BUTTON, {**BUTTON, "action_id": "b", "style": "danger"}]},
    ]

    assert post_error({"text": "x", "blocks": blocks}) == ""


@pytest.mark.parametrize(
    "block",
    [
        {"type": "banner"},
        {"type": "section", "text": {"type": "mrkdwn", "text": "x" * 3001}},
        {"type": "section", "text": {"type": "mrkdwn", "text": ""}},
        {"type": "actions", "elements": []},
        {"type": "actions", "elements": [BUTTON, BUTTON]},
        {"type": "actions", "elements": [{**BUTTON, "style": "green"}]},
        {"type": "actions", "elements": [{**BUTTON, "text": {"type": "mrkdwn", "text": "Go"}}]},
        {"type": "actions", "elements": [{**BUTTON, "text": {"type": "plain_text", "text": "x" * 76}}]},
        {"type": "actions", "elements": [{**BUTTON, "value": "v" * 2001}]},
        {"type": "actions", "elements": [{**BUTTON, "confirm": {"title": "Sure?"}}]},
    ],
)
def test_slack_refuses_blocks(block: dict[str, Any]) -> None:
    """Each published limit."""
    assert post_error({"text": "x", "blocks": [block]}) == "invalid_blocks"


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"routing_key": "short"}, "routing_key"),
        ({"event_action": "shout"}, "event_action"),
        ({"event_action": "resolve"}, "dedup_key"),
        ({"dedup_key": "k" * 256}, "dedup_key"),
        ({"colour": "red"}, "colour"),
        ({"payload": None}, "payload"),
        ({"payload": {"source": "s", "severity": "info"}}, "summary"),
        ({"payload": {"summary": "s", "severity": "info"}}, "source"),
        ({"payload": {"summary": "s", "source": "s", "severity": "bad"}}, "severity"),
        ({"payload": {"summary": "s" * 1025, "source": "s", "severity": "info"}}, "1024"),
        ({"payload": {"summary": "s", "source": "s", "severity": "info", "timestamp": "noon"}}, "timestamp"),
        (
            {"payload": {"summary": "s", "source": "s", "severity": "info", "custom_details": "d"}},
            "custom_details",
        ),
        ({"links": [{"text": "here"}]}, "links"),
    ],
)
def test_pagerduty_refuses(change: dict[str, Any], word: str) -> None:
    """And names the field."""
    assert any(word in one for one in event_errors({**PAGE, **change}))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"project": {"key": "ELSE"}}, "project"),
        ({"issuetype": {}}, "issuetype"),
        ({"summary": " "}, "summary"),
        ({"summary": "s" * 256}, "summary"),
        ({"summary": "two\nlines"}, "summary"),
        ({"description": "plain text"}, "description"),
        ({"description": LONG_DOCUMENT}, "description"),
        ({"labels": ["two words"]}, "labels"),
    ],
)
def test_jira_refuses(change: dict[str, Any], field: str) -> None:
    """And names the field."""
    assert list(issue_errors({"fields": {**ISSUE, **change}})) == [field]


@pytest.mark.parametrize(
    ("given", "word"),
    [
        ({}, "reading"),
        ({"description": "no summary"}, "mandatory"),
        ({"short_description": "s" * 161}, "too long"),
        ({"short_description": "s", "correlation_id": "c" * 101}, "too long"),
        ({"short_description": "s", "impact": "0"}, "choice"),
        ({"short_description": "s", "state": "6"}, "Resolution"),
        ({"short_description": "s", "state": "6", "close_code": "Because", "close_notes": "x"}, "Resolution"),
    ],
)
def test_servicenow_refuses(given: dict[str, Any], word: str) -> None:
    """With a sentence."""
    assert word in record_error(given)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"name": ""}, "Name"),
        ({"status": "broken"}, "Status"),
        ({"impact_override": "huge"}, "Impact"),
        ({"body": "b" * 25_001}, "Body"),
        ({"component_ids": ["nobody"]}, "Component"),
        ({"components": {COMPONENTS[0]: "sad"}}, "Component status"),
        ({"metadata": {"key": "value"}}, "Metadata"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_statuspage_refuses(change: dict[str, Any], word: str) -> None:
    """And says what is wrong."""
    assert any(word in one for one in incident_errors({**PUBLIC, **change}, True))
