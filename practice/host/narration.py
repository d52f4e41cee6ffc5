"""How the practice ground speaks: one sentence at a time, to whoever listens."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

Say = Callable[[str], None]
"""Takes one line for a person; a terminal prints it, a test collects it."""


@dataclass(frozen=True)
class Narrate:
    """One part of the ground, as `status` shows it."""

    what: str
    where: str
    since: datetime | None = None
    """When it was started; None when that is not known or it does not run."""
    wrong: str = ""
    """What is wrong with it; empty when nothing is."""
