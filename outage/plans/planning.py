"""From a cause to a plan: the smallest ordered set of writes, each with its precondition and its way back.

Pure: the objects as they are now and the moment are arguments; the diffs are filled in by `tasks.act.preview`,
because only the API server knows what it would make of a write.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from outage.diagnosis.hypothesis import Action, Change, ChosenProposal, Hypothesis, Mitigation
from outage.incidents.incident import Incident
from outage.kubernetes import json_patch
from outage.kubernetes.objects import ObjectRef, dig
from outage.plans.plan import TAKE_BACK, Plan, Step
from outage.plans.preconditions import precondition
from outage.value import Manifest

RESTARTED_AT = "kubectl.kubernetes.io/restartedAt"
"""The annotation that `kubectl rollout restart` writes, so that both look the same in the history."""


def plan_for(
    hypothesis: Hypothesis | Mitigation | ChosenProposal,
    incident: Incident,
    attempt: int,
    live: Mapping[ObjectRef, Manifest | None],
    now: datetime,
    also: tuple[str, ...] = (),
) -> Plan:
    """Make the plan that heals one cause, or eases it.

    Args:
        hypothesis: The cause, with its repair. Without one the plan has no steps, and guards refuse it.
        incident: Whose plan it is.
        attempt: 1 for the first plan of the incident.
        live: Every target of the repair as it is now; None (or absent) when it does not exist.
        now: The moment, for a restart's mark.
        also: Keys of the same cause on other objects, whose changes are in the repair.

    Raises:
        ClusterRejected: A patch of the repair does not fit the object any more. Permanent: investigate again.
    """
    changes = hypothesis.repair.changes if hypothesis.repair else ()
    steps: list[Step] = []
    at = dict(live)
    written: dict[ObjectRef, str] = {}
    for number, change in enumerate(changes, start=1):
        step = _step(number, change, at.get(change.target), written.get(change.target), now)
        steps.append(step)
        written[change.target] = step.key
        at[change.target] = expected_afterwards(at.get(change.target), step.change)
    return Plan(
        incident=incident.id,
        attempt=attempt,
        hypothesis=hypothesis.key,
        also=also,
        summary=hypothesis.repair.summary if hypothesis.repair else "Nothing can be written to heal this",
        steps=tuple(steps),
        made_at=now,
        causes=hypothesis.says,
    )


def take_back_plan(plan: Plan, attempt: int, why: str, now: datetime) -> Plan:
    """The plan that a yes takes another one back by, when it could not be told whether that one helped.

    Args:
        plan: What was written and stays unless somebody says otherwise.
        attempt: Number of the question among the incident's plans.
        why: Why it could not be told, as a sentence.
        now: The moment.
    """
    undone = [
        step.model_copy(
            update={
                "key": TAKE_BACK + step.key,
                "change": step.change.model_copy(update={"why": why, "expected": step.take_back}),
                "diff": "",
                "take_back": "the plan is not written again by itself",
            }
        )
        for step in reversed(plan.steps)
        if not step.for_good
    ]
    return Plan(
        incident=plan.incident,
        attempt=attempt,
        hypothesis=TAKE_BACK + plan.hypothesis,
        summary=f"Take plan {plan.attempt} back: {plan.summary}",
        steps=tuple(undone),
        made_at=now,
        causes=f"{why}. A yes takes it back; a no, or no answer, lets it stay, and a person has it.",
    )


def _step(number: int, change: Change, live: Manifest | None, follows: str | None, now: datetime) -> Step:
    whole = completed_repair(change, live, now)
    return Step(
        key=f"{number}-{change.action}-{change.target.kind.lower()}-{change.target.name}",
        change=whole,
        precondition=precondition(live, whole, follows),
        take_back=take_back_says(whole),
    )


def repair_targets(hypothesis: Hypothesis | Mitigation | ChosenProposal) -> tuple[ObjectRef, ...]:
    """What must be looked at before the plan can be made, each once."""
    changes = hypothesis.repair.changes if hypothesis.repair else ()
    return tuple(dict.fromkeys(change.target for change in changes))


def completed_repair(change: Change, live: Manifest | None, now: datetime) -> Change:
    """Fill in the patch of actions that are a patch by another name.

    Args:
        change: As a rule or a mitigation gave it: `restart`, `cordon`, `undo`, …
        live: The object now; None when it is not there.
        now: The moment, written into what wakes a workload.

    Returns:
        The change with the JSON patch that will be sent; as it was when it needs none.
    """
    if change.patch:
        return change
    patch: tuple[dict[str, Any], ...] = ()
    match change.action:
        case Action.RESTART:
            patch = _restarted(live or {}, now)
        case Action.CORDON | Action.DRAIN:
            patch = ({"op": "add", "path": "/spec/unschedulable", "value": True},)
        case Action.UNCORDON if dig(live or {}, "spec.unschedulable"):
            patch = ({"op": "remove", "path": "/spec/unschedulable"},)
    return change.model_copy(update={"patch": patch}) if patch else change


def _restarted(live: Manifest, now: datetime) -> tuple[dict[str, Any], ...]:
    mark = now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    place = "/spec/template/metadata"
    meta = dig(live, "spec.template.metadata")
    if meta is None:
        return ({"op": "add", "path": place, "value": {"annotations": {RESTARTED_AT: mark}}},)
    if not meta.get("annotations"):
        return ({"op": "add", "path": f"{place}/annotations", "value": {RESTARTED_AT: mark}},)
    return ({"op": "add", "path": f"{place}/annotations/{RESTARTED_AT.replace('/', '~1')}", "value": mark},)


def expected_afterwards(live: Manifest | None, change: Change) -> Manifest | None:
    """The object after a change, as far as that can be told without the API server.

    Args:
        live: The object as it is; None when there is none.
        change: What would be written.

    Returns:
        None when it would be gone.
    """
    if change.action is Action.DELETE:
        return None
    if change.action is Action.CREATE:
        return change.manifest
    if live is None or not change.patch:
        return live
    return json_patch.patched_object(live, change.patch)


def take_back_says(change: Change) -> str:
    """The way back of one change, as a sentence."""
    target = change.target
    match change.action:
        case Action.CREATE:
            return f"Delete {target} again."
        case Action.DELETE if target.kind == "Pod":
            return f"Nothing to take back: the controller of {target} puts a new pod in its place."
        case Action.DELETE:
            return f"Create {target} again as it was, from the picture taken before the write."
        case Action.CORDON:
            return f"Uncordon {target}."
        case Action.UNCORDON:
            return f"Cordon {target} again."
        case Action.DRAIN:
            return f"Uncordon {target}; the pods have been put elsewhere and stay there."
        case Action.CANCEL:
            return f"Nothing to take back: {target} has ended, its client connects anew."
        case Action.RESTART:
            return f"Remove the restart's mark from {target}, which rolls back to the pods' old template."
        case _:
            return f"Restore the changed fields of {target} from the picture taken before the write."
