"""Which channels a message goes to: by what it is, how bad the incident is, and whether it is practice."""

from collections.abc import Mapping

from outage.incidents.severity import Severity
from outage.people.channel_settings import ChannelSettings
from outage.people.outbox_message import MessageKind
from outage.value import Value


class MessageRoute(Value):
    """One channel that is told."""

    channel: str
    held: bool = False
    """Whether a person must say yes before it is sent."""


def message_routes(
    channels: Mapping[str, ChannelSettings],
    what: MessageKind,
    severity: Severity,
    drill: bool,
    told: tuple[str, ...] = (),
) -> tuple[MessageRoute, ...]:
    """The channels that a message goes to, in the policy's order; none when none is configured.

    Args:
        channels: The policy's, by name.
        what: What the message is about.
        severity: The incident's now. One that has become milder is still told about where it was told before.
        drill: Whether the incident is practice: then only channels that policy allows for drills.
        told: Channels that were told of this incident before.
    """
    return tuple(
        MessageRoute(channel=name, held=one.needs_yes)
        for name, one in channels.items()
        if what in one.messages and (one.drills or not drill) and (severity in one.severities or name in told)
    )


def pager_routes(
    channels: Mapping[str, ChannelSettings], severity: Severity, drill: bool, person: str = ""
) -> tuple[MessageRoute, ...]:
    """The channels through which a person is called; those that name people are for them alone.

    Args:
        channels: The policy's, by name.
        severity: The incident's.
        drill: Whether it is practice.
        person: Handle of who is called; empty for whoever answers there.
    """
    found = message_routes(channels, MessageKind.PAGE, severity, drill)
    return tuple(
        one for one in found if not channels[one.channel].people or person in channels[one.channel].people
    )


def drill_routes(channels: Mapping[str, ChannelSettings], what: MessageKind) -> tuple[MessageRoute, ...]:
    """The channels that hear of a drill itself, however bad it is: those that the policy allows for drills.

    Args:
        channels: The policy's, by name.
        what: What the message is about.
    """
    return message_routes(channels, what, Severity.NONE, drill=True, told=tuple(channels))
