"""A practised outage: announced before anything is broken, so that its incident is known to be practice."""

from datetime import datetime
from typing import Any

from outage.value import Value


class Drill(Value):
    """One drill, from its announcement to its result."""

    id: str
    """`drill-20301123-120000-bad-image`."""
    namespace: str
    fault: str
    """Name in the catalogue."""
    announced_at: datetime
    until: datetime
    """When the announcement lapses by itself, so that a drill that died marks nothing for ever."""
    ended_at: datetime | None = None
    about: str = ""
    """The services that it breaks, separated by commas; empty when that cannot be said."""
    platform: str = ""
    """Name of the platform that it is practised on; empty for one from before there were several."""
    approved_by: str = ""
    """Whose yes it had; empty when none was needed."""
    told: tuple[str, ...] = ()
    """Who is told that it is practice: channels of the policy, and who started it."""
    result: dict[str, Any] = {}
    """The times and the verdict, as the drill flow wrote them."""


def carrier_lock(drill_id: str) -> str:
    """Under this name the process that carries a drill holds its lock: who can take it has found a dead drill."""
    return f"drill/{drill_id}"
