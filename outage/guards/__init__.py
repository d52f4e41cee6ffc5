"""Reasons not to act: one per function, all of them asked, every objection collected.

What may not happen in here: a guard never raises, never looks anywhere but at the `World` it is given, and refuses
when it cannot tell. This module is the list; the reasons live in one module per family.
"""

from collections.abc import Callable
from datetime import datetime
from functools import partial

from outage.errors import cut
from outage.guard import Objection, Refuse, Verdict
from outage.guards import data, evicted, pace, scope, share, when
from outage.guards.world import World, Write
from outage.plan import Plan, Step
from outage.policy import Policy

__all__ = ["World", "Write", "objections", "step_objections"]

PlanGuard = Callable[[Plan, World, Policy, datetime], Verdict]
StepGuard = Callable[[Step, Plan, World, Policy, datetime], Verdict]

FOR_PLANS: tuple[PlanGuard, ...] = (
    when.kill_switch,
    when.policy_broken,
    when.stale_view,
    when.freeze,
    when.maintenance,
    pace.storm,
    pace.too_many_steps,
    pace.too_many_actions,
    data.too_many_sessions,
)
"""Asked once for the whole plan, in the order in which a responder wants to read the answers."""

FOR_STEPS: tuple[StepGuard, ...] = (
    scope.allow_list,
    scope.in_view,
    scope.protected,
    scope.paused,
    scope.gitops,
    evicted.evictions,
    data.secrets,
    data.volumes,
    data.sessions,
    share.replicas_floor,
    share.autoscaled,
    share.share_disturbed,
    share.disruption_budget,
    pace.cooldown,
)
"""Asked for each step."""


def objections(plan: Plan, world: World, policy: Policy, now: datetime) -> tuple[Refuse, ...]:
    """Every reason not to carry out this plan now; empty when nothing speaks against it."""
    found = [_ask(guard.__name__, partial(guard, plan, world, policy, now)) for guard in FOR_PLANS]
    for step in plan.steps:
        found += _of_step(step, plan, world, policy, now)
    return tuple(dict.fromkeys(one for one in found if isinstance(one, Refuse)))


def step_objections(
    step: Step, plan: Plan, world: World, policy: Policy, now: datetime
) -> tuple[Refuse, ...]:
    """Every reason not to write one step now: the plan's guards again, and this step's."""
    found = [_ask(guard.__name__, partial(guard, plan, world, policy, now)) for guard in FOR_PLANS]
    found += _of_step(step, plan, world, policy, now)
    return tuple(dict.fromkeys(one for one in found if isinstance(one, Refuse)))


def _of_step(step: Step, plan: Plan, world: World, policy: Policy, now: datetime) -> list[Verdict]:
    return [_ask(guard.__name__, partial(guard, step, plan, world, policy, now)) for guard in FOR_STEPS]


def _ask(name: str, guard: Callable[[], Verdict]) -> Verdict:
    """A guard that fails cannot tell, and who cannot tell refuses."""
    try:
        return guard()
    except Exception as error:  # noqa: BLE001  whatever went wrong, the answer is no
        return Refuse(reason=Objection.CANNOT_TELL, says=f"the guard `{name}` failed: {cut(str(error))}")
