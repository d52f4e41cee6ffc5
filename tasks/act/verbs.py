"""The tasks: acting with the doors of this process."""

from datetime import UTC, datetime

from prefect import get_run_logger, task

from blocks.database import through
from blocks.database_door import database_door, database_pod
from blocks.doors import doors
from outage.errors import DatabaseUnreachable
from outage.guards import World
from outage.incident import Incident
from outage.outcome import Resolved
from outage.plan import Plan
from outage.snapshot import DatabaseView
from tasks.act.applying import apply
from tasks.act.stopping import stopped
from tasks.act.taking_back import take_back
from tasks.act.world import causes_standing, recent_writes, take_world
from tasks.remember import note


@task(name="apply the plan", persist_result=False)
def apply_plan(incident: str, attempt: int) -> Resolved:
    """Write the plan of one attempt, step by step; after a death, settle what was begun and go on.

    Source: runbook "Resolution Actions".
    Changes: what the plan says, each step once.
    Take back: `take_plan_back` with the same attempt.
    """
    record, plan = doors().record, _plan(incident, attempt)
    standing = record.incident(incident)
    done = apply(
        plan,
        standing,
        record,
        doors().writer,
        policy=lambda: doors().policy,
        world=lambda: world_for(plan, standing),
        stopped=stopped,
        now=_now,
        database=database_door(),
        requester=standing.requester,
    )
    _tell(incident, attempt, done, "applied")
    return done


@task(name="take the plan back", persist_result=False)
def take_plan_back(incident: str, attempt: int) -> Resolved:
    """Undo what the plan of one attempt wrote, and prove that the state is as before.

    Source: runbook "Resolution Actions".
    Changes: restores, re-creates or deletes what the plan's steps wrote.
    Take back: nothing; the state is that from before the plan.
    """
    record, plan = doors().record, _plan(incident, attempt)
    done = take_back(
        plan,
        record.incident(incident),
        record,
        doors().writer,
        stopped=stopped,
        now=_now,
        database=database_door(),
    )
    _tell(incident, attempt, done, "taken back")
    return done


def world_for(plan: Plan, incident: Incident) -> World:
    """A fresh picture for the guards of this plan."""
    record, platform = doors().record, doors().platform

    def view() -> DatabaseView:
        if platform.database is None:
            raise DatabaseUnreachable("ask the database: the platform file names none")
        with through(doors().reader, platform.database, platform.namespace, database_pod()) as database:
            return database.view()

    return take_world(
        plan,
        platform,
        doors().reader,
        writes=recent_writes(record, _now()),
        causes=causes_standing(record, incident, plan.attempt),
        stop=stopped(),
        database=view,
    )


def _plan(incident: str, attempt: int) -> Plan:
    plan = doors().record.plan(incident, attempt)
    if plan is None:
        raise ValueError(f"act on {incident}: there is no plan {attempt}")
    return plan


def _tell(incident: str, attempt: int, done: Resolved, how: str) -> None:
    for key, outcome in done.outcomes.items():
        note(incident, "write", f"{outcome.did}: {outcome.says}", key=f"write/{attempt}/{key}/{outcome.did}")
    get_run_logger().info("%s: %s", how if done.applied else f"not {how}", done.says)


def _now() -> datetime:
    return datetime.now(UTC)
