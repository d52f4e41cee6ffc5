"""What eases an outage and stays in place: the other slot, the maintenance page. Somebody owns it and takes it back.

Promise: pure.

Source: runbook "Traffic Routing".
"""

from datetime import datetime, timedelta

from outage.diagnosis.hypothesis import ChosenProposal, Mitigation, Proposal
from outage.diagnosis.resolution_action import ResolutionKind
from outage.mitigation.maintenance_page import shows_page
from outage.plans.approval import Answer, Approval
from outage.plans.plan import Plan
from outage.platforms.platform import Platform
from outage.text.durations import duration_in_words
from outage.value import Value

REMINDED_AT = 2
"""Reminders up to the deadline, the last one at it; after it they go on at the same distance."""


class StandingMitigation(Value):
    """One of them, from its write until it is taken back."""

    incident: str
    attempt: int
    """Number of the plan that wrote it."""
    summary: str
    owner: str
    """Handle of who takes it back, or the group of the policy when nobody in person said yes."""
    since: datetime
    due_at: datetime

    @property
    def command_back(self) -> str:
        """What takes it back."""
        return f"outage act take-back {self.incident} --plan {self.attempt} --by {self.owner}"


class StandingReminder(Value):
    """What is to be said about one now."""

    turn: int
    """From 1; each is said once."""
    overdue: bool
    says: str


def stands_until_taken_back(plan: Plan, proposal: Proposal | None, platform: Platform) -> bool:
    """Whether a plan leads users elsewhere for a while: to the maintenance page, or to the other slot.

    Args:
        plan: What was written.
        proposal: What it was made of. A repair that puts a selector right is meant to stay, and so is a way back.
        platform: Says what the page and the slots are.
    """
    chosen = isinstance(proposal, ChosenProposal) and proposal.action.kind is not ResolutionKind.TAKE_BACK
    if not (chosen or isinstance(proposal, Mitigation)):
        return False
    return shows_page(plan, platform) or _switches_slot(plan, platform)


def _switches_slot(plan: Plan, platform: Platform) -> bool:
    labels = {one.service: one.label for one in platform.slots}
    return any(
        step.change.target.kind == "Service"
        and any(
            str(op.get("path", "")).endswith(f"/{labels[step.change.target.name].replace('/', '~1')}")
            for op in step.change.patch
        )
        for step in plan.steps
        if step.change.target.name in labels
    )


def owner_of_mitigation(leader: str, approvals: tuple[Approval, ...], requester: str, group: str) -> str:
    """Who takes it back: who leads, else who said yes last, else who asked for it, else whom policy asks first.

    Args:
        leader: Of the incident; empty when nobody leads.
        approvals: The answers to its plan.
        requester: Who started the incident by hand; empty when nobody did.
        group: Of the policy.
    """
    said_yes = [one.by for one in approvals if one.answer is Answer.APPROVE and one.door != "policy"]
    return leader or (said_yes[-1] if said_yes else "") or requester or group or "on-call"


def standing_reminder(one: StandingMitigation, now: datetime) -> StandingReminder | None:
    """The newest reminder that should have been given by now, or None before the first.

    Args:
        one: What stands.
        now: Aware.
    """
    step = (one.due_at - one.since) / REMINDED_AT
    turn = int((now - one.since) / step) if step > timedelta(0) else 0
    if turn < 1:
        return None
    overdue = now >= one.due_at
    when = f"was due {duration_in_words(now - one.due_at)} ago" if overdue else _left(one, now)
    says = f"`{one.summary}` still stands and {when}; {one.owner} takes it back: `{one.command_back}`"
    return StandingReminder(turn=turn, overdue=overdue, says=says)


def _left(one: StandingMitigation, now: datetime) -> str:
    return f"is to be taken back in {duration_in_words(one.due_at - now)}"
