"""What planning came to: a plan to ask about, or the reason to stop."""

from outage.guard import Refuse
from outage.incident import Ending
from outage.plan import Mode, Plan
from outage.value import Value


class Planned(Value):
    """A plan with how far policy lets us go alone, or an ending with its reason."""

    plan: Plan | None = None
    mode: Mode = Mode.ASK
    ending: Ending | None = None
    """Set when the response stops here."""
    says: str
    stays: bool = False
    """It heals nothing and is meant to stay, as a maintenance page does: it is neither verified nor taken back."""
    objections: tuple[Refuse, ...] = ()
