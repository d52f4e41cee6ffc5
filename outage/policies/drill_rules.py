"""What a policy says of practice: who must say yes, how long a fault may stand, how many errors are left for it."""

from datetime import timedelta
from enum import StrEnum

from pydantic import Field

from outage.text.reviewed_yaml import Duration
from outage.value import Value


class DrillYes(StrEnum):
    """Which drills of a template need a person's yes; what the whole cluster shares always does."""

    FELT = "felt"
    ALWAYS = "always"
    NEVER = "never"


class DrillRules(Value):
    """The section `drills` of a policy file. It holds for templates; `practice/faults` is for ground of its own."""

    needs_yes: DrillYes = DrillYes.FELT
    """`felt`: those that leave users without an answer; `always`; `never`: only those of the whole cluster."""
    approvers: str = ""
    """Name of a group under `approvers` whose yes counts; empty: anybody's who gives a name."""
    lasts: Duration = timedelta(minutes=30)
    """At the latest so long after it began a fault is taken away, healed or not."""
    objective: float | None = Field(default=None, gt=0, lt=1)
    """Share of requests that must be answered, as 0.999; without it no error budget is asked for."""
    objective_over: Duration = timedelta(days=7)
    """The time that the objective is about."""
    budget_must_be_known: bool = False
    """Whether a drill is refused too when the monitoring cannot tell what is left of the error budget."""
