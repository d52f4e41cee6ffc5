"""From a case to the causes that would explain it."""

from prefect import task

from outage.diagnosis import diagnose
from outage.diagnosis.hypothesis import Diagnosis
from outage.mitigation import mitigations
from tasks.observe.tasks import LookResult


class Concluded:
    """A diagnosis on its way from one flow to another.

    Prefect shows a flow's parameters to everybody, and repairs hold manifests. What has no attributes of its own to
    list is shown by its name alone.
    """

    __slots__ = ("diagnosis",)

    def __init__(self, diagnosis: Diagnosis) -> None:
        """Wrap it."""
        self.diagnosis = diagnosis


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
    return found.model_copy(update={"mitigations": mitigations(found, seen.case)})
