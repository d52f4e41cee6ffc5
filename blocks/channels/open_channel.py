"""The door for a channel of the policy."""

from blocks.channels.channel import Channel
from outage.people.channel_settings import (
    AppriseSettings,
    CalendarSettings,
    ChannelSettings,
    JiraSettings,
    PagerDutySettings,
    ServiceNowSettings,
    SlackSettings,
    StatuspageSettings,
    WebhookSettings,
)


def open_channel(settings: ChannelSettings) -> Channel:
    """Open a channel; its libraries are imported when it is the first of its kind. Nothing is asked yet.

    Raises:
        ChannelUnusable: A secret is not where the policy says, or cannot be one.
    """
    match settings:
        case SlackSettings():
            from blocks.channels.slack.slack_thread import SlackThread

            return SlackThread(settings)
        case AppriseSettings():
            from blocks.channels.apprise_address import AppriseAddress

            return AppriseAddress(settings)
        case PagerDutySettings():
            from blocks.channels.pagerduty.pagerduty_events import PagerDutyEvents

            return PagerDutyEvents(settings)
        case WebhookSettings():
            from blocks.channels.signed_webhook import SignedWebhook

            return SignedWebhook(settings)
        case JiraSettings():
            from blocks.channels.jira_issue import JiraIssue

            return JiraIssue(settings)
        case ServiceNowSettings():
            from blocks.channels.servicenow_incident import ServiceNowIncident

            return ServiceNowIncident(settings)
        case StatuspageSettings():
            from blocks.channels.statuspage_incident import StatuspageIncident

            return StatuspageIncident(settings)
        case CalendarSettings():
            from blocks.channels.calendar_invitation import CalendarInvitation

            return CalendarInvitation(settings)
