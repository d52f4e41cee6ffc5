"""What is left to do after an incident: by whom, until when, and whether it was done. Pure."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import groupby

from outage.value import Value

NOBODY = "nobody named"


class Horizon(StrEnum):
    """Until when, in the runbook's words."""

    DAY = "24 hours"
    WEEK = "1 week"
    MONTH = "1 month"

    @property
    def length(self) -> timedelta:
        """From the incident's end."""
        return {Horizon.DAY: timedelta(days=1), Horizon.WEEK: timedelta(days=7)}.get(self, timedelta(days=30))


class FollowUpRules(Value):
    """Who sees to it that what an incident taught is done."""

    owner: str = ""
    """A person of `people` or a group of `approvers`, whose first member it is; empty: the first approver."""


class ActionItem(Value):
    """One thing to do."""

    incident: str
    key: str
    """Unique within the incident: `root-cause`, `probes`."""
    says: str
    """What to do, in a few words."""
    because: str = ""
    """What the data shows; empty when the runbook asks for it anyway."""
    owner: str = ""
    due_at: datetime
    done_at: datetime | None = None
    done_by: str = ""
    """A person, or by what it is seen to be done; empty while it is not."""

    @property
    def id(self) -> str:
        """By which `outage actions --done` knows it: `inc-20301123-7f3a12/probes`."""
        return f"{self.incident}/{self.key}"

    def overdue(self, now: datetime) -> bool:
        """Whether its day has passed and it is not done."""
        return self.done_at is None and self.due_at <= now


def item_line(item: ActionItem, now: datetime | None = None) -> str:
    """The item as a line: `by 2030-01-02 ana: …`; with a time it says what is overdue."""
    state = ""
    if item.done_at is not None:
        state = f" (done by {item.done_by})"
    elif now is not None and item.overdue(now):
        state = " (OVERDUE)"
    because = f": {item.because}" if item.because else ""
    return f"by {item.due_at:%Y-%m-%d} {item.owner or NOBODY}: {item.says}{because}{state}"


def items_in_words(items: Iterable[ActionItem]) -> str:
    """What is left to do, in one line of a message; empty when nothing is."""
    left = sorted((one for one in items if one.done_at is None), key=lambda one: (one.due_at, one.key))
    if not left:
        return ""
    days = [
        f"by {due:%Y-%m-%d} ({owner or NOBODY}) {', '.join(one.says for one in some)}"
        for (due, owner), some in groupby(left, key=lambda one: (one.due_at, one.owner))
    ]
    return f"{len(left)} item{'s' if len(left) > 1 else ''}: {'; '.join(days)}"


def overdue_groups(items: Iterable[ActionItem], now: datetime) -> dict[datetime, list[ActionItem]]:
    """The overdue items of one incident by the moment that they were due: each moment is chased in one message."""
    found: dict[datetime, list[ActionItem]] = {}
    for one in sorted(items, key=lambda one: (one.due_at, one.key)):
        if one.overdue(now):
            found.setdefault(one.due_at, []).append(one)
    return found
