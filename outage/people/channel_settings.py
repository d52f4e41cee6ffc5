"""The channels of the policy file: what each is, what it is told, and where its secrets stand.

Promise: a file without channels sends nothing, and no file holds a secret: each is named by where it stands.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from outage.incidents.severity import Severity
from outage.people.outbox_message import MessageKind
from outage.value import Value

PUBLIC = (MessageKind.ALERT, MessageKind.UPDATE, MessageKind.RESOLVED, MessageKind.HANDED_OVER)
NEWS = (*PUBLIC, MessageKind.FOLLOW_UP)
CHAT = (*NEWS, MessageKind.QUESTION, MessageKind.TAKEN)
CALLS = (MessageKind.PAGE, MessageKind.ACKNOWLEDGED, MessageKind.CALLED_OFF)


class SecretKey(Value):
    """One value of a Kubernetes Secret."""

    namespace: str
    name: str
    key: str


class SecretReference(Value):
    """Where a secret stands: a file, a variable of the environment, or a Kubernetes Secret."""

    file: Path | None = None
    env: str | None = None
    secret: SecretKey | None = None

    @model_validator(mode="before")
    @classmethod
    def _spelled(cls, given: Any) -> Any:
        """As the platform file spells references: `file:/PATH`, `env:NAME`, `kubernetes:NAMESPACE/SECRET/KEY`."""
        if not isinstance(given, str):
            return given
        kind, _, place = given.partition(":")
        parts = place.split("/")
        if kind == "kubernetes" and len(parts) == 3 and all(parts):
            return {"secret": {"namespace": parts[0], "name": parts[1], "key": parts[2]}}
        if kind in ("file", "env") and place:
            return {kind: place}
        raise ValueError(
            "name the place of the secret: `file:/PATH`, `env:NAME` or `kubernetes:NAMESPACE/SECRET/KEY`"
        )

    @model_validator(mode="after")
    def _one(self) -> Self:
        if sum(one is not None for one in (self.file, self.env, self.secret)) != 1:
            raise ValueError("name exactly one place of the secret: `file`, `env` or `secret`")
        return self

    def __str__(self) -> str:
        """The place in words; never the secret."""
        if self.file is not None:
            return f"file {self.file}"
        if self.secret is not None:
            return f"Secret {self.secret.namespace}/{self.secret.name}, key {self.secret.key}"
        return f"variable {self.env}"


def _base(url: str) -> str:
    parts = urlsplit(url)
    local = parts.hostname in ("127.0.0.1", "localhost", "::1")
    if parts.scheme not in ("https", "http") or not parts.hostname or (parts.scheme == "http" and not local):
        raise ValueError("an address begins with https:// (http:// only for this machine)")
    if parts.username or parts.password:
        raise ValueError("an address holds no password: name the secret by where it stands")
    return url.rstrip("/")


ServiceUrl = Annotated[str, AfterValidator(_base)]
"""Where a service is: a token must not travel in clear."""


def _public(messages: tuple[MessageKind, ...]) -> tuple[MessageKind, ...]:
    if inside := [one for one in messages if one not in PUBLIC]:
        raise ValueError(f"a public page is not told of `{inside[0]}`")
    return messages


class ChannelRules(Value):
    """What every channel has."""

    severities: tuple[Severity, ...] = (Severity.P0, Severity.P1, Severity.P2)
    """Of which incidents it is told."""
    messages: tuple[MessageKind, ...] = NEWS
    """What it is told."""
    drills: bool = False
    """Whether it is told of practice too; then every message says that it is practice."""
    people: tuple[str, ...] = ()
    """For pagers: whose pages go through it; empty means everybody's."""
    timeout_seconds: float = Field(default=15.0, gt=0, le=60)

    @property
    def needs_yes(self) -> bool:
        """Whether a person must say yes to each message first."""
        return False


class SlackSettings(ChannelRules):
    """One thread an incident in one Slack channel."""

    kind: Literal["slack"]
    token: SecretReference
    """A bot token with `chat:write` and `channels:history` (or `groups:history`)."""
    channel: str = Field(pattern=r"^[CGD][A-Z0-9]{6,}$")
    """The channel's id, `C0123456789`: names change."""
    messages: tuple[MessageKind, ...] = CHAT
    app_token: SecretReference | None = None
    """An app-level token with `connections:write`: buttons over Socket Mode, for which nothing is opened inwards."""
    signing_secret: SecretReference | None = None
    """The app's signing secret: buttons over `/chat/NAME` of the page, which Slack must be able to reach."""
    url: ServiceUrl = "https://slack.com/api"

    @property
    def takes_clicks(self) -> bool:
        """Whether messages have buttons."""
        return self.app_token is not None or self.signing_secret is not None


class AppriseSettings(ChannelRules):
    """One-way messages to any service that Apprise knows; its URL is a secret."""

    kind: Literal["apprise"]
    address: SecretReference


class PagerDutySettings(ChannelRules):
    """PagerDuty's Events API v2."""

    kind: Literal["pagerduty"]
    routing_key: SecretReference
    messages: tuple[MessageKind, ...] = CALLS
    url: ServiceUrl = "https://events.pagerduty.com"
    api_token: SecretReference | None = None
    """A read-only token of the REST API: with it, who acknowledges there has acknowledged here."""
    api_url: ServiceUrl = "https://api.pagerduty.com"
    """`https://api.eu.pagerduty.com` in the service region of Europe."""


class WebhookSettings(ChannelRules):
    """A service of your own: JSON, signed with HMAC-SHA256."""

    kind: Literal["webhook"]
    url: ServiceUrl
    signing_key: SecretReference


class JiraSettings(ChannelRules):
    """A Jira issue an incident."""

    kind: Literal["jira"]
    url: ServiceUrl
    user: str = Field(min_length=1)
    token: SecretReference
    project: str = Field(pattern=r"^[A-Z][A-Z0-9_]+$")
    messages: tuple[MessageKind, ...] = (*NEWS, MessageKind.ACTION_ITEM)
    issue_type: str = "Task"
    done: str = "Done"
    """Name of the transition that closes the issue when the outage is over; empty leaves it open."""


class ServiceNowSettings(ChannelRules):
    """A ServiceNow incident an incident."""

    kind: Literal["servicenow"]
    url: ServiceUrl
    user: str = Field(min_length=1)
    password: SecretReference
    messages: tuple[MessageKind, ...] = (*NEWS, MessageKind.ACTION_ITEM)
    close_code: str = "Solution provided"


class StatuspageSettings(ChannelRules):
    """The public status page. Never told of a drill, and of nothing without a person's yes unless this says so."""

    kind: Literal["statuspage"]
    page: str = Field(min_length=1)
    token: SecretReference
    severities: tuple[Severity, ...] = Field(min_length=1)
    """No default: what the public is told is decided by people."""
    messages: Annotated[tuple[MessageKind, ...], AfterValidator(_public)] = PUBLIC
    components: dict[str, str] = {}
    """Service of the platform file → id of the page's component."""
    drills: Literal[False] = False
    without_yes: bool = False
    url: ServiceUrl = "https://api.statuspage.io/v1"

    @property
    def needs_yes(self) -> bool:
        """A public statement is a person's."""
        return not self.without_yes


class CalendarSettings(ChannelRules):
    """Invitations to post-mortems: an .ics file, and a mail with it when `address` names an Apprise mail URL."""

    kind: Literal["calendar"]
    folder: Path
    organizer: str = Field(pattern=r"^[^@\s]+@[^@\s]+$")
    address: SecretReference | None = None
    messages: tuple[MessageKind, ...] = (MessageKind.INVITATION,)


ChannelSettings = Annotated[
    SlackSettings
    | AppriseSettings
    | PagerDutySettings
    | WebhookSettings
    | JiraSettings
    | ServiceNowSettings
    | StatuspageSettings
    | CalendarSettings,
    Field(discriminator="kind"),
]

KnownChannels = Callable[[], Mapping[str, ChannelSettings]]
"""Says which channels there are now, by name: files are edited while processes run."""


def heard_by_app(channels: Mapping[str, ChannelSettings], app: SlackSettings) -> dict[str, SlackSettings]:
    """The channels whose clicks Slack tells one app, by name: an app may serve several, of several policies.

    Args:
        channels: All of them.
        app: One of the app's.
    """
    return {
        name: one
        for name, one in channels.items()
        if isinstance(one, SlackSettings)
        and (one.app_token, one.signing_secret, one.url) == (app.app_token, app.signing_secret, app.url)
    }
