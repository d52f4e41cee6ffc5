"""What planning came to: a plan to ask about, or the reason to stop."""

from outage.incidents.incident import Ending
from outage.plans.objection import Refuse
from outage.plans.plan import Mode, Plan
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
    takes_back: int | None = None
    """The attempt whose plan a yes takes back and a no lets stay, when it could not be told whether that one helped."""
    folds_into: str = ""
    """Id of the incident that answers the same cause: its outcome is waited for, and nothing is planned here."""
    passed: bool = False
    """What a person chose cannot be carried out, and there is more to try: the response goes on."""
    objections: tuple[Refuse, ...] = ()
