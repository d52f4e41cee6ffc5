"""Whether a diagnosis says what is right about a case: cause, object, field, and the repair that is offered."""

import json
import re
from dataclasses import dataclass

from outage.diagnosis.hypothesis import Change, Diagnosis, Hypothesis
from practice.faults.cases import CaseTruth

FITS = 0.4
"""From this score on a hypothesis accuses; below it only hints."""


@dataclass(frozen=True)
class CaseAnswer:
    """What was said about a case, and which parts of it are right."""

    said: str
    cause: bool
    about: bool
    field: bool
    repair: bool
    repaired_by: str

    @property
    def right(self) -> bool:
        """Whether all of it is."""
        return self.cause and self.about and self.field and self.repair


def judged_answer(diagnosis: Diagnosis, truth: CaseTruth) -> CaseAnswer:
    """Compare the first hypothesis with the truth; where nothing is wrong there must be none that accuses."""
    accusing = [one for one in diagnosis.hypotheses if one.score >= FITS or one.repair]
    if truth.repair_by == "nobody":
        said = told_first(diagnosis)
        good = not accusing and not [one for one in diagnosis.hypotheses if one.cause != "unknown"]
        quiet = good and not diagnosis.hypotheses
        return CaseAnswer(said, quiet, quiet, quiet, not accusing, "")
    if not diagnosis.hypotheses:
        return CaseAnswer("(nothing)", False, False, False, False, "")
    first = diagnosis.hypotheses[0]
    changes = first.repair.changes if first.repair else ()
    return CaseAnswer(
        said=told_first(diagnosis),
        cause=first.cause in truth.causes,
        about=any(re.fullmatch(one, f"{first.about.kind}/{first.about.name}") for one in truth.about),
        field=bool(re.search(truth.field, _told_field(first))),
        repair=is_right_repair(tuple(spelled_change(one) for one in changes), truth),
        repaired_by=first.repair.summary if first.repair else "",
    )


def told_first(diagnosis: Diagnosis) -> str:
    """The first hypothesis and its score."""
    if not diagnosis.hypotheses:
        return "(nothing)"
    first = diagnosis.hypotheses[0]
    return f"{first.cause} {first.about} {first.score:.2f}"


def _told_field(one: Hypothesis) -> str:
    changes = [spelled_change(change) for change in one.repair.changes] if one.repair else []
    return "\n".join([str(one.field), str(one.live), str(one.wanted), one.says, *changes])


def spelled_change(one: Change) -> str:
    """A change as the truth's patterns read it: `patch Service/tickets [{"op": …}]`."""
    body = one.manifest if one.manifest is not None else list(one.patch)
    return f"{one.action} {one.target.kind}/{one.target.name} {json.dumps(body)}"


def is_right_repair(changes: tuple[str, ...], truth: CaseTruth) -> bool:
    """Whether the changes heal and harm nothing; who hands over to a person changes nothing."""
    if any(re.search(pattern, change) for pattern in truth.wrong for change in changes):
        return False
    if truth.repair_by == "person":
        return not changes
    found = [any(re.search(pattern, change) for change in changes) for pattern in truth.repair]
    return any(found) if truth.some else bool(found) and all(found)
