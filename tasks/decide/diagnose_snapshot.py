"""From a case to the causes that would explain it."""

from prefect import task

from outage.diagnosis import diagnose
from outage.diagnosis.hypothesis import Diagnosis
from outage.mitigation import mitigations
from tasks.observe.tasks import LookResult


@task(name="diagnose", persist_result=False)
def diagnose_picture(seen: LookResult) -> Diagnosis:
    """Rank the causes that would explain what was seen; measure the severity.

    Source: runbook "Severity Assessment" and "Investigation Phase".
    """
    return diagnose(seen.case)


def with_reliefs(found: Diagnosis, seen: LookResult) -> Diagnosis:
    """Append the ways to ease the outage behind its causes, for when no cause can be acted upon.

    Source: runbook "Resolution Actions".
    """
    ways = mitigations(found, seen.case)
    return found.model_copy(update={"hypotheses": (*found.hypotheses, *ways)})
