"""Whom to tell, and what, while a plan waits for an answer."""

from datetime import timedelta

from outage.policies.policy import Policy
from outage.text.durations import duration_in_words

Reminder = tuple[str, str]
"""A stable key, so that each is said once, and the sentence."""


def due_reminders(plan_hash: str, waited: timedelta, policy: Policy) -> tuple[Reminder, ...]:
    """What should have been said by now about a plan that waits.

    Args:
        plan_hash: The plan.
        waited: Since it was asked about.
        policy: Says how often to remind, and when and to whom it escalates.

    Returns:
        The newest reminder, and the escalation once its time has come; none before the first is due.
    """
    said: list[Reminder] = []
    if (turn := int(waited / policy.remind_after)) > 0:
        left = duration_in_words(policy.answer_within - waited)
        says = f"plan {plan_hash} still waits for an answer; in {left} silence is a no"
        said.append((f"reminder/{plan_hash}/{turn}", says))
    if policy.escalate_to and waited >= policy.escalate_after:
        people = ", ".join(policy.approvers.get(policy.escalate_to, ()))
        waited_words = duration_in_words(policy.escalate_after)
        says = f"nobody answered plan {plan_hash} in {waited_words}: {policy.escalate_to} ({people})"
        said.append((f"escalation/{plan_hash}", f"{says} must look"))
    return tuple(said)
