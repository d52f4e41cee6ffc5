"""Score a drill from the record: eleven aspects, each right, wrong, or not to be told."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import pairwise

from outage.diagnosis.hypothesis import Hypothesis
from outage.incidents.alert import WATCH
from outage.incidents.incident import Ending
from outage.incidents.timeline import EntryKind
from outage.people.outbox_message import MessageKind, MessageState
from outage.plans.approval import Answer, Approval
from outage.plans.outcome import StepDid
from outage.plans.plan import TAKE_BACK, Plan
from outage.reports.drills.drill_facts import DrillFacts, PractisedIncident
from outage.reports.drills.score_card import Aspect, AspectScore, PhaseTime, ScoreCard, ToldMessage
from outage.text.durations import duration_in_words

SLACK = timedelta(seconds=60)
"""News that come so little late break no promise: the timers look once a second, and the record is written after."""

LEFT_ALONE = (Ending.NOTHING_TO_DO, Ending.ADVISED)
"""How an incident may end that was opened for what is none."""

Judged = tuple[bool | None, str]


def score_drill(facts: DrillFacts) -> ScoreCard:
    """Work out how a drill went.

    Args:
        facts: What the record, the fault and the last looks say.

    Returns:
        The card. `passed` is never given while the cause stands, nor when nobody could look whether it does.
    """
    judges: dict[Aspect, Callable[[DrillFacts], Judged]] = {
        Aspect.DETECTED: _detected,
        Aspect.SEVERITY: _severity,
        Aspect.CAUSE: _cause,
        Aspect.OBJECT: _object,
        Aspect.PLAN: _plan,
        Aspect.APPROVED: _approved,
        Aspect.HEALED: _healed,
        Aspect.ENDING: _ending,
        Aspect.COLLATERAL: _collateral,
        Aspect.WRITES: _writes,
        Aspect.TOLD: _told,
    }
    aspects = tuple(_aspect(name, *judge(facts)) for name, judge in judges.items())
    known = [one.right for one in aspects if one.right is not None]
    must = [one for one in aspects if one.aspect in (Aspect.ENDING, Aspect.HEALED)]
    noticed = bool(facts.incidents) or is_trap(facts)
    spared = not is_trap(facts) or not _wrong_steps(facts)
    passed = noticed and spared and not facts.left and all(_holds(one, facts) for one in must)
    return ScoreCard(
        drill=facts.drill.id,
        fault=facts.fault.name,
        service=facts.service,
        platform=facts.platform,
        at=facts.ended_at,
        passed=passed,
        points=round(sum(known) / len(known), 3) if known else 0.0,
        says=_says(facts),
        aspects=aspects,
        seconds=_seconds(facts),
        seen_by=facts.incidents[0].seen_by if facts.incidents else "",
        approved_by=tuple(dict.fromkeys(one.by for one in _yes(facts))),
        wrong_writes=sum(len(steps) for steps in _wrong_steps(facts).values()),
        collateral=facts.collateral or (),
        told=tuple(_told_messages(facts)),
        called=tuple(dict.fromkeys(who for one in _pages(facts) for who in one)),
        incidents=tuple(one.incident.id for one in facts.incidents),
        versions=facts.versions,
    )


def expects_repair(facts: DrillFacts) -> bool:
    """Whether the fault is one that the response should mend; of others a person must hear."""
    return bool(facts.fault.expected.causes) and Ending(facts.fault.expected.ending).mended


def is_trap(facts: DrillFacts) -> bool:
    """Whether it only looks like an outage: then the right answer is to write nothing."""
    return not facts.fault.expected.causes


def _aspect(name: Aspect, right: bool | None, says: str) -> AspectScore:
    return AspectScore(aspect=name, right=right, says=says)


def _holds(one: AspectScore, facts: DrillFacts) -> bool:
    """Whether an aspect lets a drill pass; a cause that should be mended and that nobody looked at does not."""
    if one.aspect is Aspect.HEALED and not expects_repair(facts):
        return True
    return one.right is True


def _says(facts: DrillFacts) -> str:
    left = f"; not as before: {', '.join(facts.left)}" if facts.left else ""
    if is_trap(facts):
        return f"{facts.fault.title}: {_ending(facts)[1]}{left}"
    if not facts.incidents:
        return f"nobody noticed: {facts.fault.title}{left}"
    wrong = [one for one in facts.incidents if one.incident.ending != facts.fault.expected.ending]
    told = (wrong or list(facts.incidents))[0].incident
    should = f"; it should have ended {facts.fault.expected.ending}" if wrong else ""
    healed = _healed(facts)
    standing = f"; {healed[1]}" if healed[0] is not True and expects_repair(facts) else ""
    return f"{told.id} ended {told.ending}: {told.says}{should}{standing}{left}"


def _detected(facts: DrillFacts) -> Judged:
    if is_trap(facts):
        return None, "there is nothing to be detected"
    if not facts.incidents:
        return False, "nobody noticed"
    first, expected = facts.incidents[0], facts.fault.expected.alert
    took = _after_fault(facts, first.account.times.detect_seconds, False)
    words = f"by {first.seen_by}{'' if took is None else f' after {took:.0f} s'}"
    if expected is None:
        return first.seen_by in (WATCH, "alert"), f"{words}; no alert is known to cover it"
    fired = {one.name for one in first.alerts}
    return first.seen_by == "alert", f"{words}{'' if expected in fired else f'; {expected} did not fire'}"


def _severity(facts: DrillFacts) -> Judged:
    wanted = facts.fault.expected.severity
    if not wanted or not facts.incidents:
        return None, "the fault does not say how bad it is"
    found = facts.incidents[0].incident.severity
    return found in wanted, f"{found}; right would be {' or '.join(wanted)}"


def _cause(facts: DrillFacts) -> Judged:
    wanted, first = facts.fault.expected.causes, _first_cause(facts)
    if not facts.incidents:
        return None, "nobody looked"
    if first is None:
        return not wanted, "no cause was named"
    return first.cause in wanted, f"`{first.cause}` stood first; right: {', '.join(wanted) or 'none'}"


def _object(facts: DrillFacts) -> Judged:
    wanted, first = facts.fault.expected.about, _first_cause(facts)
    if wanted is None or first is None:
        return None, "the fault names no object, or no cause was named"
    return first.about == wanted, f"{first.about}; right: {wanted}"


def _first_cause(facts: DrillFacts) -> Hypothesis | None:
    found = facts.incidents[0].account.first if facts.incidents else None
    return found.hypotheses[0] if found and found.hypotheses else None


def _plan(facts: DrillFacts) -> Judged:
    plans = list(_plans(facts))
    if not expects_repair(facts):
        return not _wrong_steps(facts), "a person should have it, and nothing be written"
    mended = [(one, plan) for one, plan in plans if _mended(one, plan)]
    if not mended:
        return (False, f"none of {len(plans)} plans mended it") if facts.incidents else (None, "no plan")
    late = [plan.attempt for _, plan in mended if plan.attempt > 1]
    named = ", ".join(plan.summary for _, plan in mended)
    return not late, f"{named}{f' (at attempt {late[0]})' if late else ''}"


def _plans(facts: DrillFacts) -> Iterator[tuple[PractisedIncident, Plan]]:
    for one in facts.incidents:
        for plan in one.account.plans:
            yield one, plan


def _mended(one: PractisedIncident, plan: Plan) -> bool:
    verdict = one.account.verdicts.get(plan.attempt)
    return verdict is not None and verdict.mended


def _approved(facts: DrillFacts) -> Judged:
    plans = list(_plans(facts))
    if not plans:
        return None, "no plan was made"
    if any(said.is_silence for one in facts.incidents for said in one.account.approvals):
        return False, "nobody answered in time"
    made = {plan.hash: plan.made_at for _, plan in plans}
    given = [f"{one.by} after {(one.at - made[one.plan_hash]).total_seconds():.0f} s" for one in _yes(facts)]
    return (True, f"by {', '.join(given)}") if given else (False, "nobody said yes")


def _yes(facts: DrillFacts) -> list[Approval]:
    made = {plan.hash for _, plan in _plans(facts)}
    said = [one for incident in facts.incidents for one in incident.account.approvals]
    return [one for one in said if one.answer is Answer.APPROVE and one.plan_hash in made]


def _healed(facts: DrillFacts) -> Judged:
    if facts.cause_stands is None:
        return None, "nobody could look whether the cause still stands"
    if not expects_repair(facts):
        return None, "a person should mend it"
    if facts.cause_stands:
        return False, "the cause still stood when the response ended"
    return True, "the cause is gone"


def _ending(facts: DrillFacts) -> Judged:
    wanted = facts.fault.expected.ending
    if is_trap(facts):
        taken_in = [one.incident for one in facts.incidents if one.incident.ending not in LEFT_ALONE]
        says = f"{taken_in[0].id} ended {taken_in[0].ending}" if taken_in else "it was left alone"
        return not taken_in, says
    if not facts.incidents:
        return False, f"no incident; it should have ended {wanted}"
    ended = [one.incident.ending for one in facts.incidents]
    return all(one == wanted for one in ended), f"{', '.join(map(str, ended))}; right: {wanted}"


def _collateral(facts: DrillFacts) -> Judged:
    if facts.collateral is None:
        return None, "nobody could look what else is not as before"
    touched = (*facts.left, *facts.collateral)
    return not touched, f"not as before: {', '.join(touched)}" if touched else "nothing else was touched"


def _writes(facts: DrillFacts) -> Judged:
    wrong = _wrong_steps(facts)
    count = sum(len(steps) for steps in wrong.values())
    all_of = sum(len(_applied(one, plan)) for one, plan in _plans(facts))
    if not count:
        return True, f"{all_of} writes, none of them wrong"
    return False, f"{count} of {all_of} writes did not help: plan {', '.join(wrong)}"


def _wrong_steps(facts: DrillFacts) -> dict[str, list[str]]:
    """Writes of plans that mended nothing, by incident and attempt; of what a person should mend every write."""
    wanted = expects_repair(facts)
    found = {
        f"{one.incident.id}/{plan.attempt}": _applied(one, plan)
        for one, plan in _plans(facts)
        if not (wanted and _mended(one, plan))
    }
    return {name: steps for name, steps in found.items() if steps}


def _applied(one: PractisedIncident, plan: Plan) -> list[str]:
    return [
        intent.step_key
        for intent in one.intents
        if intent.plan_hash == plan.hash
        and not intent.step_key.startswith(TAKE_BACK)
        and (intent.outcome is None or intent.outcome.did is StepDid.APPLIED)
    ]


def _told(facts: DrillFacts) -> Judged:
    """Against what the policy promises its channels, and the runbook everybody."""
    if not facts.incidents:
        return (
            (None, "nobody had to be told") if is_trap(facts) else (False, "nobody was told: nobody noticed")
        )
    missing = [gap for one in facts.incidents for gap in _untold(one)]
    late = [gap for one in facts.incidents for gap in _late_news(one)]
    if missing or late:
        return False, "; ".join([*missing, *late])
    promised = sum(len(one.promised) for one in facts.incidents)
    if not promised:
        return None, "the policy tells no channel of drills; the timeline kept its promises"
    return True, f"{promised} of {promised} promised messages arrived, and no update was late"


def _untold(one: PractisedIncident) -> Iterator[str]:
    taken = {(sent.channel, sent.what) for sent in one.messages if sent.state is MessageState.RECEIPT}
    for promise in one.promised:
        if (promise.channel, promise.what) not in taken:
            yield f"{promise.channel} did not get `{promise.what}` of {one.incident.id}"


def _late_news(one: PractisedIncident) -> Iterator[str]:
    closed = one.incident.closed_at
    said = sorted(entry.at for entry in one.account.entries if entry.kind is EntryKind.MESSAGE)
    moments = [one.incident.opened_at, *said, *([closed] if closed else [])]
    for before, after in pairwise(moments):
        if after - before > one.update_every + SLACK:
            words = duration_in_words(after - before)
            yield f"no news of {one.incident.id} for {words} from {before:%H:%M:%S} UTC"


def _told_messages(facts: DrillFacts) -> Iterator[ToldMessage]:
    for one in facts.incidents:
        for sent in one.messages:
            taken = sent.settled_at if sent.state is MessageState.RECEIPT else None
            yield ToldMessage(channel=sent.channel, what=sent.what, asked_at=sent.asked_at, taken_at=taken)


def _pages(facts: DrillFacts) -> Iterator[tuple[str, ...]]:
    for one in facts.incidents:
        yield from (sent.body.people for sent in one.messages if sent.what is MessageKind.PAGE)


def _after_fault(facts: DrillFacts, seconds: float | None, from_opening: bool) -> float | None:
    """Seconds from the fault, of a time that is counted from the incident's opening (or from the fault already)."""
    if seconds is None or facts.broken_at is None or not facts.incidents:
        return None
    opened = (facts.incidents[0].incident.opened_at - facts.broken_at).total_seconds()
    return round(max(0.0, opened + seconds if from_opening else seconds), 1)


def _seconds(facts: DrillFacts) -> dict[PhaseTime, float]:
    if not facts.incidents:
        return {}
    times = facts.incidents[0].account.times
    found = {
        PhaseTime.DETECTED: _after_fault(facts, 0.0, True),
        PhaseTime.PLANNED: _after_fault(facts, times.plan_seconds, True),
        PhaseTime.APPROVED: _after_fault(facts, times.approve_seconds, True),
        PhaseTime.MENDED: _after_fault(facts, times.mend_seconds, True),
        PhaseTime.VERIFIED: _after_fault(facts, times.verified_seconds, True),
    }
    return {name: seconds for name, seconds in found.items() if seconds is not None}
