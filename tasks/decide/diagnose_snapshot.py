"""From a picture to the causes that would explain it."""

from prefect import task

from blocks.clients import clients
from outage.diagnosis import diagnose
from outage.diagnosis.hypothesis import Diagnosis
from outage.incidents.severity import worst_severity
from outage.mitigation import mitigations
from tasks.observe.tasks import LookResult


@task(name="diagnose", persist_result=False)
def diagnose_picture(incident: str, picture: LookResult) -> Diagnosis:
    """Rank the causes that would explain what was seen; measure the severity.

    Source: runbook "Severity Assessment" and "Investigation Phase".

    Args:
        incident: Whose alerts give the floor of the severity.
        picture: One round of looks.
    """
    record = clients().record
    floor = worst_severity(*(alert.floor for alert in record.alerts(incident) if alert.firing))
    return diagnose(picture.snapshot, clients().platform, record.baseline(), floor)


def with_reliefs(found: Diagnosis, picture: LookResult) -> Diagnosis:
    """Append the ways to ease the outage behind its causes, for when no cause can be acted upon.

    Source: runbook "Resolution Actions".
    """
    ways = mitigations(found, picture.snapshot, clients().platform)
    return found.model_copy(update={"mitigations": ways})
