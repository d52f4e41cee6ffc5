"""After a plan that did not bring recovery: does what it wrote stay, or is it taken back?"""

from prefect import task

from blocks.clients import clients
from outage.diagnosis.hypothesis import Diagnosis
from outage.verification.partial_recovery import partly_recovered_cause
from tasks.decide.next_plan import BELIEVED_FROM
from tasks.record import note_entry


@task(name="weigh what it helped", persist_result=False)
def what_it_helped(incident_id: str, attempt: int, after: Diagnosis) -> str:
    """Why the plan's writes stay, as a sentence on the timeline; empty when they are to be taken back.

    Args:
        incident_id: Id of the incident.
        attempt: Whose plan was verified in vain.
        after: What is wrong with everything of the plan in place.
    """
    record = clients().record
    plan, found = record.plan(incident_id, attempt), record.diagnosis(incident_id, attempt)
    if plan is None or found is None:
        return ""
    other = partly_recovered_cause(plan, found, after, BELIEVED_FROM)
    if other is None:
        return ""
    says = f"plan {attempt} healed its own cause and stays; what still fails has another: {other.says}"
    note_entry(incident_id, "verify", says, key=f"helped/{attempt}")
    return says
