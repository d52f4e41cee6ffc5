"""Whether one look bears out that what an incident was about is mended. Pure.

It is no proof of recovery: nobody watches for long, and the ending says so.
"""

from collections.abc import Collection

from outage.diagnosis.hypothesis import Diagnosis
from outage.diagnosis.weighing.blindness import saw_nothing
from outage.incidents.severity import Severity
from outage.platforms.platform import Platform
from outage.value import Value
from outage.verification.lasting_signs import reach_of_cause


class ClosingLook(Value):
    """What one look says of an incident that a person closes."""

    well: bool
    says: str


def closing_look(
    found: Diagnosis,
    subjects: Collection[str],
    first: Diagnosis | None,
    platform: Platform,
    believed_from: float,
) -> ClosingLook:
    """Judge by what the incident was about: what fails elsewhere has an incident of its own, or will have one.

    Args:
        found: What the one look says.
        subjects: Names of the services that its alerts are about; empty when they name none.
        first: What the incident's first investigation concluded; None when there was none.
        platform: Which services there are.
        believed_from: Score from which a cause counts.
    """
    if saw_nothing(found):
        return ClosingLook(well=False, says="nothing could be looked at, and that is never called well")
    reach = reach_of_cause(first.hypotheses[:1] if first else (), platform)
    mine = ({*subjects} | reach.services) - {""}
    everything = reach.everything or not mine
    for cause in found.hypotheses:
        broken = reach_of_cause([cause], platform)
        if cause.score >= believed_from and (everything or broken.everything or broken.services & mine):
            return ClosingLook(well=False, says=cause.says)
    impact = found.assessment.impact
    hurt = {*impact.services_down, *impact.services_degraded}
    if failing := hurt if everything else hurt & mine:
        return ClosingLook(well=False, says=f"{', '.join(sorted(failing))} is not well")
    if everything and found.assessment.severity is not Severity.NONE:
        return ClosingLook(well=False, says=found.assessment.reason)
    about = ", ".join(sorted(mine)) or "the whole platform"
    unseen = f" (not seen: {len(found.unknowns)} things)" if found.unknowns else ""
    return ClosingLook(well=True, says=f"nothing fails about {about}{unseen}")
