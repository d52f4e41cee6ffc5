"""The three words that are said of a plan once it was written and watched."""

from enum import StrEnum

from outage.value import Value


class PlanEffect(StrEnum):
    """What a plan did to its own cause."""

    EFFECTIVE = "effective"
    """The signs that its hypothesis explains are gone, and stayed gone."""
    NOT_EFFECTIVE = "not effective"
    """They stand."""
    INCONCLUSIVE = "inconclusive"
    """It cannot be told."""


class PlanVerdict(Value):
    """What is to become of what a plan wrote, and why."""

    effect: PlanEffect
    says: str
    harm: str = ""
    """What fails since the plan, did not before, and may come from what it wrote; empty when nothing does."""
    other_cause: str = ""
    """What still fails for another reason, as the sentence of its cause; empty when nothing does or nobody knows."""
    untouched: str = ""
    """Of a plan that only eased the outage: the cause that it left where it is, as a sentence."""

    @property
    def takes_back(self) -> bool:
        """Only what did not help, or did harm, is taken back."""
        return self.effect is PlanEffect.NOT_EFFECTIVE or bool(self.harm)

    @property
    def mended(self) -> bool:
        """Whether its cause is gone and nothing new is broken."""
        return self.effect is PlanEffect.EFFECTIVE and not self.harm
