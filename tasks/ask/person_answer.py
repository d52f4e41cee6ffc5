"""A person's answer from a door of ours (command line, terminal, page): proven, recorded, and then its run is woken.

The record comes first: whoever is told that an answer counts can rely on it, whether or not a server takes it now.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from blocks.installation.platform_files import PlatformFiles
from blocks.prefect_api import PrefectUnreachable
from blocks.prefect_runs import resume_run
from blocks.record import Record
from blocks.record.people.person_codes import ProofFolder
from blocks.settings import Settings
from outage.errors import AnswerRefused, NoSuchPlan
from outage.incidents.incident import Incident, Phase
from outage.people.name_proof import signed_answer
from outage.plans.answer_words import answer_words
from outage.plans.approval import Answer, Approval, NameProof
from outage.plans.plan import Plan
from outage.policies.permission import PermissionRequest, rule_for
from outage.policies.policy import Policy
from tasks.ask.give_answer import GivenAnswer, give_answer


def answer_and_wake(
    settings: Settings,
    record: Record,
    incident: Incident,
    plan: Plan,
    said: Answer,
    by: str,
    why: str,
    door: str = "cli",
    code: str = "",
    prove: Callable[[Approval], Approval] | None = None,
) -> GivenAnswer:
    """Give one answer and wake the run with what stands.

    Args:
        settings: Where policy, proofs and Prefect are.
        record: Where the answer is kept.
        incident: Whose plan it is.
        plan: The plan that was read.
        said: Yes or no.
        by: As the person wrote their handle.
        why: For the timeline.
        door: A key of `outage.plans.approval.DOORS`.
        code: Proves the name; empty leaves it a typed one, which counts where policy says so.
        prove: Proves it in another way than by a code; None where only a code can.

    Raises:
        AnswerRefused: The answer does not count, and why. Permanent.
        RecordError: It could not be recorded. Transient.
    """
    given = give_answer(
        record,
        incident,
        plan,
        answering_policy(settings, incident),
        answer=said,
        by=by,
        why=why,
        door=door,
        at=datetime.now(UTC),
        prove=partial(proven_answer, settings, record, incident.id, code=code)
        if code
        else prove or partial(signed_as_typed, settings, incident.id),
    )
    if given.stands is None:
        raise AnswerRefused(f"{incident.id}: {given.says}")
    says = f"{incident.id}: {given.says}; {wake_with(settings, incident, plan, given.stands)}"
    return given.model_copy(update={"says": says})


def answering_policy(settings: Settings, incident: Incident) -> Policy:
    """The policy that says who may answer for this incident: its platform's."""
    return PlatformFiles(settings).policy_for(incident)


def needs_code(settings: Settings, incident: Incident, plan: Plan, said: Answer) -> bool:
    """Whether policy takes this answer only from a proven name."""
    rule = rule_for(PermissionRequest.of(plan, incident, answering_policy(settings, incident)))
    return said is Answer.APPROVE and rule.proof is NameProof.PROVEN


def wake_with(settings: Settings, incident: Incident, plan: Plan, answer: Approval) -> str:
    """Wake the run that waits for it, or say why not; the answer is on record either way."""
    try:
        return resume_run(settings.prefect_api_url, incident.flow_run_id, answer, answer_words(plan))
    except PrefectUnreachable as away:
        return f"its run could not be woken now ({away}); the watch does it when the server answers"


def proven_answer(
    settings: Settings, record: Record, incident_id: str, answer: Approval, code: str
) -> Approval:
    """The answer as a proven and signed one.

    Args:
        settings: Name the home, whose folder holds the secrets of people and the key that signs.
        record: Where codes are used up, and wrong ones counted.
        incident_id: Bound into the signature.
        answer: As it was typed.
        code: What the person's device shows now; used once.

    Raises:
        AnswerRefused: The code does not count, and why; of the code nothing is said.
    """
    folder = ProofFolder(Path(settings.home))
    wrong = record.use_code(answer.by, folder.person_secret(answer.by), code, answer.at)
    if wrong:
        raise AnswerRefused(f"prove that you are {answer.by}: {wrong}")
    return signed_answer(folder.signing_key(), incident_id, answer)


def signed_as_typed(settings: Settings, incident_id: str, answer: Approval) -> Approval:
    """The answer as it was typed, signed by the door that took it: a pool's worker counts no other yes.

    Args:
        settings: Name the home, whose folder holds the key that signs.
        incident_id: Bound into the signature.
        answer: As it was typed.

    Raises:
        FileError: The key cannot be made or read.
    """
    key = ProofFolder(Path(settings.home)).signing_key()
    return signed_answer(key, incident_id, answer, NameProof.TYPED)


def waiting_plan(record: Record, incident: Incident, said: Answer, plan_hash: str = "") -> Plan:
    """The plan that waits for an answer, or whose yes can still be called back.

    Args:
        record: Where it is looked for.
        incident: Whose plan.
        said: The answer: a no is also taken for a plan that was approved, until its first write.
        plan_hash: The plan that the person read; empty when they did not say.

    Raises:
        NoSuchPlan: No plan of this incident can be answered so, or another one than was read. Permanent.
    """
    plans = record.plans(incident.id)
    phases = (
        (Phase.AWAITING_APPROVAL, Phase.RESOLVE) if said is Answer.DECLINE else (Phase.AWAITING_APPROVAL,)
    )
    if incident.phase not in phases or not plans:
        raise NoSuchPlan(
            f"no plan of {incident.id} waits for an answer: it is {incident.ending or incident.phase}"
        )
    if plan_hash and not plans[-1].hash.startswith(plan_hash):
        raise NoSuchPlan(
            f"the plan of {incident.id} that waits is {plans[-1].hash}, not {plan_hash}: read it first"
        )
    return plans[-1]
