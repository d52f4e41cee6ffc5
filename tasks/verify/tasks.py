"""The task: proving recovery with the doors of this process, its progress visible in the UI."""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

from prefect import get_run_logger, task
from prefect.artifacts import create_progress_artifact, update_progress_artifact

from blocks.clients import clients
from blocks.monitoring.prometheus import PrometheusReader
from outage.diagnosis.hypothesis import Mitigation
from outage.errors import FileError
from outage.incidents.timeline import EntryKind
from outage.plans.plan import Plan
from outage.text.redaction import redact
from outage.value import Manifest
from outage.verification.lasting_signs import reach_of_cause
from outage.verification.plan_verdict import causes_of_plan
from outage.verification.recovery import VerifiedRecovery
from tasks.act.kill_switch import kill_switch_reason
from tasks.act.target_lock import target_lock
from tasks.act.writing_doors import cluster_target
from tasks.record import note_entry
from tasks.record.reported_address import platform_as_reported
from tasks.verify.kept_traffic import traffic_keeper
from tasks.verify.recovery_proof import RecoveryProof
from tasks.verify.smoke_job import smoke_manifest, smoke_of_attempt


@task(name="prove recovery", persist_result=False)
def prove_recovery(incident_id: str, attempt: int) -> VerifiedRecovery:
    """Watch rollout, endpoints, users, traffic, the smoke test and the soak of one attempt.

    Source: runbook "Verification Steps".
    Changes: runs the smoke Job and removes it; evicts one pod where policy allows it; neither when the kill switch
        is thrown.
    Take back: nothing to take back.

    Args:
        incident_id: Whose plan was written.
        attempt: Which plan.

    Returns:
        The verdict with every check that it rests on.

    Raises:
        ValueError: The incident has no such plan. Permanent.
        RecordError: The record could not be asked. Transient.
    """
    plan, platform = clients().record.plan(incident_id, attempt), platform_as_reported(incident_id)
    if plan is None:
        raise ValueError(f"verify {incident_id}: there is no plan {attempt}")
    proof = RecoveryProof(
        cluster=clients().reader,
        writer=cluster_target(),
        platform=platform,
        policy=clients().policy,
        plan=plan,
        monitoring=PrometheusReader.of(platform, clients().reader),
        smoke=_smoke(incident_id, attempt),
        stopped=kill_switch_reason,
        now=lambda: datetime.now(UTC),
        tell=proof_progress(f"verify-{incident_id}-{attempt}"),
        own=_own_services(incident_id, attempt, plan),
        wrote_at=min(
            (one.at for one in clients().record.intents(incident_id) if one.plan_hash == plan.hash),
            default=None,
        ),
        keep_log=lambda text: note_entry(
            incident_id, EntryKind.VERIFY, f"log of the smoke test:\n{text}", key=f"smoke/{attempt}"
        ),
        keep_rates=traffic_keeper(clients().record, incident_id, lambda: datetime.now(UTC)),
        alone=lambda target, within: target_lock(clients().record, target, time.sleep, within),
    )
    verified = proof.prove()
    for check in verified.checks:
        word = {True: "well", False: "not well", None: "not seen"}[check.ok]
        note_entry(
            incident_id,
            EntryKind.VERIFY,
            f"{check.name} {word}: {check.says}",
            key=f"verify/{attempt}/{check.name}/{check.says}",
        )
    get_run_logger().info("%s", verified.says)
    return verified


def _own_services(incident_id: str, attempt: int, plan: Plan) -> frozenset[str]:
    """The services that the cause breaks; none when it breaks everything, is only eased, or nobody knows."""
    found = clients().record.diagnosis(incident_id, attempt)
    if found is None:
        return frozenset()
    causes = causes_of_plan(plan, found)
    reach = reach_of_cause(causes, clients().platform)
    eases = any(isinstance(one, Mitigation) for one in causes)
    return frozenset() if reach.everything or eases else reach.services


def _smoke(incident_id: str, attempt: int) -> Manifest | None:
    try:
        found = smoke_manifest(clients().platform, Path(clients().settings.platform_file))
        return smoke_of_attempt(found, incident_id, attempt) if found else None
    except FileError as error:
        note_entry(incident_id, EntryKind.VERIFY, f"the smoke test is left out: {error}")
        return None


def proof_progress(key: str) -> Callable[[float, str], None]:
    """A bar in the UI that moves with every look; made with the first one."""
    made: list[UUID] = []

    def tell(share: float, says: str) -> None:
        percent, says = round(100 * share, 1), redact(says)
        if made:
            update_progress_artifact(artifact_id=made[0], progress=percent, description=says)
        else:
            made.append(create_progress_artifact(progress=percent, key=key, description=says))  # type: ignore[arg-type]

    return tell
