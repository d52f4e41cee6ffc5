"""The runbook's eight questions, each answered from data with its number, or left to a named person.

Runbook: "Prevention Checklist".
"""

from collections.abc import Callable
from datetime import timedelta
from enum import StrEnum

from outage.diagnosis.cause import Cause
from outage.diagnosis.hypothesis import Diagnosis, Hypothesis
from outage.incidents.incident import Ending, Incident
from outage.reports.post_incident.detection import Detection
from outage.reports.post_incident.repair_history import RepairHistory, came_before
from outage.reports.post_incident.weak_spots import WeakSpots
from outage.text.durations import duration_in_words
from outage.value import Value

CAPACITY = frozenset(
    {
        *(Cause.MEMORY_LIMIT_TOO_SMALL, Cause.OUT_OF_MEMORY, Cause.CPU_SATURATED, Cause.LOAD_JOB),
        *(Cause.REQUEST_TOO_LARGE, Cause.QUOTA_EXCEEDED, Cause.LIMIT_RANGE, Cause.PREEMPTED),
        *(Cause.CONNECTIONS_EXHAUSTED, Cause.CLAIM_UNBINDABLE),
    }
)
"""Causes that say there was too little of something."""
NOBODY_NAMED = "a person (the policy names nobody)"
NAMES = 6
"""Of services listed in one answer; how many there are is always said."""


class Question(StrEnum):
    """The runbook's eight, word for word."""

    ALERTS = "Are monitoring alerts adequate?"
    HEALTH_CHECKS = "Should we add more health checks?"
    ERROR_HANDLING = "Do we need better error handling?"
    DEPLOYMENT = "Should we improve our deployment process?"
    REDUNDANCY = "Do we need more redundancy?"
    CAPACITY = "Should we update our capacity planning?"
    DOCUMENTATION = "Do we need better documentation?"
    TRAINING = "Should we conduct additional training?"


class ChecklistAnswer(Value):
    """One answer."""

    question: Question
    well: bool | None
    """True: nothing is missing. False: something is, and `says` what. None: left to a person."""
    says: str


class PreventionFacts(Value):
    """What the questions are answered from."""

    incident: Incident
    detection: Detection
    first: Diagnosis | None = None
    """The first whole look."""
    cause: Hypothesis | None = None
    """What was mended, else the likeliest."""
    history: RepairHistory | None = None
    weak: WeakSpots | None = None
    plans: int = 0
    """Plans that were made."""
    answered_after: timedelta | None = None
    """From the first plan to the first person's answer to it."""
    owner: str = ""
    """To whom is left what no data answers."""


def checklist(facts: PreventionFacts) -> tuple[ChecklistAnswer, ...]:
    """Answer all eight, in the runbook's order."""
    answered: dict[Question, Callable[[PreventionFacts], tuple[bool | None, str]]] = {
        Question.ALERTS: _alerts,
        Question.HEALTH_CHECKS: _health_checks,
        Question.ERROR_HANDLING: _error_handling,
        Question.DEPLOYMENT: _deployment,
        Question.REDUNDANCY: _redundancy,
        Question.CAPACITY: _capacity,
        Question.DOCUMENTATION: _documentation,
        Question.TRAINING: _training,
    }
    return tuple(_answer(one, *answer(facts)) for one, answer in answered.items())


def checklist_in_markdown(answers: tuple[ChecklistAnswer, ...]) -> str:
    """The list with a tick where nothing is missing."""
    return "\n".join(f"- [{'x' if one.well else ' '}] {one.question} {one.says}" for one in answers)


def _answer(question: Question, well: bool | None, says: str) -> ChecklistAnswer:
    return ChecklistAnswer(question=question, well=well, says=says)


def _left(facts: PreventionFacts, why: str) -> tuple[None, str]:
    return None, f"left to {facts.owner or NOBODY_NAMED}: {why}"


def _alerts(facts: PreventionFacts) -> tuple[bool | None, str]:
    seen = facts.detection
    if seen.alert_at is None:
        by = "a person told of it" if seen.told_by_person else "our own watch saw it"
        late = seen.seconds(seen.first_sign_at, seen.opened_at)
        after = f" {_seconds(late)} after the first sign" if late is not None and late > 0 else ""
        return False, f"0 alerts fired: {by}{after}. Write one"
    gap = seen.seconds(seen.felt_at, seen.alert_at)
    if gap is not None and gap <= 0:
        return True, f"{seen.alert} fired {_seconds(gap)} before users failed"
    if gap is not None:
        return False, f"{seen.alert} fired {_seconds(gap)} after users failed"
    if seen.seen_felt_at is None:
        return True, f"{seen.alert} fired, and 0 signs that users feel were seen"
    later = _seconds(seen.seconds(seen.alert_at, seen.seen_felt_at))
    return _left(
        facts, f"{seen.alert} fired {later} before a look saw users fail; since when they did nothing tells"
    )


def _health_checks(facts: PreventionFacts) -> tuple[bool | None, str]:
    weak, blind = facts.weak, len(facts.first.unknowns) if facts.first else 0
    unmade = f"; {blind} look{'s' if blind > 1 else ''} could not be made" if blind else ""
    if weak is None or not weak.services:
        return _left(facts, f"no picture of the services is kept{unmade}")
    return (
        not weak.without_probe and not blind and not weak.unseen,
        f"{_of(weak.without_probe, weak)} have no readiness probe{unmade}{_unseen(weak)}",
    )


def _error_handling(facts: PreventionFacts) -> tuple[bool | None, str]:
    if facts.first is None or facts.cause is None:
        return _left(facts, "which cause hurt whom is not known")
    impact = facts.first.assessment.impact
    hurt = {*impact.services_down, *impact.services_degraded}
    beside = tuple(sorted(hurt - {facts.cause.about.name}))
    if not beside or len(hurt) == 1:
        return True, f"0 services failed beside {facts.cause.about.name}"
    return (
        False,
        f"{len(beside)} services did not bear the failure of {facts.cause.about.name}: {_names(beside)}",
    )


def _deployment(facts: PreventionFacts) -> tuple[bool | None, str]:
    cause, before = facts.cause, came_before(facts.history)
    if cause is None:
        return _left(facts, "the cause is not known")
    if cause.field and cause.wanted is not None:
        return (
            False,
            f"nothing stopped the change of `{cause.field}`; {before or 'how often it came is not known'}",
        )
    return _left(facts, before or "whether a deployment brought it nothing tells")


def _redundancy(facts: PreventionFacts) -> tuple[bool | None, str]:
    weak = facts.weak
    if weak is None or not weak.services:
        return _left(facts, "no picture of the services is kept")
    if weak.without_budget is None:
        budgets = "disruption budgets could not be listed"
    else:
        budgets = f"{_of(weak.without_budget, weak)} have no disruption budget"
    down = facts.first.assessment.impact.services_down if facts.first else ()
    whole = f"; {len(down)} went down whole: {_names(down)}" if down else ""
    well = (
        not (weak.one_replica or weak.without_budget or down or weak.unseen)
        and weak.without_budget is not None
    )
    return well, f"{_of(weak.one_replica, weak)} run one replica, {budgets}{whole}{_unseen(weak)}"


def _capacity(facts: PreventionFacts) -> tuple[bool | None, str]:
    short = facts.cause is not None and facts.cause.cause in CAPACITY
    lack = f"there was too little of something ({came_before(facts.history)}); " if short else ""
    weak = facts.weak
    if weak is None or not weak.services:
        return (
            (False, f"{lack}limits are not known")
            if short
            else _left(facts, "no picture of the services is kept")
        )
    limits = f"{_of(weak.without_limit, weak)} have a container without a memory limit"
    return not (short or weak.without_limit or weak.unseen), f"{lack}{limits}{_unseen(weak)}"


def _documentation(facts: PreventionFacts) -> tuple[bool | None, str]:
    if facts.cause is None or facts.cause.cause == Cause.UNKNOWN:
        return False, "0 known classes fit the cause: add it to the runbook"
    before = came_before(facts.history)
    return True, f"the cause is a known class, {facts.cause.cause}{f': {before}' if before else ''}"


def _training(facts: PreventionFacts) -> tuple[bool | None, str]:
    waited = (
        f"; a person answered after {duration_in_words(facts.answered_after)}"
        if facts.answered_after is not None
        else ""
    )
    plans = f"{facts.plans} plan{'' if facts.plans == 1 else 's'}"
    if facts.incident.ending is Ending.RECOVERED:
        return True, f"the runbook healed it with {plans}{waited}"
    if facts.incident.ending is Ending.NOTHING_TO_DO:
        return True, f"nothing had to be done ({plans}{waited})"
    return False, f"people had to finish it after {plans}{waited}: practise this fault as a drill"


def _of(some: tuple[str, ...], weak: WeakSpots) -> str:
    named = f" ({_names(some)})" if some else ""
    return f"{len(some)} of {weak.services} services{named}"


def _names(some: tuple[str, ...]) -> str:
    more = f" and {len(some) - NAMES} more" if len(some) > NAMES else ""
    return ", ".join(some[:NAMES]) + more


def _unseen(weak: WeakSpots) -> str:
    return f"; not looked at: {_names(weak.unseen)}" if weak.unseen else ""


def _seconds(gap: float | None) -> str:
    return duration_in_words(timedelta(seconds=gap or 0))
