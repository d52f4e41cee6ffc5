"""The tasks: acting with the doors of this process."""

from collections.abc import Iterable
from datetime import UTC, datetime

from prefect import get_run_logger, task

from blocks.clients import clients
from blocks.kubernetes.own_pod import place_of_responder
from blocks.postgres.database_pod import database_pod
from blocks.postgres.database_reader import connected_through
from outage.errors import DatabaseUnreachable
from outage.incidents.incident import Incident
from outage.incidents.timeline import EntryKind
from outage.kubernetes.objects import ObjectRef
from outage.plans.outcome import Resolved
from outage.plans.plan import Plan
from outage.policies.guards import GuardView
from outage.snapshots.snapshot import DatabaseView
from outage.value import Manifest
from tasks.act import writing_doors
from tasks.act.apply_steps import apply_plan_steps
from tasks.act.dry_run import live_objects, preview_plan
from tasks.act.fresh_view import causes_standing, recent_writes, take_fresh_view
from tasks.act.kill_switch import kill_switch_reason
from tasks.act.note_standing import note_standing
from tasks.act.take_back_plan import take_back_steps
from tasks.record import note_entry


@task(name="apply the plan", persist_result=False)
def apply_plan(incident_id: str, attempt: int) -> Resolved:
    """Write the plan of one attempt, step by step; after a death, settle what was begun and go on.

    Source: runbook "Resolution Actions".
    Changes: what the plan says, each step once.
    Take back: `take_plan_back` with the same attempt.

    Args:
        incident_id: Whose plan it is.
        attempt: Number of the plan, from 1.

    Returns:
        What each step did, up to the first that was refused or failed.

    Raises:
        RecordError: The record could not be asked or written; run again, nothing is written twice. Transient.
    """
    record, plan = clients().record, _plan(incident_id, attempt)
    standing = record.incident(incident_id)
    done = apply_plan_steps(
        plan,
        standing,
        record,
        writing_doors.cluster_target(),
        policy=lambda: clients().policy,
        view=lambda: guard_view_of(plan, standing),
        stopped=kill_switch_reason,
        now=_now,
        database=writing_doors.platform_database_target(),
        head=lambda: record.incident(incident_id),
    )
    if done.applied:
        note_standing(incident_id, plan)
    _tell(incident_id, attempt, done, "applied")
    return done


@task(name="take the plan back", persist_result=False)
def take_plan_back(incident_id: str, attempt: int) -> Resolved:
    """Undo what the plan of one attempt wrote, and prove that the state is as before.

    Source: runbook "Resolution Actions".
    Changes: restores, re-creates or deletes what the plan's steps wrote.
    Take back: nothing; the state is that from before the plan.

    Args:
        incident_id: Whose plan it is.
        attempt: Number of the plan, from 1.

    Returns:
        What each step back did, the last step of the plan first.

    Raises:
        RecordError: The record could not be asked or written; run again, nothing is written twice. Transient.
    """
    record, plan = clients().record, _plan(incident_id, attempt)
    done = take_back_steps(
        plan,
        record.incident(incident_id),
        record,
        writing_doors.cluster_target(),
        stopped=kill_switch_reason,
        now=_now,
        database=writing_doors.platform_database_target(),
    )
    if done.applied:
        clients().record.end_standing(incident_id, attempt, _now())
    _tell(incident_id, attempt, done, "taken back")
    return done


def targets_now(targets: Iterable[ObjectRef]) -> dict[ObjectRef, Manifest | None]:
    """What a plan would write to, as it is now; None for what is not there."""
    return live_objects(targets, writing_doors.cluster_target(), writing_doors.platform_database_target())


def preview_now(plan: Plan) -> Plan:
    """The plan with the API server's own dry run as a diff in every step. Nothing is written.

    Raises:
        ClusterRejected: A step would be refused: the plan is no plan. Permanent.
        ClusterError: The cluster could not be asked.
    """
    return preview_plan(plan, writing_doors.cluster_target(), writing_doors.platform_database_target())


def guard_view_of(plan: Plan, incident: Incident) -> GuardView:
    """A fresh picture for the guards of this plan."""
    record, platform = clients().record, clients().platform

    def view() -> DatabaseView:
        if platform.database is None:
            raise DatabaseUnreachable("ask the database: the platform file names none")
        with connected_through(
            clients().reader, platform.database, platform.namespace, database_pod()
        ) as database:
            return database.view()

    return take_fresh_view(
        plan,
        platform,
        clients().reader,
        writes=recent_writes(record, _now()),
        causes=causes_standing(record, incident, plan.attempt),
        stop=kill_switch_reason(),
        database=view,
        may=writing_doors.writer_may,
        own=place_of_responder(clients().reader, clients().settings.own_node),
    )


def _plan(incident_id: str, attempt: int) -> Plan:
    plan = clients().record.plan(incident_id, attempt)
    if plan is None:
        raise ValueError(f"act on {incident_id}: there is no plan {attempt}")
    return plan


def _tell(incident_id: str, attempt: int, done: Resolved, how: str) -> None:
    for key, outcome in done.outcomes.items():
        note_entry(
            incident_id,
            EntryKind.WRITE,
            f"{outcome.did}: {outcome.says}",
            key=f"write/{attempt}/{key}/{outcome.did}",
        )
    get_run_logger().info("%s: %s", how if done.applied else f"not {how}", done.says)


def _now() -> datetime:
    return datetime.now(UTC)
