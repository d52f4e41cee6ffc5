"""One thing that was examined."""

from collections.abc import Callable

from outage.errors import OutageError, cut
from outage.value import Value


class CheckResult(Value):
    """One thing, whether it is well, and a sentence that says what is missing when it is not."""

    about: str
    """`reader`, `writer`, `cluster`, `database`, `monitoring`, `record`, `prefect`, `platform file`, `policy file`,
    `kill switch`, `watchdog`, `pool`; in a cluster also `lease` and `clock`."""
    ok: bool
    needed: bool = True
    """False when a response works without it and says what it cannot see."""
    says: str
    platform: str = ""
    """Whose cluster, database or monitoring it is; empty for what is the whole installation's."""


def checked(about: str, ask: Callable[[], str], needed: bool = True) -> CheckResult:
    """Ask one thing; its error becomes the sentence.

    Args:
        about: What is asked, as the row is called.
        ask: Gives the sentence of a good answer, or raises.
        needed: Whether nothing can be answered without it.
    """
    try:
        return CheckResult(about=about, ok=True, needed=needed, says=ask())
    except OutageError as error:
        return CheckResult(about=about, ok=False, needed=needed, says=str(error))
    except (OSError, ValueError, LookupError) as error:
        return CheckResult(about=about, ok=False, needed=needed, says=f"ask {about}: {cut(str(error))}")
