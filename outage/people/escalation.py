"""Who must be called by now: the runbook's escalation as a pure function of what happened and of the time.

Runbook: "Escalate to L2 if:", "Escalate to L3 if:", "Escalate to L4 if:".

Rungs are called in order and once each; the last repeats until somebody acknowledges. An acknowledgement stops all
calls and starts a clock: silence beyond it calls the next rung. What a person asks for by name (customers must be told,
a vendor is needed) is called at once, also while somebody has acknowledged. Nobody is called after recovery.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import Field

from outage.incidents.severity import Severity
from outage.text.reviewed_yaml import Duration
from outage.value import Value


class Rung(StrEnum):
    """How far up a call goes. L1 is the on-call manager, whom P0 and P1 page at once."""

    L1 = "L1"
    L2 = "L2"
    L3 = "L3"
    L4 = "L4"


class Condition(StrEnum):
    """What lifts an incident at once. The first two are found; the others are said by people."""

    SEVERAL_SERVICES = "several-services"
    INFRASTRUCTURE = "database-or-infrastructure"
    CUSTOMER_COMMUNICATION = "customer-communication"
    BUSINESS_IMPACT = "business-impact"
    VENDOR = "vendor"
    MEDIA_OR_REGULATORY = "media-or-regulatory"
    MAJOR_CUSTOMER_IMPACT = "major-customer-impact"
    EXECUTIVE_DECISION = "executive-decision"


FOUND = (Condition.SEVERAL_SERVICES, Condition.INFRASTRUCTURE)


class Escalating(Value):
    """One line of the runbook's triggers."""

    rung: Rung
    says: str
    condition: Condition | None = None
    after: timedelta | None = None
    unless_cause_known: bool = False


TRIGGERS = (
    Escalating(rung=Rung.L2, after=timedelta(minutes=15), unless_cause_known=True,
               says="root cause not identified within 15 minutes"),
    Escalating(rung=Rung.L2, after=timedelta(minutes=30), says="not resolved within 30 minutes"),
    Escalating(rung=Rung.L2, condition=Condition.SEVERAL_SERVICES, says="multiple services affected"),
    Escalating(rung=Rung.L2, condition=Condition.INFRASTRUCTURE, says="database or infrastructure issues suspected"),
    Escalating(rung=Rung.L3, after=timedelta(hours=1), says="not resolved within 1 hour"),
    Escalating(rung=Rung.L3, condition=Condition.CUSTOMER_COMMUNICATION, says="customer communication needed"),
    Escalating(rung=Rung.L3, condition=Condition.BUSINESS_IMPACT, says="significant business impact"),
    Escalating(rung=Rung.L3, condition=Condition.VENDOR, says="external vendor involvement required"),
    Escalating(rung=Rung.L4, after=timedelta(hours=2), says="not resolved within 2 hours"),
    Escalating(rung=Rung.L4, condition=Condition.MEDIA_OR_REGULATORY, says="media attention or regulatory concerns"),
    Escalating(rung=Rung.L4, condition=Condition.MAJOR_CUSTOMER_IMPACT, says="major customer impact"),
    Escalating(rung=Rung.L4, condition=Condition.EXECUTIVE_DECISION, says="executive decision making required"),
)  # fmt: skip


class EscalationRules(Value):
    """Who is called on each rung, and how long an acknowledgement lasts. Without rungs nobody is called."""

    rungs: dict[Rung, tuple[str, ...]] = {}
    """Rung → rotations, people or groups of `approvers`."""
    acknowledged_for: Duration = timedelta(minutes=30)
    """Silence for so long after an acknowledgement (or a note) escalates again."""
    repeat_every: Duration = Field(default=timedelta(minutes=10), ge=timedelta(minutes=1))
    """Between calls of the last rung while nobody acknowledges."""

    @property
    def configured(self) -> tuple[Rung, ...]:
        """Rungs on which somebody can be called, lowest first."""
        return tuple(one for one in Rung if self.rungs.get(one))

    def standing_in(self, rung: Rung) -> Rung | None:
        """The rung that is called for one: itself, else the next above that has people, else the last."""
        return next(
            (one for one in self.configured if one >= rung), self.configured[-1] if self.configured else None
        )


class PastCall(Value):
    """A call that was made."""

    rung: Rung
    turn: int = 1
    at: datetime


class EscalationFacts(Value):
    """What happened so far."""

    opened_at: datetime
    severity: Severity
    over_at: datetime | None = None
    """When it recovered, or when a person took over what the response had closed."""
    cause_known_at: datetime | None = None
    conditions: dict[Condition, datetime] = {}
    signs_of_life: tuple[datetime, ...] = ()
    """Acknowledgements, and what people did after one: notes, hand-overs."""
    calls: tuple[PastCall, ...] = ()


class DueCall(Value):
    """Somebody must be called."""

    rung: Rung
    turn: int = 1
    why: str

    @property
    def key(self) -> str:
        """`L2`, and `L4.3` for the third call of the last rung."""
        return str(self.rung) if self.turn == 1 else f"{self.rung}.{self.turn}"


class Escalation(Value):
    """What is due."""

    calls: tuple[DueCall, ...] = ()
    next_at: datetime | None = None
    """When something may become due without anything happening; None: never."""
    over: bool = False
    """Nobody is called any more: the outage is mended, or somebody has it since it was closed."""


class _Reached(Value):
    """A rung that some trigger reached."""

    rung: Rung
    at: datetime
    says: str
    asked: bool = False
    """Whether a person asked for it by name."""


def escalation_due(facts: EscalationFacts, rules: EscalationRules, now: datetime) -> Escalation:
    """Who must be called by now, and when to look again.

    Args:
        facts: What happened, up to now.
        rules: Of the policy.
        now: The time.

    Returns:
        The calls, lowest rung first; a rung that was called is not in it, but for the last one's repetitions.
    """
    over = facts.over_at is not None and facts.over_at <= now
    if over or not rules.configured or facts.severity is Severity.NONE:
        return Escalation(over=over)
    reached = [*_reached(facts), *_silences(facts, rules)]
    quiet_until = _quiet_until(facts, rules, now)
    heard = max((one for one in facts.signs_of_life if one <= now), default=None)
    due: dict[Rung, DueCall] = {}
    made = {one.rung for one in facts.calls}
    for one in sorted(reached, key=lambda one: one.at):
        rung = rules.standing_in(one.rung)
        silenced = now < quiet_until and not (one.asked and heard is not None and one.at >= heard)
        if one.at <= now and not silenced and rung is not None and rung not in made and rung not in due:
            due[rung] = DueCall(rung=rung, why=one.says)
    if again := _repetition(facts, rules, now, quiet_until):
        due[again.rung] = again
    coming = [one.at for one in reached if one.at > now] + ([quiet_until] if quiet_until > now else [])
    coming += _next_repetition(facts, rules, now, quiet_until)
    return Escalation(calls=tuple(due[one] for one in Rung if one in due), next_at=min(coming, default=None))


def _reached(facts: EscalationFacts) -> Iterator[_Reached]:
    if facts.severity in (Severity.P0, Severity.P1):
        yield _Reached(rung=Rung.L1, at=facts.opened_at, says=f"{facts.severity}: notify the on-call manager")
    for one in TRIGGERS:
        if one.condition is not None and (at := facts.conditions.get(one.condition)):
            yield _Reached(rung=one.rung, at=at, says=one.says, asked=one.condition not in FOUND)
        if one.after is not None:
            at = facts.opened_at + one.after
            known = facts.cause_known_at is not None and facts.cause_known_at <= at
            if not (one.unless_cause_known and known):
                yield _Reached(rung=one.rung, at=at, says=one.says)


def _silences(facts: EscalationFacts, rules: EscalationRules) -> Iterator[_Reached]:
    """Each time that an acknowledgement ran out: the rung above those that had been called by then."""
    signs = sorted(facts.signs_of_life)
    for number, at in enumerate(signs):
        following = signs[number + 1] if number + 1 < len(signs) else None
        ends = at + rules.acknowledged_for
        if following is None or following >= ends:
            called = [one.rung for one in facts.calls if one.at < ends]
            above = [one for one in rules.configured if not called or one > max(called)]
            rung = above[0] if above else rules.configured[-1]
            yield _Reached(rung=rung, at=ends, says="silence since the acknowledgement")


def _quiet_until(facts: EscalationFacts, rules: EscalationRules, now: datetime) -> datetime:
    heard = max((one for one in facts.signs_of_life if one <= now), default=None)
    return facts.opened_at if heard is None else heard + rules.acknowledged_for


def _last_calls(facts: EscalationFacts, rules: EscalationRules) -> list[PastCall]:
    return sorted((one for one in facts.calls if one.rung is rules.configured[-1]), key=lambda one: one.turn)


def _repetition(
    facts: EscalationFacts, rules: EscalationRules, now: datetime, quiet_until: datetime
) -> DueCall | None:
    made = _last_calls(facts, rules)
    if not made or now < max(made[-1].at + rules.repeat_every, quiet_until):
        return None
    return DueCall(rung=made[-1].rung, turn=made[-1].turn + 1, why="nobody has acknowledged")


def _next_repetition(
    facts: EscalationFacts, rules: EscalationRules, now: datetime, quiet_until: datetime
) -> list[datetime]:
    made = _last_calls(facts, rules)
    at = max(made[-1].at + rules.repeat_every, quiet_until) if made else now
    return [at] if at > now else []
