"""Before a plan is made: whether another incident answers this cause already; then its outcome is waited for."""

from datetime import UTC, datetime

from blocks.clients import clients
from outage.diagnosis.hypothesis import Diagnosis, Hypothesis, Proposal
from outage.incidents.folding import CauseFound, FoldDecision
from outage.incidents.incident import Incident
from outage.incidents.timeline import EntryKind
from outage.plans.planned import Planned
from outage.plans.shared_causes import is_same_cause
from tasks.record import note_entry


def claimed_cause(incident: Incident, cause: Proposal, found: Diagnosis) -> FoldDecision:
    """Take the cause, and the same one on other objects, to be answered by this incident, unless another one does.

    What only eases an outage, and what a person chose, is claimed by nobody: it heals no cause whose outcome could be
    taken over.
    """
    if not isinstance(cause, Hypothesis):
        return FoldDecision()
    same = [one.key for one in found.hypotheses if is_same_cause(one, cause)]
    came = CauseFound(
        incident=incident.id,
        causes=(cause.key, *same),
        what=f"{cause.cause} of {cause.about}",
        seen_at=found.at,
    )
    scope, within = clients().platform.cluster_name, clients().policy.same_cause_within
    return clients().record.claim_cause(scope, came, datetime.now(UTC), within)


def folded(incident: Incident, into: str, cause: Proposal) -> Planned:
    """What planning comes to when another incident answers the cause; both timelines say so."""
    what = f"{cause.cause} of {cause.about}"
    says = f"{into} answers the same cause, {what}: nothing is planned here, this ends as that one does"
    note_entry(incident.id, EntryKind.HYPOTHESIS, says, key=f"folds-into/{into}")
    told = f"; {incident.requester} reported it" if incident.requester else ""
    came = f"{incident.id} ({incident.title}{told}) came to the same cause, {what}, and ends as this one does"
    note_entry(into, EntryKind.HYPOTHESIS, came, key=f"folded/{incident.id}")
    if incident.requester:
        joined = f"the report of {incident.requester} joins {into}: it is the same cause, {what}"
        note_entry(incident.id, EntryKind.ALERT, joined, key=f"report-joins/{into}")
    return Planned(folds_into=into, says=says)


def without_others(found: Diagnosis, others: tuple[str, ...]) -> Diagnosis:
    """The diagnosis without the causes that another incident answers: no plan of ours writes to their objects."""
    if not others:
        return found
    left = tuple(one for one in found.hypotheses if one.key not in others)
    return found.model_copy(update={"hypotheses": left})
