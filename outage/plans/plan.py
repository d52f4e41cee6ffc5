"""An ordered intent to heal one cause: what will be written, why, and the way back."""

import hashlib
import json
from datetime import datetime
from enum import StrEnum

from outage.diagnosis.hypothesis import Action, Change, Risk
from outage.plans.outcome import Outcome
from outage.value import Manifest, Value

TAKE_BACK = "take-back/"
"""What the key of a step's undoing begins with."""


class Precondition(Value):
    """What must still hold of the live object at the moment of writing; otherwise the approval is void."""

    uid: str | None = None
    """None when the object must not exist (create)."""
    resource_version: str | None = None
    """What it was when the plan was made: shown, not compared, since every status report of a controller moves it."""
    generation: int | None = None
    """The same for the spec alone, for kinds that count it."""
    spec_hash: str | None = None
    """Of everything a person would have edited (`outage.plans.preconditions`): this is what voids an approval."""
    follows: str | None = None
    """Key of the earlier step of this plan that writes the same object: what that write left is then the
    precondition, and the three fields above are those of the object before the plan."""


class Step(Value):
    """One mutation."""

    key: str
    """Stable within the plan: `1-undo-deployment-auth-service`."""
    change: Change
    precondition: Precondition
    diff: str = ""
    """Unified diff of the object before and after, from a server-side dry run, without anything secret."""
    take_back: str
    """The way back, as a sentence."""

    @property
    def for_good(self) -> bool:
        """Whether there is no way back: a session has ended, a pod was replaced by its controller."""
        change = self.change
        gone = change.action is Action.DELETE and change.target.kind == "Pod"
        return change.action is Action.CANCEL or gone


class Plan(Value):
    """Steps that heal one hypothesis, in order."""

    incident: str
    attempt: int
    """1 for the first plan of the incident."""
    hypothesis: str
    """`Hypothesis.key` of what it heals."""
    also: tuple[str, ...] = ()
    """Keys of the same cause on other objects that it heals with it."""
    summary: str
    steps: tuple[Step, ...]
    made_at: datetime
    causes: str = ""
    """The hypothesis as a sentence, for the form."""

    @property
    def risk(self) -> Risk:
        """The worst of its steps."""
        order = [Risk.LOW, Risk.MEDIUM, Risk.HIGH]
        return max((step.change.risk for step in self.steps), key=order.index, default=Risk.LOW)

    @property
    def asks_to_take_back(self) -> bool:
        """Whether a yes takes another plan back, and a no lets that one stay."""
        return self.hypothesis.startswith(TAKE_BACK)

    @property
    def mends(self) -> tuple[str, ...]:
        """Keys of every hypothesis that it heals."""
        return (self.hypothesis, *self.also)

    @property
    def hash(self) -> str:
        """What an approval is bound to: everything that will be written and everything it relies on."""
        body = self.model_dump(mode="json", exclude={"made_at"} if self.also else {"made_at", "also"})
        return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()[:12]


class Mode(StrEnum):
    """How far the program goes with a plan; later ones go further."""

    ADVISE = "advise"
    """Shows the plan to a person and writes nothing."""
    ASK = "ask"
    """Writes after enough people said yes."""
    ACT = "act"
    """Writes at once and tells; the policy file is the yes."""

    @property
    def rank(self) -> int:
        """0 for the most careful."""
        return list(Mode).index(self)


class WayBack(Value):
    """How one applied step is undone; recorded before the step is applied."""

    before: Manifest | None
    """The object as it was, or None when it did not exist."""
    says: str


class Intent(Value):
    """A step that was about to be written; without an outcome, nobody knows yet whether it was."""

    incident: str
    plan_hash: str
    step_key: str
    """`take-back/…` for the undoing of a step."""
    way_back: WayBack
    at: datetime
    outcome: Outcome | None = None
