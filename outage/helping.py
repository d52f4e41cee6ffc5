"""Whether a plan that did not bring recovery healed its own cause all the same: some outages have two.

Taking a right change back because something else is broken too would break it again, and no order of tries would
ever heal both. So it stays when it is seen to have done its part, and the next cause is tried on top of it.

Promise: pure, and doubt takes back. What cannot be told is no help.
"""

from collections.abc import Iterable

from outage.hypothesis import Change, Diagnosis, Hypothesis
from outage.plan import Plan
from outage.relief import is_relief
from outage.severity import Impact


def other_cause(plan: Plan, before: Diagnosis, after: Diagnosis, believed_from: float) -> Hypothesis | None:
    """The cause of what still fails, when the plan healed its own; None when the plan is to be taken back.

    It healed its own when nobody names that cause any more, nothing fails that did not fail before, and what still
    fails has a believable cause that is older than the plan's writes and is mended without undoing them.

    Args:
        plan: What was written and did not bring recovery.
        before: The diagnosis that the plan was made from.
        after: The diagnosis with everything of the plan in place.
        believed_from: Score from which a cause is acted upon.
    """
    causes = {one.key for one in before.hypotheses if not is_relief(one)}
    if plan.hypothesis not in causes or plan.hypothesis in {one.key for one in after.hypotheses}:
        return None
    if _hurt(after.assessment.impact) - _hurt(before.assessment.impact):
        return None
    likeliest = next((one for one in after.hypotheses if not is_relief(one)), None)
    if likeliest is None or likeliest.repair is None or likeliest.score < believed_from:
        return None
    stood = likeliest.key in causes or (likeliest.onset is not None and likeliest.onset < plan.made_at)
    return likeliest if stood and not _undoes(likeliest.repair.changes, plan) else None


def _hurt(impact: Impact) -> set[str]:
    """Everything that fails, by name; what was down and is only degraded now is no news."""
    return {
        *impact.services_down,
        *impact.services_degraded,
        *impact.probes_failing,
        *impact.routes_dead,
    }


def _undoes(changes: Iterable[Change], plan: Plan) -> bool:
    """Whether a change writes what the plan wrote: then it is no second cause, but the first one seen otherwise."""
    written = [step.change for step in plan.steps]
    return any(_same_place(one, other) for one in changes for other in written)


def _same_place(one: Change, other: Change) -> bool:
    if one.target != other.target:
        return False
    if not one.patch or not other.patch:
        return True  # the whole object is made, deleted or restarted
    mine, theirs = ([f"{op['path']}/" for op in change.patch] for change in (one, other))
    return any(a.startswith(b) or b.startswith(a) for a in mine for b in theirs)
