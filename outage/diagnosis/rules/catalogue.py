"""Every rule that there is: whatever the modules of these rooms hold in `RULES`."""

import importlib
import pkgutil
from collections.abc import Iterator

import outage.diagnosis.rules as rooms
from outage.diagnosis.cause import Cause
from outage.diagnosis.edges.recent_changes import RECENTLY_CHANGED
from outage.diagnosis.rules.rule import CauseEntry, Rule
from outage.diagnosis.weighing.unexplained import UNEXPLAINED


def _found() -> Iterator[Rule]:
    for module in pkgutil.walk_packages(rooms.__path__, f"{rooms.__name__}."):
        if module.name != __name__:
            yield from getattr(importlib.import_module(module.name), "RULES", ())


RULES: tuple[Rule, ...] = tuple(_found())
"""Every rule is asked; the order means nothing."""


def cause_entries() -> dict[Cause, CauseEntry]:
    """The entry of every cause, in the order of their names' list.

    Raises:
        ValueError: A cause has no entry, or two.
    """
    entries = [entry for rule in RULES for entry in rule.entries] + [RECENTLY_CHANGED, UNEXPLAINED]
    found = {entry.cause: entry for entry in entries}
    named = [entry.cause for entry in entries]
    wrong = [cause.value for cause in Cause if named.count(cause) != 1]
    if wrong:
        raise ValueError(f"each cause is entered beside one rule, in its RULES; not so: {', '.join(wrong)}")
    return {cause: found[cause] for cause in Cause}
