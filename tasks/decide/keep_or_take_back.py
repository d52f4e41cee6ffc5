"""After a plan was written and watched: the verdict on it, which says whether what it wrote stays."""

from prefect import task

from blocks.clients import clients
from outage.diagnosis.hypothesis import Diagnosis
from outage.diagnosis.thresholds import BELIEVED_FROM
from outage.incidents.timeline import EntryKind
from outage.verification.plan_verdict import plan_verdict
from outage.verification.recovery import VerifiedRecovery
from tasks.record import note_entry


@task(name="judge the plan", persist_result=False)
def judge_plan(incident_id: str, attempt: int, proof: VerifiedRecovery, after: Diagnosis) -> VerifiedRecovery:
    """The proof with the verdict on the plan, which is told on the timeline.

    Source: runbook "Verification Steps".

    Args:
        incident_id: Id of the incident.
        attempt: Whose plan was watched.
        proof: What was seen of users, endpoints and rollouts, through the soak.
        after: What is wrong with everything of the plan in place.

    Returns:
        The same proof; not recovered any more when the verdict is not that the plan was effective.
    """
    record = clients().record
    plan, found = record.plan(incident_id, attempt), record.diagnosis(incident_id, attempt)
    if plan is None or found is None:
        return proof
    verdict = plan_verdict(plan, found, after, proof, clients().platform, BELIEVED_FROM)
    becomes = "is taken back" if verdict.takes_back else "stays"
    says = f"plan {attempt} is {verdict.effect} and {becomes}: {verdict.says}"
    note_entry(incident_id, EntryKind.VERIFY, says, key=f"verdict/{attempt}/{verdict.effect}")
    return proof.model_copy(update={"verdict": verdict, "recovered": proof.recovered and verdict.mended})
