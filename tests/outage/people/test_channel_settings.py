"""The channels of the policy: nothing by default, no secret in the file, and the examples of the documentation work."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from outage.errors import FileError
from outage.incidents.severity import Severity
from outage.people.channel_settings import SecretReference
from outage.people.message_routing import message_routes, pager_routes
from outage.people.outbox_message import MessageKind
from outage.policies.policy import Policy
from outage.policies.policy_file import check_policy, read_policy

HOUSE = Path(__file__).parents[3]
EXAMPLES = re.findall(
    r"```yaml\n(.*?)```", (HOUSE / "docs/channels.md").read_text(encoding="utf-8"), re.DOTALL
)


def test_nothing_is_sent_when_nothing_is_configured() -> None:
    """The default, and the policies of the house."""
    for policy in (
        Policy(),
        check_policy(HOUSE / "deploy/policy.yaml"),
        check_policy(HOUSE / "practice/policy.yaml"),
    ):
        assert policy.channels == {}
        assert policy.escalation.configured == ()


def test_the_examples_of_the_documentation_can_be_used() -> None:
    """Both, together."""
    text = "\n".join(["approvers: {leads: [eve]}", *EXAMPLES])
    policy = read_policy(text, "policy.yaml")

    assert len(policy.channels) == 8
    assert len(policy.escalation.configured) == 4


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("file:/run/token", "file /run/token"),
        ("env:TOKEN", "variable TOKEN"),
        ("kubernetes:outage/slack/token", "Secret outage/slack, key token"),
    ],
)
def test_a_secret_is_named_by_its_place(text: str, shown: str) -> None:
    """The same three forms as in the platform file."""
    assert str(SecretReference.model_validate(text)) == shown


SLACK = {"kind": "slack", "token": "env:T", "channel": "C0123456789"}


@pytest.mark.parametrize(
    ("section", "word"),
    [
        (SLACK | {"token": "xoxb-1-2-3"}, "place of the secret"),
        (SLACK | {"token": {"env": "A", "file": "/b"}}, "exactly one"),
        (SLACK | {"channel": "#incidents"}, "channel"),
        (SLACK | {"url": "http://slack.example.com"}, "https"),
        (SLACK | {"url": "https://me:secret@slack.example.com"}, "no password"),
        ({"kind": "statuspage", "page": "p", "token": "env:T"}, "severities"),
        (
            {"kind": "statuspage", "page": "p", "token": "env:T", "severities": ["P0"], "drills": True},
            "drills",
        ),
        ({"kind": "pigeon"}, "kind"),
    ],
)
def test_a_mistake_is_one_sentence(section: dict[str, Any], word: str) -> None:
    """With its line."""
    with pytest.raises(FileError, match=word):
        read_policy(yaml.safe_dump({"channels": {"here": section}}), "policy.yaml")


POLICY = read_policy(
    """
    channels:
      chat: {kind: slack, token: "env:T", channel: C0123456789, drills: true}
      bad-only: {kind: slack, token: "env:T", channel: C0123456789, severities: [P0]}
      public: {kind: statuspage, page: p, token: "env:T", severities: [P0]}
      pager: {kind: pagerduty, routing_key: "env:K", severities: [P0, P1]}
      anas: {kind: apprise, address: "env:A", messages: [page], people: [ana]}
    """,
    "policy.yaml",
)


@pytest.mark.parametrize(
    ("severity", "drill", "told", "names"),
    [
        (Severity.P2, False, (), ["chat"]),
        (Severity.P0, False, (), ["chat", "bad-only", "public"]),
        (Severity.P0, True, (), ["chat"]),
        (Severity.P2, False, ("bad-only",), ["chat", "bad-only"]),
        (Severity.NONE, False, (), []),
    ],
)
def test_a_message_goes_where_policy_says(
    severity: Severity, drill: bool, told: tuple[str, ...], names: list[str]
) -> None:
    """By severity; a drill only where it is allowed, never in public; who was told of the beginning hears the end."""
    found = message_routes(POLICY.channels, MessageKind.UPDATE, severity, drill, told)

    assert [one.channel for one in found] == names
    assert all(one.held == (one.channel == "public") for one in found)


def test_a_person_is_called_through_their_own_channels() -> None:
    """And through those that are for everybody."""
    assert [one.channel for one in pager_routes(POLICY.channels, Severity.P1, False, "ana")] == [
        "pager",
        "anas",
    ]
    assert [one.channel for one in pager_routes(POLICY.channels, Severity.P1, False, "bob")] == ["pager"]
