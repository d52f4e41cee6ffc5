"""From a case to causes: signs → findings → suspects → hypotheses in order, each with its reasons.

Promise: pure. The same case gives the same answer, whenever and wherever it is asked; the clock is its
`snapshot.taken_at`. Nothing is repaired here: a hypothesis carries what would repair it.
"""

from outage.diagnosis.findings import Signs, read_signs
from outage.diagnosis.findings.finding import Finding
from outage.diagnosis.findings.log_news import log_templates
from outage.diagnosis.history.what_changed import what_changed
from outage.diagnosis.hypothesis import Diagnosis
from outage.diagnosis.impact import impact
from outage.diagnosis.remedies.retrigger import with_waking
from outage.diagnosis.rules.catalogue import RULES
from outage.diagnosis.weighing.blindness import is_blind, nothing_seen
from outage.diagnosis.weighing.scoring import rank_suspects
from outage.incidents.severity import assess_severity
from outage.snapshots.case import Case
from outage.text.redaction import redact

__all__ = ["diagnose"]

TEMPLATES_KEPT = 30
"""Kinds of log lines that go with a diagnosis; whoever needs more reads the logs in the bundle."""


def diagnose(case: Case) -> Diagnosis:
    """Say what is wrong, how bad it is, and what would explain it.

    Args:
        case: What the look saw, and what was known beside it.

    Returns:
        Hypotheses in order, most likely first; none when nothing is wrong; `unknown` when something fails
        and nothing that was seen explains it.
    """
    snapshot, index = case.snapshot, case.index
    if is_blind(snapshot):
        return nothing_seen(snapshot, case.platform, case.floor)
    signs = read_signs(index)
    suspects = [one for rule in RULES for one in rule.suspects(index, signs)]
    hypotheses = rank_suspects(index, signs, suspects)
    return Diagnosis(
        at=snapshot.taken_at,
        assessment=assess_severity(impact(index, signs), case.floor),
        findings=_in_order(signs),
        hypotheses=with_waking(index, signs, hypotheses),
        changes=what_changed(index, signs.failing, hypotheses),
        unknowns=tuple(redact(f"{one.words}: {one.unseen}") for one in snapshot.evidence if one.unseen),
        log_templates=log_templates(index)[:TEMPLATES_KEPT],
    )


def _in_order(signs: Signs) -> tuple[Finding, ...]:
    found = (*signs.failing, *(one for one in signs.all if one not in signs.failing))
    return tuple(one.shareable() for one in found)
