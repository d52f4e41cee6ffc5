"""The incident's report: what happened, why, what was done, what follows.

Runbook: "Post-Incident Actions" and "Prevention Checklist".
"""

import re
from collections.abc import Callable, Sequence
from datetime import timedelta

from outage.diagnosis.hypothesis import Diagnosis, Hypothesis
from outage.incidents.incident import Incident
from outage.incidents.phase_key import resolved_as, taken_back_as
from outage.incidents.timeline import SHORTEST_HEAD, Entry
from outage.people.action_item import ActionItem, item_line
from outage.plans.approval import Approval
from outage.plans.outcome import Resolved
from outage.plans.plan import Plan
from outage.reports.markdown import diagnosis_in_markdown
from outage.reports.plan_fates import effective_plans, plan_fate, summary_sentences
from outage.reports.post_incident.follow_ups import owes_post_mortem
from outage.reports.post_incident.kept_look import KeptLook
from outage.reports.post_incident.phase_gantt import gantt_in_mermaid
from outage.reports.post_incident.prevention_checklist import (
    PreventionFacts,
    checklist,
    checklist_in_markdown,
)
from outage.text.durations import duration_in_words
from outage.text.redaction import redact
from outage.value import Value
from outage.verification.plan_effect import PlanVerdict

PhaseChart = Callable[[Incident, Sequence[Entry]], str]
"""Draws the phases of an incident as a part of markdown."""


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
    prevention: PreventionFacts | None = None
    """What the checklist is answered from."""
    looks: tuple[KeptLook, ...] = ()
    """Oldest first."""
    items: tuple[ActionItem, ...] = ()
    """What is left to do, and what was done of it."""
    head: str = ""
    """Hash of the timeline's line that tells the ending; empty while there is none."""
    links: dict[str, str] = {}


def report(account: Account, chart: PhaseChart = gantt_in_mermaid) -> str:
    """Render the whole report as markdown.

    Args:
        account: What it tells.
        chart: Draws the phases, for where the report is read.
    """
    effective = [plan.summary for plan in effective_plans(account.plans, account.verdicts)]
    says = summary_sentences(
        account.incident, account.first or account.diagnosis, effective, account.resolved.values()
    )
    parts = [_head(account), says, _times(account.times)]
    if account.diagnosis:
        parts.append("## Diagnosis\n\n" + _deeper(diagnosis_in_markdown(account.diagnosis)))
    parts += [_plan(plan, account) for plan in account.plans]
    parts.append(_deeper(timeline_in_markdown(account.entries, account.incident, chart)))
    parts.append(_follow_ups(account))
    if account.links:
        parts.append("\n".join(["## Links", *(f"- [{name}]({url})" for name, url in account.links.items())]))
    if unseen := account.diagnosis.unknowns if account.diagnosis else ():
        parts.append("\n".join(["## What was not looked at", *(f"- {one}" for one in unseen)]))
    return redact("\n\n".join(parts)) + "\n"


def timeline_in_markdown(
    entries: Sequence[Entry], incident: Incident | None = None, chart: PhaseChart = gantt_in_mermaid
) -> str:
    """The timeline as a table, oldest first.

    Args:
        entries: Its lines.
        incident: With it, a chart of the phases stands above the table.
        chart: Draws that chart.
    """
    rows = [
        f"| {one.at:%H:%M:%S} | {one.kind} | {_cell(redact(one.says))} | {_cell(one.by)} |" for one in entries
    ]
    drawn = chart(incident, entries) if incident and entries else ""
    table = "\n".join(["| at | what | says | by |", "|---|---|---|---|", *rows])
    return "\n".join(["# Timeline (UTC)", *([f"\n{drawn}\n"] if drawn else []), table])


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
    lines = ["## Follow-ups", *(_actions(account))]
    if account.head:
        proof = f"`outage timeline {account.incident.id} --verify --head {account.head[:SHORTEST_HEAD]}`"
        lines.append(f"- the timeline up to its end has the head `{account.head}`: {proof}")
    if account.prevention:
        lines += ["", "## Prevention checklist", checklist_in_markdown(checklist(account.prevention))]
    return "\n".join(lines)


def _actions(account: Account) -> list[str]:
    """The items that are kept, else those of the runbook that hold for every incident."""
    if account.items:
        return [f"- [{'x' if one.done_at else ' '}] {item_line(one)}" for one in account.items]
    incident = account.incident
    closed = incident.closed_at or incident.opened_at
    day, week, month = (f"{closed + timedelta(days=days):%Y-%m-%d}" for days in (1, 7, 30))
    lines = [
        f"- [ ] by {day}: update the ticket with this timeline; notify stakeholders",
        f"- [ ] by {week}: document the root cause; create action items for prevention",
        f"- [ ] by {month}: implement preventive measures; update the runbook",
    ]
    if owes_post_mortem(incident):
        lines.insert(1, f"- [ ] by {day}: schedule the post-mortem ({incident.severity})")
    return lines


def _deeper(markdown: str) -> str:
    """A document as a section of another: every heading one level down."""
    return re.sub(r"(?m)^(?=#+ )", "#", markdown)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", "<br>")
