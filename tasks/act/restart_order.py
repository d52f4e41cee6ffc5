"""Restarting several services: one after the other, each only once the one before is up again."""

from collections.abc import Callable
from datetime import datetime, timedelta

from outage.diagnosis.hypothesis import Action
from outage.errors import OutageError
from outage.plans.plan import Plan, Step
from outage.verification.rollout_status import rollout_state, rollout_stuck
from tasks.act.step_store import Target

ROLLED_OUT_WITHIN = timedelta(minutes=2)
"""For one service: six of them are waited for within the time that the phase of writing has."""
LOOK_EVERY_SECONDS = 1.0


def unfinished_restart(
    plan: Plan,
    step: Step,
    door: Target,
    now: Callable[[], datetime],
    rest: Callable[[float], None],
    stopped: Callable[[], str | None],
) -> str | None:
    """Wait until the restart before this one has rolled out; why this one must not begin, or None.

    A service that does not come up again is not followed by the next: then two would be down.

    Source: runbook "Service Restart".

    Args:
        plan: The whole plan.
        step: The step that is to be written next.
        door: Where the step before was written.
        now: The clock.
        rest: Waits so many seconds.
        stopped: Why writing is switched off, or None.
    """
    before = plan.steps[: plan.steps.index(step)][-1:]
    if (
        step.change.action is not Action.RESTART
        or not before
        or before[0].change.action is not Action.RESTART
    ):
        return None
    target, began = before[0].change.target, now()
    while True:
        try:
            live = door.read(target)
        except OutageError as error:
            return f"not written, nobody can tell whether the restart before it is done: {error}"
        seen = rollout_state({"kind": target.kind, **live} if live else None, str(target))
        if seen.ok:
            return None
        if stop := stopped():
            return f"not written, the kill switch is thrown: {stop}"
        late = now() - began >= ROLLED_OUT_WITHIN
        if stuck := rollout_stuck(live, began) or (seen.says if late else None):
            return f"not written, the restart before it is not done: {stuck}"
        rest(LOOK_EVERY_SECONDS)
