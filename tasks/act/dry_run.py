"""Show what a plan would write: the API server's own dry run, as a diff per step."""

from collections.abc import Iterable

from outage.diagnosis.hypothesis import Action, Change
from outage.kubernetes.objects import ObjectRef
from outage.plans.plan import Plan, Step
from outage.plans.planning import expected_afterwards
from outage.text.object_diff import object_diff
from outage.value import Manifest
from tasks.act.step_store import Target


def preview_plan(plan: Plan, writer: Target, database: Target | None = None) -> Plan:
    """The plan with a diff in every step. Nothing is written.

    A step that follows another one on the same object is computed from what that one would leave, because the API
    server cannot dry-run on top of a dry run.

    Source: runbook "Resolution Actions".

    Args:
        plan: Steps without diffs.
        writer: The door to the cluster.
        database: The door to the database's sessions; None when the platform has none.

    Raises:
        ClusterRejected: The API server or a webhook would refuse a step: the plan is no plan. Permanent.
        ClusterError: The cluster could not be asked.
    """
    left: dict[ObjectRef, Manifest | None] = {}
    steps = []
    for step in plan.steps:
        before, after = _shown(step, left, database if step.change.action is Action.CANCEL else writer)
        left[step.change.target] = after
        steps.append(step.model_copy(update={"diff": _diff(step.change, before, after)}))
    return plan.model_copy(update={"steps": tuple(steps)})


def _shown(
    step: Step, left: dict[ObjectRef, Manifest | None], door: Target | None
) -> tuple[Manifest | None, Manifest | None]:
    change = step.change
    if change.target in left:
        before = left[change.target]
        return before, expected_afterwards(before, change)
    if door is None:
        return None, None
    return door.dry_run(change, step.precondition)


def _diff(change: Change, before: Manifest | None, after: Manifest | None) -> str:
    if change.action is Action.CANCEL:
        if before is None:
            return "+ nothing: the session has ended"
        who = before["spec"]
        session = (
            f"{who['application'] or 'an application'} as {who['user']} from {who['client'] or 'a socket'}"
        )
        return f"- database session {change.target.name}: {session}\n+ ended"
    if change.action is Action.DRAIN:
        return f"{object_diff(before, after)}\n+ every evictable pod of {change.target} is evicted, within budgets"
    return object_diff(before, after)


def live_objects(
    targets: Iterable[ObjectRef], writer: Target, database: Target | None = None
) -> dict[ObjectRef, Manifest | None]:
    """Every target as it is now, past every cache; None when it is not there (or its door is closed).

    Args:
        targets: What a plan would write.
        writer: The door to the cluster.
        database: The door to the database's sessions; None when the platform has none.
    """
    live: dict[ObjectRef, Manifest | None] = {}
    for target in dict.fromkeys(targets):
        door = database if target.kind == "Session" else writer
        live[target] = door.read(target) if door else None
    return live
