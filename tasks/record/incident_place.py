"""Where an incident is answered: its platform's doors, or a look from outside at what is nobody's."""

from prefect.logging import get_logger
from prefect.runtime import flow_run

from blocks.clients import clients
from blocks.prefect_api import PrefectRefused, PrefectUnreachable
from blocks.prefect_runs import label_run
from outage.errors import ClusterError
from outage.incidents.incident import Ended, Ending, Incident, run_name, run_tags
from outage.kubernetes.objects import ObjectRef

log = get_logger("outage.place")


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
    return named_run(clients().record.incident(str(flow_run.parameters["incident_id"])))


def named_run(incident: Incident) -> str:
    """What an incident's run is called as it stands now."""
    found = clients().record.diagnosis(incident.id, 1)
    cause = found.hypotheses[0].cause.replace("-", " ") if found and found.hypotheses else ""
    return run_name(incident, cause)


def relabel_run(incident: Incident) -> None:
    """Bring name and tags of an incident's run up to date; a server that is away keeps nobody from responding."""
    if incident.flow_run_id is None:
        return
    try:
        url = clients().settings.prefect_api_url
        label_run(url, incident.flow_run_id, named_run(incident), run_tags(incident))
    except (PrefectRefused, PrefectUnreachable) as error:
        log.warning("the run of %s keeps its old name and tags: %s", incident.id, error)
