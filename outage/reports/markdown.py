"""Plans and diagnoses as markdown that a tired person reads in a minute."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from outage.diagnosis.findings.finding import Finding
from outage.diagnosis.findings.sign_reading import SOFT
from outage.diagnosis.hypothesis import Diagnosis, Hypothesis, Mitigation
from outage.errors import cut
from outage.plans.answer_words import answer_words
from outage.plans.plan import Plan, Step
from outage.reports.change_lines import changes_in_words
from outage.reports.first_screen import strongest_evidence
from outage.reports.home_namespace import home_of
from outage.text.durations import duration_in_words
from outage.text.logs.log_templates import template_row
from outage.text.redaction import redact

DIFF_LINES = 60
"""Lines of a diff shown in a form; the whole one is in `outage show` and in the record."""
CAUSES, REASONS, CHANGES, FINDINGS, TEMPLATES, UNKNOWNS = 3, 4, 6, 10, 5, 5
"""Most lines of each list: together about one screen, which is what is read in a minute."""
TEMPLATE_CHARACTERS = 150
"""Of one kind of log line: behind it stands when and where it was said."""
LINE_CHARACTERS = 200
"""Of one sentence: two to three lines of a terminal; the whole one is in the record."""
SURE = ((0.9, "Almost certain"), (0.7, "Likely"), (0.5, "Possible"), (0.0, "A guess, too weak to act on"))
"""Least score → words; below 0.5 a response acts on nothing."""
EASES = "A way to ease it, which heals no cause"
"""In place of how sure a cause is: a relief is tried when no cause can be repaired."""


def plan_in_markdown(plan: Plan, note: str = "", runbook: str = "") -> str:
    """The plan as the approval form shows it: why, what, the diff, the risk and the way back.

    Args:
        plan: What is asked about.
        note: Why an answer before did not count; empty at first.
        runbook: Address of the page of its cause; empty where there is none.
    """
    parts = [f"## {plan.summary}"]
    if note:
        parts.append(f"> **Please answer again:** {note}")
    known = f" ([runbook]({runbook}))" if runbook else ""
    parts.append(f"**Why:** {plan.causes}{known}")
    parts.append(f"**Risk:** {plan.risk} · **Plan:** `{plan.hash}` · attempt {plan.attempt}")
    parts += [_step_in_markdown(number, step) for number, step in enumerate(plan.steps, start=1)]
    words = answer_words(plan)
    parts.append(
        f"**{words.yes.capitalize()}:** {words.yes_does}. **{words.no.capitalize()}:** {words.no_does}."
    )
    parts.append(words.silence)
    return redact("\n\n".join(parts))


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


def diagnosis_in_markdown(diagnosis: Diagnosis, dashboards: Mapping[str, str] | None = None) -> str:
    """What was found and which causes fit: the answer first, then the doubts, then what was seen.

    Args:
        diagnosis: What the investigation concluded.
        dashboards: Title → URL, as the platform file has them; linked at the end.
    """
    home = home_of(diagnosis)
    assessment = diagnosis.assessment
    parts = [f"## {assessment.severity}: {_plain(assessment.reason)}"]
    if diagnosis.proposals:
        parts += _hypothesis(1, diagnosis.proposals[0], diagnosis, home)
    else:
        parts.append("No cause stands: nothing that was looked at explains an outage.")
    for rank, other in enumerate(diagnosis.proposals[1:CAUSES], start=2):
        parts += _hypothesis(rank, other, diagnosis, home)
    if (more := len(diagnosis.proposals) - CAUSES) > 0:
        parts.append(f"… and {more} less likely: `outage show`")
    changed = [_short(one, home) for one in changes_in_words(diagnosis)]
    parts += _listed(f"### What changed ({len(changed)})", changed, CHANGES)
    failing_first = sorted(diagnosis.findings, key=lambda one: one.sign in SOFT)
    seen = [_finding(one, home) for one in failing_first]
    parts += _listed(f"### What was seen ({len(seen)})", seen, FINDINGS)
    said = [_plain(template_row(one, TEMPLATE_CHARACTERS)) for one in diagnosis.log_templates]
    parts += _listed(f"### What the logs complain of ({_counted(diagnosis)})", said, TEMPLATES)
    unseen = [_short(one, home) for one in diagnosis.unknowns]
    parts += _listed(f"### What could not be seen ({len(unseen)})", unseen, UNKNOWNS)
    links = [f"[{_plain(title)}]({url})" for title, url in (dashboards or {}).items()]
    parts += _listed("### Dashboards", links, len(links))
    if home:
        parts.append(f"Objects are in namespace {home} where no other is named.")
    return redact("\n\n".join(parts))


def _hypothesis(rank: int, one: Hypothesis | Mitigation, diagnosis: Diagnosis, home: str) -> Iterator[str]:
    """One cause: what, how sure, where and since when; the first with all its reasons, the others in short."""
    yield f"### {rank}. {_short(one.says, home)}"
    since = (
        f", since {one.onset:%Y-%m-%d %H:%M:%S} UTC{_before(one.onset, diagnosis.at)}" if one.onset else ""
    )
    stands = EASES if isinstance(one, Mitigation) else f"{sureness(one.score)} ({one.score:.2f})"
    yield f"{stands}: `{one.cause}` on {_short(str(one.about), home)}{since}"
    if one.field:
        yield f"`{one.field}`: {_code(one.live, 'nothing')} → {_code(one.wanted, 'not known')}"
    most = REASONS if rank == 1 or isinstance(one, Mitigation) else 1
    best = strongest_evidence(diagnosis, one)
    told = [*best, *(says for says in one.evidence_for if says not in best)]
    yield from _listed("**For**", [_short(says, home) for says in told], most)
    yield from _listed("**Against**", [_short(says, home) for says in one.evidence_against], most)
    repair = _short(one.repair.summary, home) if one.repair else "a person is needed"
    settle = [f"to settle it: {_short(one.settle, home)}"] if one.settle else []
    yield from _listed("**Next**", [*settle, f"repair: {repair}"], REASONS)


def sureness(score: float) -> str:
    """A score in words: what a tired person may build on it."""
    return next(words for least, words in SURE if score >= least)


def _finding(finding: Finding, home: str) -> str:
    """One finding as a line; most sentences already begin with the object that they are about."""
    about = str(finding.about)
    says = finding.says if about in finding.says else f"{about}: {finding.says}"
    return f"{_short(says, home)} (`{finding.sign}`)"


def _counted(diagnosis: Diagnosis) -> str:
    """How many kinds of log lines there are, and how many are new; not said when nobody can tell."""
    found = diagnosis.log_templates
    new = sum(one.new is True for one in found)
    told = f", {new or 'none'} new since the baseline" if any(one.new is not None for one in found) else ""
    return f"{len(found)} kind{'' if len(found) == 1 else 's'}{told}"


def _listed(head: str, lines: Sequence[str], most: int) -> list[str]:
    """A heading with at most so many lines below it; nothing when there are none."""
    if not lines:
        return []
    tail = [f"- … and {len(lines) - most} more"] if len(lines) > most else []
    return ["\n".join([head, *(f"- {line}" for line in lines[:most]), *tail])]


def _short(text: str, home: str) -> str:
    """A sentence without the namespace that stands below the page, cut to what is read at a glance."""
    bare = re.sub(rf" in {re.escape(home)}(?![\w.-])", "", text) if home else text
    return _plain(cut(" ".join(bare.split()), LINE_CHARACTERS))


def _plain(text: str) -> str:
    """Foreign text that cannot be taken for markup: `<nil>` and `<*>` would vanish in the UI."""
    return re.sub(r"([<*])", r"\\\1", text)


def _code(value: str | None, otherwise: str) -> str:
    return f"`{cut(' '.join(value.split()), LINE_CHARACTERS).replace('`', chr(39))}`" if value else otherwise


def _before(onset: datetime, at: datetime) -> str:
    return f" ({duration_in_words(at - onset)} before this look)" if at >= onset else ""
