"""What became of each plan, and the three sentences that a report begins with. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

from outage.diagnosis.hypothesis import Diagnosis
from outage.incidents.incident import Ending, Incident
from outage.incidents.severity import Severity, assess_severity
from outage.plans.approval import Answer, Approval
from outage.plans.outcome import Resolved
from outage.plans.plan import Plan
from outage.text.durations import duration_in_words
from outage.verification.plan_effect import PlanVerdict


def plan_fate(
    plan: Plan,
    approvals: Sequence[Approval],
    resolved: Resolved | None,
    verdict: PlanVerdict | None,
    back: Resolved | None,
) -> str:
    """What became of one plan: `applied, not effective, taken back`.

    Args:
        plan: The plan.
        approvals: All answers of the incident.
        resolved: What writing it came to, None when it was not begun.
        verdict: What it did to its own cause, None when it was not watched.
        back: What taking it back came to, None when that was not begun.
    """
    if resolved is None:
        return _unwritten([one for one in approvals if one.plan_hash == plan.hash])
    if resolved.refused:
        return "refused before the first write"
    parts = ["applied" if resolved.applied else "applied in part"]
    parts += [str(verdict.effect)] if verdict else []
    if back is None:
        parts.append("stays")
    else:
        parts.append("taken back" if back.applied else "not taken back whole")
    return ", ".join(parts)


def _unwritten(answers: Sequence[Approval]) -> str:
    no = [one for one in answers if one.answer is Answer.DECLINE]
    if no:
        return "not answered in time" if no[0].is_silence else f"declined by {no[0].by}"
    return "approved, not applied" if answers else "not answered, not applied"


def summary_sentences(
    incident: Incident, first: Diagnosis | None, mended: Sequence[str], resolved: Iterable[Resolved]
) -> str:
    """What users saw, for how long, and what mended it: three sentences.

    Args:
        incident: The incident.
        first: The first diagnosis, before anything was written.
        mended: Summaries of the plans that are in place and were effective.
        resolved: What each writing came to.
    """
    wrote = any(not one.refused for one in resolved)
    return " ".join([_seen_by_users(first), _length(incident), _mender(incident, mended, wrote)])


def _seen_by_users(first: Diagnosis | None) -> str:
    if first is None:
        return "Nobody looked at what users saw."
    measured = assess_severity(first.assessment.impact)
    if measured.severity is not Severity.NONE:
        return f"Users saw a {measured.reason}."
    asked = first.assessment.floor
    wants = f", {asked} is what the alert asks for" if asked is not Severity.NONE else ""
    return f"Nothing was seen to fail at first{wants}."


def _length(incident: Incident) -> str:
    if incident.closed_at is None:
        return "It is not over."
    took: timedelta = incident.closed_at - incident.opened_at
    if incident.ending and incident.ending.over:
        return f"It was over {duration_in_words(took)} after the incident was opened."
    return f"It was not seen to be over when the response ended after {duration_in_words(took)}."


def _mender(incident: Incident, mended: Sequence[str], wrote: bool) -> str:
    what = "; ".join(mended)
    if what and incident.ending is Ending.RECOVERED:
        return f"What mended it: {what}."
    if what:
        return f"What helped and stays: {what}."
    return "Nothing that was written mended it." if wrote else "Nothing was written."


def effective_plans(plans: Sequence[Plan], verdicts: Mapping[int, PlanVerdict]) -> list[Plan]:
    """The plans that mended their own cause and stay.

    Args:
        plans: Of one incident.
        verdicts: What came of each, by attempt; a plan without one is left out.
    """
    return [plan for plan in plans if (verdict := verdicts.get(plan.attempt)) and verdict.mended]
