"""Which rights a plan needs: to write each of its steps, and to take each back."""

from collections.abc import Iterator

from outage.diagnosis.hypothesis import Action
from outage.kubernetes.access_right import Right
from outage.kubernetes.objects import ObjectRef
from outage.plans.plan import Plan, Step

SESSION = "Session"
"""The kind of what `cancel` ends: the database answers for it, not the API server."""


def rights_of_plan(plan: Plan) -> tuple[Right, ...]:
    """What the writing identity must be allowed to do for this plan and its way back, each right once."""
    asked = {str(right): right for step in plan.steps for right in _of_step(step)}
    return tuple(asked.values())


def _of_step(step: Step) -> Iterator[Right]:
    target, writes = step.change.target, f"step {step.key} would fail"
    back = f"step {step.key} could not be taken back"
    match step.change.action:
        case Action.CANCEL:
            yield Right(identity="writer", verb="end", kind=SESSION, purpose=writes)
            return
        case Action.CREATE:
            # the API server does not know the name of what is being created
            yield _right("create", target, writes, named=False)
            yield _right("delete", target, back)
        case Action.DELETE:
            yield _right("delete", target, writes)
            if not step.for_good:
                yield _right("create", target, back, named=False)
        case _:
            yield _right("patch", target, writes)
    yield _right("get", target, writes)
    if step.change.action is Action.DRAIN:
        yield Right(identity="writer", verb="list", kind="Pod", purpose=writes)
        yield Right(identity="writer", verb="create", kind="Pod", subresource="eviction", purpose=writes)


def _right(verb: str, target: ObjectRef, purpose: str, *, named: bool = True) -> Right:
    return Right(
        identity="writer",
        verb=verb,
        kind=target.kind,
        namespace=target.namespace,
        name=target.name if named else "",
        purpose=purpose,
    )
