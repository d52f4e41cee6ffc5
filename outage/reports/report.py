"""The incident's report: what happened, why, what was done, what follows.

Runbook: "Post-Incident Actions" and "Prevention Checklist".
"""

import re
from collections.abc import Sequence
from datetime import timedelta

from outage.diagnosis.cause import Cause
from outage.diagnosis.hypothesis import Diagnosis, Hypothesis
from outage.incidents.incident import Ending, Incident
from outage.incidents.phase_key import resolved_as, taken_back_as
from outage.incidents.severity import Severity
from outage.incidents.timeline import Entry
from outage.plans.approval import Approval
from outage.plans.outcome import Resolved
from outage.plans.plan import Plan
from outage.reports.markdown import diagnosis_in_markdown
from outage.reports.plan_fates import effective_plans, plan_fate, summary_sentences
from outage.text.durations import duration_in_words
from outage.text.redaction import redact
from outage.value import Value
from outage.verification.plan_effect import PlanVerdict

CAPACITY = [
    *(Cause.MEMORY_LIMIT_TOO_SMALL, Cause.OUT_OF_MEMORY, Cause.CPU_SATURATED, Cause.LOAD_JOB),
    *(Cause.REQUEST_TOO_LARGE, Cause.QUOTA_EXCEEDED, Cause.LIMIT_RANGE, Cause.PREEMPTED),
    *(Cause.CONNECTIONS_EXHAUSTED, Cause.CLAIM_UNBINDABLE),
]
"""Causes that say there was too little of something."""

UNBORNE = (Cause.APPLICATION_ERROR, Cause.DEPENDENCY_DOWN)
"""Causes that a better caller would have borne."""

LATER = "for the post-mortem"
"""The answer to a question that nothing on record answers."""


class AttemptTimes(Value):
    """How long one plan took, in seconds from the incident's opening; None when it did not happen."""

    attempt: int
    plan_seconds: float | None = None
    approve_seconds: float | None = None
    apply_seconds: float | None = None
    back_seconds: float | None = None
    """Until it was taken back."""


class Times(Value):
    """How long each part took, in seconds from the incident's opening; None when it did not happen."""

    detect_seconds: float | None = None
    """From the fault (known in drills, else the alert's own start) to the incident."""
    plan_seconds: float | None = None
    approve_seconds: float | None = None
    mend_seconds: float | None = None
    """Of the last write that mended its cause; None of an incident that did not mend."""
    verified_seconds: float | None = None
    attempts: tuple[AttemptTimes, ...] = ()
    """The same for each plan."""


class Account(Value):
    """Everything the report tells, collected from the record."""

    incident: Incident
    times: Times
    diagnosis: Diagnosis | None = None
    plans: tuple[Plan, ...] = ()
    approvals: tuple[Approval, ...] = ()
    first: Diagnosis | None = None
    """What was seen before anything was written; `diagnosis` is what was seen last."""
    verdicts: dict[int, PlanVerdict] = {}
    """By attempt: what a plan did to its own cause."""
    mended: tuple[Hypothesis, ...] = ()
    """The causes whose repair is in place."""
    resolved: dict[str, Resolved] = {}
    """`resolve-1`, `take-back-1`, …"""
    entries: tuple[Entry, ...] = ()
    alerted: bool = False
    """Whether the monitoring or a person told of it, and not our own watch alone."""
    links: dict[str, str] = {}


def report(account: Account) -> str:
    """Render the whole report as markdown."""
    effective = [plan.summary for plan in effective_plans(account.plans, account.verdicts)]
    says = summary_sentences(account.incident, account.first or account.diagnosis, effective)
    parts = [_head(account), says, _times(account.times)]
    if account.diagnosis:
        parts.append("## Diagnosis\n\n" + _deeper(diagnosis_in_markdown(account.diagnosis)))
    parts += [_plan(plan, account) for plan in account.plans]
    parts.append(_deeper(timeline_in_markdown(account.entries)))
    parts.append(_follow_ups(account))
    if account.links:
        parts.append("\n".join(["## Links", *(f"- [{name}]({url})" for name, url in account.links.items())]))
    if unseen := account.diagnosis.unknowns if account.diagnosis else ():
        parts.append("\n".join(["## What was not looked at", *(f"- {one}" for one in unseen)]))
    return redact("\n\n".join(parts)) + "\n"


def timeline_in_markdown(entries: Sequence[Entry]) -> str:
    """The timeline as a table, oldest first."""
    rows = [
        f"| {one.at:%H:%M:%S} | {one.kind} | {_cell(redact(one.says))} | {_cell(one.by)} |" for one in entries
    ]
    return "\n".join(["# Timeline (UTC)", "| at | what | says | by |", "|---|---|---|---|", *rows])


def _head(account: Account) -> str:
    incident = account.incident
    length = (
        duration_in_words(incident.closed_at - incident.opened_at) if incident.closed_at else "still open"
    )
    drill = f"\n\nThis was a drill: `{incident.drill}`." if incident.drill else ""
    return (
        f"# {incident.severity} · {incident.title}\n\n"
        f"**{incident.ending or incident.phase}**: {incident.says or 'no ending yet'}\n\n"
        f"`{incident.id}` · opened {incident.opened_at:%Y-%m-%d %H:%M:%S} UTC · {length}{drill}"
    )


def _times(times: Times) -> str:
    rows = [
        ("detected", times.detect_seconds),
        ("plan ready", times.plan_seconds),
        ("approved", times.approve_seconds),
        ("mended", times.mend_seconds),
        ("verified", times.verified_seconds),
    ]
    cells = [
        f"| {name} | {duration_in_words(timedelta(seconds=value))} |"
        for name, value in rows
        if value is not None
    ]
    return "\n".join(["## Times", "| until | took |", "|---|---|", *cells])


def _plan(plan: Plan, account: Account) -> str:
    said = [
        f"- {one.by}: {one.answer} ({one.door}) {one.why}".rstrip()
        for one in account.approvals
        if one.plan_hash == plan.hash
    ]
    verdict = account.verdicts.get(plan.attempt)
    done, back = (account.resolved.get(key(plan.attempt)) for key in (resolved_as, taken_back_as))
    fate = plan_fate(plan, account.approvals, done, verdict, back)
    became = f"**{fate}**" + (f": {verdict.says}" if verdict else "")
    diffs = [f"### {step.key}\n\n```diff\n{step.diff}\n```" for step in plan.steps if step.diff]
    return "\n\n".join(
        [
            f"## Plan {plan.attempt}: {plan.summary}",
            became,
            plan.causes,
            "\n".join(said) or "- nobody answered",
            *diffs,
        ]
    )


def _follow_ups(account: Account) -> str:
    """The runbook's post-incident actions with dates, and the checklist answered from what is known."""
    incident = account.incident
    closed = incident.closed_at or incident.opened_at
    day, week, month = (f"{closed + timedelta(days=days):%Y-%m-%d}" for days in (1, 7, 30))
    lines = [
        "## Follow-ups",
        f"- [ ] by {day}: update the ticket with this timeline; notify stakeholders",
        f"- [ ] by {week}: document the root cause; create action items for prevention",
        f"- [ ] by {month}: implement preventive measures; update the runbook",
    ]
    if incident.severity in (Severity.P0, Severity.P1):
        lines.insert(2, f"- [ ] by {day}: schedule the post-mortem ({incident.severity})")
    return "\n".join([*lines, "", "## Prevention checklist", *_checklist(account)])


def _checklist(account: Account) -> list[str]:
    """The runbook's eight questions; a tick where the record says that nothing is missing."""
    found = account.first or account.diagnosis
    likeliest = account.diagnosis.hypotheses[:1] if account.diagnosis else ()
    cause = next(iter((*account.mended, *likeliest)), None)
    answers = {
        "Are monitoring alerts adequate?": _alerts(account.alerted),
        "Should we add more health checks?": _health_checks(account.diagnosis),
        "Do we need better error handling?": _if_one(cause, UNBORNE, "callers did not bear it"),
        "Should we improve our deployment process?": _deployment(cause),
        "Do we need more redundancy?": _redundancy(found),
        "Should we update our capacity planning?": _if_one(
            cause, CAPACITY, "there was too little of something"
        ),
        "Do we need better documentation?": _documentation(cause),
        "Should we conduct additional training?": _training(account.incident),
    }
    return [f"- [{'x' if well else ' '}] {asked} {says}" for asked, (well, says) in answers.items()]


def _alerts(alerted: bool) -> tuple[bool, str]:
    if alerted:
        return True, "an alert opened this incident"
    return False, "no alert covered it: write one"


def _health_checks(found: Diagnosis | None) -> tuple[bool, str]:
    if found is None:
        return False, LATER
    unseen = len(found.unknowns)
    looks = f"{unseen} look{'s' if unseen > 1 else ''} could not be made"
    return not unseen, looks if unseen else "every look could be made"


def _if_one(cause: Hypothesis | None, of: Sequence[str], words: str) -> tuple[bool, str]:
    return False, f"{words}: {cause.says}" if cause and cause.cause in of else LATER


def _deployment(cause: Hypothesis | None) -> tuple[bool, str]:
    if cause and cause.field and cause.wanted is not None:
        return False, f"nothing stopped the change of `{cause.field}`"
    return False, LATER


def _redundancy(found: Diagnosis | None) -> tuple[bool, str]:
    if found is None:
        return False, LATER
    down = ", ".join(found.assessment.impact.services_down)
    return (
        not down,
        f"{down} went down whole: one fault took every replica" if down else "none went down whole",
    )


def _documentation(cause: Hypothesis | None) -> tuple[bool, str]:
    if cause and cause.cause != Cause.UNKNOWN:
        return True, f"the cause is a known class: {cause.cause}"
    return False, "the cause is in no class: add it to the runbook"


def _training(incident: Incident) -> tuple[bool, str]:
    if incident.ending is Ending.RECOVERED:
        return True, "the runbook healed it"
    return False, "people had to finish it: practise this fault as a drill"


def _deeper(markdown: str) -> str:
    """A document as a section of another: every heading one level down."""
    return re.sub(r"(?m)^(?=#+ )", "#", markdown)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", "<br>")
