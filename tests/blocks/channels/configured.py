"""Channels as the policy would configure them, pointed at the doubles."""

from pathlib import Path
from typing import Any

from blocks.channels.channel import Channel
from blocks.channels.open_channel import open_channel
from outage.people.channel_settings import ChannelSettings
from outage.policies.policy import Policy
from tests.blocks.channels import (
    jira_double,
    pagerduty_double,
    servicenow_double,
    slack_double,
    statuspage_double,
    webhook_double,
)
from tests.blocks.channels.fake_service import FakeService

DOUBLES = {
    "slack": slack_double.SlackDouble,
    "pagerduty": pagerduty_double.PagerDutyDouble,
    "jira": jira_double.JiraDouble,
    "servicenow": servicenow_double.ServiceNowDouble,
    "statuspage": statuspage_double.StatuspageDouble,
    "webhook": webhook_double.WebhookDouble,
}
SECRETS = {
    "slack": slack_double.TOKEN,
    "pagerduty": pagerduty_double.ROUTING_KEY,
    "jira": jira_double.TOKEN,
    "servicenow": servicenow_double.PASSWORD,
    "statuspage": statuspage_double.TOKEN,
    "webhook": webhook_double.KEY,
}


def settings_for(kind: str, service: FakeService, folder: Path) -> dict[str, Any]:
    """The channel's section of a policy file; its secret stands in a file."""
    secret = folder / f"{kind}-secret"
    secret.write_text(SECRETS[kind] + "\n", encoding="utf-8")
    place = {"file": str(secret)}
    more: dict[str, dict[str, Any]] = {
        "slack": {"token": place, "channel": slack_double.CHANNEL, "url": f"{service.url}/api"},
        "pagerduty": {"routing_key": place, "url": service.url},
        "jira": {
            "url": service.url,
            "user": jira_double.USER,
            "token": place,
            "project": jira_double.PROJECT,
        },
        "servicenow": {"url": service.url, "user": servicenow_double.USER, "password": place},
        "statuspage": {
            "url": f"{service.url}/v1",
            "page": statuspage_double.PAGE,
            "token": place,
            "severities": ["P0", "P1"],
            "components": {"auth": statuspage_double.COMPONENTS[0]},
        },
        "webhook": {"url": service.url, "signing_key": place},
    }
    return {"kind": kind, "timeout_seconds": 1, **more[kind]}


def with_buttons(section: dict[str, Any], folder: Path) -> dict[str, Any]:
    """A Slack section whose messages have buttons, over both doors."""
    places = {"app_token": slack_double.APP_TOKEN, "signing_secret": slack_double.SIGNING_SECRET}
    for name, secret in places.items():
        (folder / name).write_text(secret + "\n", encoding="utf-8")
    return section | {name: {"file": str(folder / name)} for name in places}


def with_read_back(section: dict[str, Any], service: FakeService, folder: Path) -> dict[str, Any]:
    """A PagerDuty section whose acknowledgements are read."""
    (folder / "api_token").write_text(pagerduty_double.API_TOKEN + "\n", encoding="utf-8")
    return section | {"api_token": {"file": str(folder / "api_token")}, "api_url": service.url}


def parsed(section: dict[str, Any]) -> ChannelSettings:
    """A section as the policy reads it."""
    return Policy.model_validate({"channels": {"here": section}}).channels["here"]


def opened(kind: str, service: FakeService, folder: Path) -> Channel:
    """The channel, open."""
    return open_channel(parsed(settings_for(kind, service, folder)))
