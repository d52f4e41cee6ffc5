"""Plans and diagnoses as markdown that a tired person reads in a minute."""

from outage.hypothesis import Diagnosis, Hypothesis
from outage.plan import Plan, Step

DIFF_LINES = 60
"""Lines of a diff shown in a form; the whole one is in `outage show` and in the record."""


def plan_in_markdown(plan: Plan, note: str = "") -> str:
    """The plan as the approval form shows it: why, what, the diff, the risk and the way back."""
    parts = [f"## {plan.summary}"]
    if note:
        parts.append(f"> **Please answer again:** {note}")
    parts.append(f"**Why:** {plan.causes}")
    parts.append(f"**Risk:** {plan.risk} · **Plan:** `{plan.hash}` · attempt {plan.attempt}")
    parts += [_step_in_markdown(number, step) for number, step in enumerate(plan.steps, start=1)]
    parts.append("Nothing is written before a yes. Silence is a no.")
    return "\n\n".join(parts)


def _step_in_markdown(number: int, step: Step) -> str:
    """One step, its diff first: a form may show only the upper half of a long text."""
    change = step.change
    lines = [f"### {number}. {change.action} {change.target}"]
    if step.diff:
        shown = step.diff.splitlines()
        more = len(shown) - DIFF_LINES
        tail = [f"… {more} more lines: `outage show`"] if more > 0 else []
        lines += ["```diff", *shown[:DIFF_LINES], *tail, "```", ""]
    return "\n".join(
        [
            *lines,
            f"- why: {change.why}",
            f"- expected: {change.expected}",
            f"- risk: {change.risk}",
            f"- way back: {step.take_back}",
        ]
    )


def diagnosis_in_markdown(diagnosis: Diagnosis) -> str:
    """What was found and which causes fit, as the UI's artifact shows it."""
    assessment = diagnosis.assessment
    parts = [f"## {assessment.severity}: {assessment.reason}"]
    if not diagnosis.hypotheses:
        parts.append("No cause stands: nothing that was looked at explains an outage.")
    parts += [
        _hypothesis_in_markdown(rank, hypothesis)
        for rank, hypothesis in enumerate(diagnosis.hypotheses, start=1)
    ]
    if diagnosis.findings:
        rows = [
            f"| {_cell(finding.sign)} | {_cell(str(finding.about))} | {_cell(finding.says)} |"
            for finding in diagnosis.findings
        ]
        parts.append("\n".join(["### What was seen", "| sign | about | says |", "|---|---|---|", *rows]))
    if diagnosis.unknowns:
        parts.append("\n".join(["### What could not be seen", *(f"- {one}" for one in diagnosis.unknowns)]))
    return "\n\n".join(parts)


def _hypothesis_in_markdown(rank: int, hypothesis: Hypothesis) -> str:
    lines = [
        f"### {rank}. {hypothesis.says}",
        f"`{hypothesis.cause}` on {hypothesis.about}, score {hypothesis.score:.2f}",
    ]
    if hypothesis.field:
        wanted = hypothesis.wanted if hypothesis.wanted is not None else "not known"
        lines.append(f"- `{hypothesis.field}` is `{hypothesis.live}`, should be `{wanted}`")
    if hypothesis.onset:
        lines.append(f"- since {hypothesis.onset:%H:%M:%S} UTC")
    lines += [f"- for: {one}" for one in hypothesis.evidence_for]
    lines += [f"- against: {one}" for one in hypothesis.evidence_against]
    if hypothesis.settle:
        lines.append(f"- would settle it: {hypothesis.settle}")
    lines.append(f"- repair: {hypothesis.repair.summary if hypothesis.repair else 'a person is needed'}")
    return "\n".join(lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
