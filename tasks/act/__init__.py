"""Act: the only room that changes a cluster or a database in a response.

What may not happen in here: a write without an allowing policy or a yes to this very plan; a write that is not on
record first, with its way back; a write that does not carry the version it relies on. `inject` breaks things on
the practice ground and is a room of its own.
"""

from tasks.act.applying import apply
from tasks.act.showing import live_objects, preview
from tasks.act.taking_back import take_back
from tasks.act.verbs import apply_plan, take_plan_back, world_for

__all__ = ["apply", "apply_plan", "live_objects", "preview", "take_back", "take_plan_back", "world_for"]
