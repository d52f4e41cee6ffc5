"""Where an incident is answered: its platform's doors, or a look from outside at what is nobody's."""

from prefect.runtime import flow_run

from blocks.clients import clients
from outage.errors import ClusterError
from outage.incidents.incident import Ended, Ending, Incident, run_name
from outage.kubernetes.objects import ObjectRef


def take_its_place(incident_id: str) -> Incident:
    """Turn this process' doors to the platform of an incident, before anything is looked at for it."""
    incident = clients().record.incident(incident_id)
    clients().answer_for(incident)
    return incident


def take_platform(name: str) -> None:
    """Turn this process' doors to a platform by its name; empty: the settings' own."""
    clients().turn_to(name)


def nowhere_to_look(incident: Incident) -> Ended | None:
    """How an incident of no platform ends at once, or None when there is a place to look at."""
    if not incident.unclaimed:
        return None
    if not incident.namespace:
        says = "no platform answers it and it names no namespace: there is nothing to look at"
        return Ended(ending=Ending.ADVISED, says=says)
    try:
        there = clients().reader.find(ObjectRef(kind="Namespace", name=incident.namespace))
    except ClusterError:
        return None  # the looks say what could not be seen
    if there is None:
        says = f"no platform answers it, and namespace {incident.namespace} is not there"
        return Ended(ending=Ending.NOT_MINE, says=says)
    return None


def incident_run_name() -> str:
    """What the response's run is called whenever it starts or wakes: with the cause, once there is one."""
    incident_id = str(flow_run.parameters["incident_id"])
    record = clients().record
    found = record.diagnosis(incident_id, 1)
    cause = found.hypotheses[0].cause.replace("-", " ") if found and found.hypotheses else ""
    return run_name(record.incident(incident_id), cause)
