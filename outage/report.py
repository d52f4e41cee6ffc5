"""The incident's report: what happened, why, what was done, what follows.

Runbook: "Post-Incident Actions" and "Prevention Checklist".
"""

from collections.abc import Sequence
from datetime import timedelta

from outage.approval import Approval
from outage.hypothesis import Diagnosis
from outage.incident import Ending, Incident
from outage.messages import spoken
from outage.outcome import Resolved
from outage.plan import Plan
from outage.reading import diagnosis_in_markdown
from outage.severity import Severity
from outage.timeline import Entry
from outage.value import Value


class Times(Value):
    """How long each part took, in seconds from the incident's opening; None when it did not happen."""

    detect_seconds: float | None = None
    """From the fault (known in drills, else the alert's own start) to the incident."""
    plan_seconds: float | None = None
    approve_seconds: float | None = None
    mend_seconds: float | None = None
    verified_seconds: float | None = None


class Account(Value):
    """Everything the report tells, collected from the record."""

    incident: Incident
    times: Times
    diagnosis: Diagnosis | None = None
    plans: tuple[Plan, ...] = ()
    approvals: tuple[Approval, ...] = ()
    resolved: dict[str, Resolved] = {}
    """`resolve-1`, `take-back-1`, …"""
    entries: tuple[Entry, ...] = ()
    links: dict[str, str] = {}


def report(account: Account) -> str:
    """Render the whole report as markdown."""
    parts = [_head(account), _times(account.times)]
    if account.diagnosis:
        parts.append("# Diagnosis\n\n" + diagnosis_in_markdown(account.diagnosis))
    parts += [_plan(plan, account.approvals) for plan in account.plans]
    parts.append(timeline_in_markdown(account.entries))
    parts.append(_follow_ups(account))
    if account.links:
        parts.append("\n".join(["# Links", *(f"- [{name}]({url})" for name, url in account.links.items())]))
    return "\n\n".join(parts) + "\n"


def timeline_in_markdown(entries: Sequence[Entry]) -> str:
    """The timeline as a table, oldest first."""
    rows = [f"| {one.at:%H:%M:%S} | {one.kind} | {_cell(one.says)} | {_cell(one.by)} |" for one in entries]
    return "\n".join(["# Timeline (UTC)", "| at | what | says | by |", "|---|---|---|---|", *rows])


def _head(account: Account) -> str:
    incident = account.incident
    length = spoken(incident.closed_at - incident.opened_at) if incident.closed_at else "still open"
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
    cells = [f"| {name} | {spoken(timedelta(seconds=value))} |" for name, value in rows if value is not None]
    return "\n".join(["# Times", "| until | took |", "|---|---|", *cells])


def _plan(plan: Plan, approvals: Sequence[Approval]) -> str:
    said = [
        f"- {one.by}: {one.answer} ({one.door}) {one.why}".rstrip()
        for one in approvals
        if one.plan_hash == plan.hash
    ]
    diffs = [f"## {step.key}\n\n```diff\n{step.diff}\n```" for step in plan.steps if step.diff]
    return "\n\n".join(
        [
            f"# Plan {plan.attempt}: {plan.summary}",
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
        "# Follow-ups",
        f"- [ ] by {day}: update the ticket with this timeline; notify stakeholders",
        f"- [ ] by {week}: document the root cause; create action items for prevention",
        f"- [ ] by {month}: implement preventive measures; update the runbook",
    ]
    if incident.severity in (Severity.P0, Severity.P1):
        lines.insert(2, f"- [ ] by {day}: schedule the post-mortem ({incident.severity})")
    return "\n".join([*lines, "", "# Prevention checklist", *_checklist(account)])


def _checklist(account: Account) -> list[str]:
    diagnosis = account.diagnosis
    cause = diagnosis.hypotheses[0].cause if diagnosis and diagnosis.hypotheses else None
    alerted = any(entry.kind == "alert" for entry in account.entries)
    unseen = len(diagnosis.unknowns) if diagnosis else 0
    healed = account.incident.ending is Ending.RECOVERED
    return [
        f"- {'[x]' if alerted else '[ ]'} Are monitoring alerts adequate? "
        + ("an alert opened this incident" if alerted else "no alert covered it: write one"),
        f"- {'[x]' if not unseen else '[ ]'} Should we add more health checks? "
        + (f"{unseen} looks could not be made" if unseen else "every look could be made"),
        f"- {'[x]' if cause else '[ ]'} Do we need better documentation? "
        + (
            f"the cause is a known class: {cause}"
            if cause
            else "the cause is in no class: add it to the runbook"
        ),
        f"- {'[x]' if healed else '[ ]'} Should we conduct additional training? "
        + ("the runbook healed it" if healed else "people had to finish it: practise this fault as a drill"),
        "- [ ] Do we need better error handling, a better deployment process, more redundancy, other capacity?",
    ]


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", "<br>")
