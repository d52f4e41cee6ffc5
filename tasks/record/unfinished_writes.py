"""What a response leaves behind when it stops: what it wrote and did not take back, and what nobody knows."""

from collections.abc import Iterable

from outage.plans.outcome import StepDid
from outage.plans.plan import TAKE_BACK, Intent, Plan, Step

WORDS = (
    "written and not taken back",
    "begun, and whether it was written is not known",
    "its taking back was begun, and whether that was written is not known",
    "written, and nothing takes it back",
)
"""In the order in which a person should look."""


def left_by_response(plans: Iterable[Plan], intents: Iterable[Intent]) -> str:
    """What stands half done, as one sentence; empty when nothing does.

    Args:
        plans: All plans of the incident.
        intents: All its intents, with the outcomes that are known.
    """
    begun = {(one.plan_hash, one.step_key): one for one in intents}
    found: dict[str, list[str]] = {words: [] for words in WORDS}
    for plan in plans:
        for step in plan.steps:
            if words := _left(plan, step, begun):
                found[words].append(f"{step.change.action} {step.change.target}")
    return "; ".join(f"{words}: {', '.join(steps)}" for words, steps in found.items() if steps)


def _left(plan: Plan, step: Step, begun: dict[tuple[str, str], Intent]) -> str:
    """One of the words for a step, or empty: not begun, failed, without effect or taken back."""
    done, back = (begun.get((plan.hash, key)) for key in (step.key, TAKE_BACK + step.key))
    written, unknown, undoing, for_good = WORDS
    if done is None:
        return ""
    if done.outcome is None:
        return unknown
    if done.outcome.did is not StepDid.APPLIED:
        return ""
    if back is None:
        return for_good if step.for_good else written
    if back.outcome is None:
        return undoing
    return written if back.outcome.did is StepDid.FAILED else ""
