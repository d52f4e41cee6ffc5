"""Act: the only room that changes a cluster or a database in a response.

What may not happen in here: a write without an allowing policy or a yes to this very plan; a write that is not on
record first, with its way back; a write that does not carry the version it relies on. A drill breaks things on
marked ground, in a room of its own.
"""

from tasks.act.apply_steps import apply_plan_steps
from tasks.act.dry_run import live_objects, preview_plan
from tasks.act.take_back_plan import take_back_steps
from tasks.act.tasks import apply_plan, guard_view_of, preview_now, take_plan_back, targets_now

__all__ = [
    "apply_plan",
    "apply_plan_steps",
    "guard_view_of",
    "live_objects",
    "preview_now",
    "preview_plan",
    "take_back_steps",
    "take_plan_back",
    "targets_now",
]
