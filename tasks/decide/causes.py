"""From a picture to the causes that would explain it."""

from prefect import task

from blocks.doors import doors
from outage.diagnosis import diagnose
from outage.hypothesis import Diagnosis
from outage.relief import reliefs
from outage.severity import worst
from tasks.observe.rounds import Picture


@task(name="diagnose", persist_result=False)
def diagnose_picture(incident: str, picture: Picture) -> Diagnosis:
    """Rank the causes that would explain what was seen; measure the severity.

    Source: runbook "Severity Assessment" and "Investigation Phase".

    Args:
        incident: Whose alerts give the floor of the severity.
        picture: One round of looks.
    """
    record = doors().record
    floor = worst(*(alert.floor for alert in record.alerts(incident) if alert.firing))
    return diagnose(picture.snapshot, doors().platform, record.baseline(), floor)


def with_reliefs(found: Diagnosis, picture: Picture) -> Diagnosis:
    """Append the ways to ease the outage behind its causes, for when no cause can be acted upon.

    Source: runbook "Resolution Actions".
    """
    ways = reliefs(found, picture.snapshot, doors().platform)
    return found.model_copy(update={"hypotheses": (*found.hypotheses, *ways)})
