"""Who acknowledges, leads, hands over and closes: one table, with the command for each and what it does.

The README's table is written from it, and a test compares the two.
"""

from enum import StrEnum

from outage.people.person_act import ActKind
from outage.value import Value


class Role(StrEnum):
    """What a person can do with an incident, spelled as the command."""

    ACK = "ack"
    LEAD = "lead"
    HANDOVER = "handover"
    CLOSE = "close"


class RoleRules(Value):
    """One line of the table."""

    role: Role
    who: str
    """Who may."""
    command: str
    does: str
    act: ActKind
    """Under which it is recorded."""


ROLES = (
    RoleRules(
        role=Role.ACK,
        who="anybody",
        command="outage ack ID --by NAME",
        does="calls stop, and a clock starts; the response goes on as before",
        act=ActKind.ACKNOWLEDGED,
    ),
    RoleRules(
        role=Role.LEAD,
        who="whom the policy names (`people`, `approvers`); also from another who leads",
        command="outage lead ID --by NAME",
        does="the response goes on looking and proposing, and writes nothing without this person's yes",
        act=ActKind.LEADS,
    ),
    RoleRules(
        role=Role.HANDOVER,
        who="who leads; where nobody does, anybody",
        command="outage handover ID --to NAME",
        does="the other person has it from then on, the lead with it",
        act=ActKind.HANDED_TO,
    ),
    RoleRules(
        role=Role.CLOSE,
        who="who leads; where nobody does, anybody",
        command="outage close ID --by NAME --because TEXT",
        does="one look says whether it is mended; the incident ends with what was seen",
        act=ActKind.CLOSED,
    ),
)
"""In the order in which an incident is taken."""


def role_of(role: Role) -> RoleRules:
    """The line of one role."""
    return next(one for one in ROLES if one.role is role)
