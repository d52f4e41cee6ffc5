"""What each kind of write brings along for its target to compare, and which bring nothing, and why.

A fencing token is asked for right before a call. No check can stop a process that is frozen between the check and the
call: then only the target can refuse, by what the write relies on.
"""

from enum import StrEnum

from outage.diagnosis.hypothesis import Action
from outage.people.settle_try import SecondTry
from outage.value import Value


class WriteKind(StrEnum):
    """Everything that this program sends to change something outside of its own record."""

    CREATE = "create an object"
    PATCH = "patch, scale, restart, undo, cordon or uncordon an object"
    DELETE = "delete an object"
    EVICT = "evict a pod"
    END_SESSION = "end a database session"
    MERGED_MESSAGE = "send to a service that merges by key"
    FOUND_MESSAGE = "send to a service that can be searched by key"
    BLIND_MESSAGE = "send to a service that does neither"
    START_RUN = "start a response"
    DRILL_CREATE = "create an object in a drill"
    DRILL_PATCH = "patch or restart an object in a drill"
    DRILL_DELETE = "delete or replace an object in a drill"
    DRILL_STATEMENT = "run a statement or a command in a drill"
    DRILL_POWER = "stop or start a node or a part in a drill"


class WriteCheck(Value):
    """What a target compares, and what that leaves open."""

    relies_on: str
    """What the write brings along; empty when nothing."""
    leaves: str = ""
    """What a process that is frozen after its last check may still do, and why that is borne; empty when nothing."""


NEW_NAME = "the name, made of incident, attempt and step where it is ours to choose"
REUSED = (
    "a name that was freed since is taken once more; the next holder finds the object, and reads it as ours"
)

WRITE_CHECKS: dict[WriteKind, WriteCheck] = {
    WriteKind.CREATE: WriteCheck(relies_on=NEW_NAME, leaves=REUSED),
    WriteKind.PATCH: WriteCheck(relies_on="resourceVersion, which belongs to one object only"),
    WriteKind.DELETE: WriteCheck(
        relies_on="uid and resourceVersion; of a smoke Job and in a drill uid alone"
    ),
    WriteKind.EVICT: WriteCheck(relies_on="uid"),
    WriteKind.END_SESSION: WriteCheck(relies_on="pid and backend_start"),
    WriteKind.MERGED_MESSAGE: WriteCheck(relies_on="a deduplication key (PagerDuty) or UID (calendars)"),
    WriteKind.FOUND_MESSAGE: WriteCheck(
        relies_on="",
        leaves="one message more: the service (Slack, Jira, ServiceNow, Statuspage) takes no key; the next sender"
        " searches for it before it sends",
    ),
    WriteKind.BLIND_MESSAGE: WriteCheck(
        relies_on="",
        leaves="one message late: a webhook and Apprise's services take no key; the next sender does not repeat it"
        " unless it calls a person",
    ),
    WriteKind.START_RUN: WriteCheck(relies_on="the incident's id as idempotency key"),
    WriteKind.DRILL_CREATE: WriteCheck(relies_on="the name", leaves=REUSED),
    WriteKind.DRILL_PATCH: WriteCheck(relies_on="resourceVersion"),
    WriteKind.DRILL_DELETE: WriteCheck(relies_on="uid; what is made anew, the name"),
    WriteKind.DRILL_STATEMENT: WriteCheck(
        relies_on="",
        leaves="one statement more, on ground that is marked for drills: neither SQL nor exec takes a precondition",
    ),
    WriteKind.DRILL_POWER: WriteCheck(
        relies_on="", leaves="a node or part stopped or started once more: doing it twice is doing it once"
    ),
}

OF_ACTIONS: dict[Action, tuple[WriteKind, ...]] = {
    Action.CREATE: (WriteKind.CREATE,),
    Action.DELETE: (WriteKind.DELETE,),
    Action.CANCEL: (WriteKind.END_SESSION,),
    Action.DRAIN: (WriteKind.PATCH, WriteKind.EVICT),
    **dict.fromkeys(
        (Action.PATCH, Action.UNDO, Action.SCALE, Action.RESTART, Action.CORDON, Action.UNCORDON),
        (WriteKind.PATCH,),
    ),
}
OF_SERVICES: dict[SecondTry, WriteKind] = {
    SecondTry.MERGED: WriteKind.MERGED_MESSAGE,
    SecondTry.LOOK: WriteKind.FOUND_MESSAGE,
    SecondTry.DOUBLED: WriteKind.BLIND_MESSAGE,
}
OF_BLOWS: dict[str, WriteKind] = {
    "create": WriteKind.DRILL_CREATE,
    "patch": WriteKind.DRILL_PATCH,
    "restart": WriteKind.DRILL_PATCH,
    "delete": WriteKind.DRILL_DELETE,
    "replace": WriteKind.DRILL_DELETE,
    "sql": WriteKind.DRILL_STATEMENT,
    "run": WriteKind.DRILL_STATEMENT,
    **dict.fromkeys(("stop-node", "start-node", "stop-part", "start-part"), WriteKind.DRILL_POWER),
}


def write_check_lines() -> list[str]:
    """The table of docs/writes.md, a line each."""
    rows = [
        f"| {kind} | {one.relies_on or '**nothing**'} | {one.leaves or 'nothing'} |"
        for kind, one in WRITE_CHECKS.items()
    ]
    head = "| write | what its target compares | what a process frozen after its last check may still do |"
    return [head, "|---|---|---|", *rows]
