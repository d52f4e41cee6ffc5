"""Reasons not to act: one per function, all of them asked, every objection collected.

What may not happen in here: a guard never raises, never looks anywhere but at the `World` it is given, and refuses
when it cannot tell. This module is the list; the reasons live in one module per family.
"""

from collections.abc import Callable
from datetime import datetime
from functools import partial

from outage.errors import cut
from outage.plans.objection import Objection, Refuse, Verdict
from outage.plans.plan import Plan, Step
from outage.policies.guards import (
    data_loss,
    disruption_share,
    drain_evictions,
    own_place,
    write_pace,
    write_rights,
    write_scope,
    write_windows,
)
from outage.policies.guards.guard_view import GuardView, RecentWrite
from outage.policies.policy import Policy

__all__ = ["GuardView", "RecentWrite", "plan_objections", "step_objections"]

PlanGuard = Callable[[Plan, GuardView, Policy, datetime], Verdict]
StepGuard = Callable[[Step, Plan, GuardView, Policy, datetime], Verdict]

FOR_PLANS: tuple[PlanGuard, ...] = (
    write_windows.kill_switch,
    write_windows.policy_broken,
    write_windows.stale_view,
    write_rights.missing_rights,
    write_windows.in_freeze,
    write_windows.in_maintenance,
    write_pace.is_storm,
    write_pace.too_many_steps,
    write_pace.too_many_actions,
    data_loss.too_many_sessions,
)
"""Asked once for the whole plan, in the order in which a responder wants to read the answers."""

FOR_STEPS: tuple[StepGuard, ...] = (
    write_scope.allow_list,
    own_place.saws_own_branch,
    write_scope.in_view,
    write_scope.is_protected,
    write_scope.is_paused,
    write_scope.gitops_owned,
    drain_evictions.drain_evictions,
    data_loss.secret_losses,
    data_loss.volume_losses,
    data_loss.session_losses,
    disruption_share.replicas_floor,
    disruption_share.is_autoscaled,
    disruption_share.share_disturbed,
    disruption_share.disruption_budget,
    write_pace.in_cooldown,
)
"""Asked for each step."""


def plan_objections(plan: Plan, view: GuardView, policy: Policy, now: datetime) -> tuple[Refuse, ...]:
    """Every reason not to carry out this plan now; empty when nothing speaks against it."""
    found = [_ask(guard.__name__, partial(guard, plan, view, policy, now)) for guard in FOR_PLANS]
    for step in plan.steps:
        found += _of_step(step, plan, view, policy, now)
    return tuple(dict.fromkeys(one for one in found if isinstance(one, Refuse)))


def step_objections(
    step: Step, plan: Plan, view: GuardView, policy: Policy, now: datetime
) -> tuple[Refuse, ...]:
    """Every reason not to write one step now: the plan's guards again, and this step's."""
    found = [_ask(guard.__name__, partial(guard, plan, view, policy, now)) for guard in FOR_PLANS]
    found += _of_step(step, plan, view, policy, now)
    return tuple(dict.fromkeys(one for one in found if isinstance(one, Refuse)))


def _of_step(step: Step, plan: Plan, view: GuardView, policy: Policy, now: datetime) -> list[Verdict]:
    return [_ask(guard.__name__, partial(guard, step, plan, view, policy, now)) for guard in FOR_STEPS]


def _ask(name: str, guard: Callable[[], Verdict]) -> Verdict:
    """A guard that fails cannot tell, and who cannot tell refuses."""
    try:
        return guard()
    except Exception as error:  # noqa: BLE001  whatever went wrong, the answer is no
        return Refuse(reason=Objection.CANNOT_TELL, says=f"the guard `{name}` failed: {cut(str(error))}")
