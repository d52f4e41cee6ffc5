"""How often and how much: cooldown, writes per hour, steps of one plan, and storms."""

from datetime import datetime, timedelta

from outage.diagnosis.hypothesis import Action
from outage.kubernetes.readiness import is_ready
from outage.plans.objection import Objection, Proceed, Refuse, Verdict
from outage.plans.plan import Plan, Step
from outage.policies.guards.guard_view import GuardView, RecentWrite, is_blind_view
from outage.policies.policy import Policy
from outage.text.durations import duration_in_words

HOUR = timedelta(hours=1)


def in_cooldown(step: Step, plan: Plan, view: GuardView, policy: Policy, now: datetime) -> Verdict:
    """What another incident has just written is not written again: that did not heal it."""
    limit = policy.limits.cooldown
    for write in view.writes:
        if write.target == step.change.target and write.incident != plan.incident and now - write.at < limit:
            return Refuse(
                reason=Objection.COOLDOWN,
                says=f"{write.target} was written by {write.incident} {duration_in_words(now - write.at)} ago, "
                f"the cooldown is {duration_in_words(limit)}",
            )
    return Proceed()


def too_many_actions(plan: Plan, view: GuardView, policy: Policy, now: datetime) -> Verdict:
    """The platform's writes of the last hour and those of the plan together stay under the limit."""
    before = sum(
        1
        for write in view.writes
        if timedelta(0) <= now - write.at < HOUR
        and write.platform in ("", view.platform.name)
        and not _of_plan(write, plan)
    )
    limit, more = policy.limits.actions_per_hour, _counted(plan)
    if before + more > limit:
        return Refuse(
            reason=Objection.TOO_MANY_ACTIONS,
            says=f"{before} writes in the last hour and {more} of this plan, allowed are {limit}",
        )
    return Proceed()


def _counted(plan: Plan) -> int:
    """Steps as a reviewer counts them: ending sessions is one, its number has a limit of its own."""
    ending = any(step.change.action is Action.CANCEL for step in plan.steps)
    return sum(step.change.action is not Action.CANCEL for step in plan.steps) + ending


def _of_plan(write: RecentWrite, plan: Plan) -> bool:
    """Whether a past write is one of the plan's own steps, so that a plan under way does not stop itself."""
    return write.incident == plan.incident and any(step.change.target == write.target for step in plan.steps)


def too_many_steps(plan: Plan, view: GuardView, policy: Policy, now: datetime) -> Verdict:
    """A plan that writes more than a person can review is not the smallest change; an empty one is none."""
    if not plan.steps:
        return Refuse(
            reason=Objection.CANNOT_TELL, says="the plan has no step: nothing is known that would heal this"
        )
    if _counted(plan) > policy.limits.steps:
        return Refuse(
            reason=Objection.TOO_MANY_ACTIONS,
            says=f"the plan has {_counted(plan)} steps, allowed are {policy.limits.steps}",
        )
    return Proceed()


def is_storm(plan: Plan, view: GuardView, policy: Policy, now: datetime) -> Verdict:
    """When too much fails at once, mending one thing is not the answer: hand off."""
    limit = policy.limits.storm_causes
    if view.causes > limit:
        return Refuse(
            reason=Objection.STORM,
            says=f"{view.causes} separate causes stand at once, the limit is {limit}: a person decides",
        )
    if not view.snapshot.saw("Node"):
        return _without_nodes(plan, view)
    nodes = view.snapshot.kind("Node")
    sick = [node for node in nodes if not is_ready(node)]
    if nodes and len(sick) / len(nodes) > policy.limits.storm_nodes_share:
        return Refuse(
            reason=Objection.STORM,
            says=f"{len(sick)} of {len(nodes)} nodes are not ready ({len(sick) / len(nodes):.0%}), "
            f"the limit is {policy.limits.storm_nodes_share:.0%}",
        )
    return Proceed()


def _without_nodes(plan: Plan, view: GuardView) -> Verdict:
    """A namespace's reader sees no nodes, and the other guards still hold; but no node is touched unseen."""
    touched = next((one for one in plan.steps if one.change.target.kind == "Node"), None)
    return (is_blind_view(view, touched.change.target, "Node") if touched else None) or Proceed()
