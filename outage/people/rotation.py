"""People and rotations as the policy file names them."""

from typing import Annotated
from zoneinfo import available_timezones

from pydantic import AfterValidator, AwareDatetime, Field, model_validator

from outage.people.channel_settings import SecretReference
from outage.value import Value


def _zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError(f"`{name}` is no time zone; write it as `Europe/Berlin`")
    return name


TimeZone = Annotated[str, AfterValidator(_zone)]


class Person(Value):
    """Somebody whom the policy names; the handle is the key."""

    name: str = ""
    mail: str = ""
    time_zone: TimeZone = "UTC"
    slack: Annotated[str, Field(pattern=r"^([UW][A-Z0-9]{6,})?$")] = ""
    """Their member id there, `U0123456789`: what they press in the chat is proven to be theirs."""
    pagerduty: Annotated[str, Field(pattern=r"^([A-Z0-9]{6,})?$")] = ""
    """Their user id there, `PABC123`; without one they are known by their mail."""


class Override(Value):
    """Somebody else, for a while."""

    person: str
    starts: AwareDatetime
    ends: AwareDatetime
    why: str = Field(min_length=1)

    @model_validator(mode="after")
    def _in_order(self) -> "Override":
        if self.ends <= self.starts:
            raise ValueError("an override ends after it starts")
        return self


class Rotation(Value):
    """Who is on call when: a calendar (a file, or a URL that is a secret), and overrides that go before it."""

    calendar: SecretReference | None = None
    """A file that is the calendar itself, or a variable or Secret that holds its URL."""
    time_zone: TimeZone = "UTC"
    """For events that name whole days."""
    overrides: tuple[Override, ...] = ()
