"""One drill from its first blow to its end: photographed, broken, mended, compared, scored.

A drill may die at any line like everything else: what it knows is in the record under its id, the way back included,
so that whoever runs it again, or finds it dead, mends what was broken instead of breaking it twice.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from prefect import get_run_logger, task

from blocks.clients import clients
from outage.errors import ClusterConflict, FenceLost, OutageError, cut
from outage.incidents.drill_notice import Drill
from outage.incidents.fault import Fault
from outage.incidents.incident import Incident
from outage.kubernetes.objects import ObjectRef
from outage.value import Manifest, Value
from tasks.act.target_lock import target_lock
from tasks.drill.chosen_fault import PICTURES, recorded_fault
from tasks.drill.drill_beginning import PractisedDrill, known_fault
from tasks.drill.injection import inject_fault
from tasks.drill.keep_score import score_and_keep
from tasks.drill.marked_ground import MarkedGround
from tasks.drill.restore import restore, take_before_images
from tasks.drill.sql_and_node_power import node_power, sql_runner
from tasks.tell.drill_news import tell_end_of_drill

UNWATCHED_FOR = timedelta(seconds=60)
"""A fault that nobody carried for longer is taken away and not waited for: its users have waited long enough."""

STRUCK_LATER = "struck_later_at"
"""In a drill's result: when what waits for a phase of the response was broken, too."""


class DrillScore(Value):
    """How the drill went."""

    passed: bool
    says: str


@task(name="break it", persist_result=False)
def break_platform(practised: PractisedDrill) -> bool:
    """Take pictures of everything that the fault touches, keep them, then break it; once.

    Returns:
        Whether the fault stands and is worth waiting for; False when a drill that died before is to be taken back.
    """
    drill, record = practised.drill, clients().record
    standing, fault = known_fault(drill.id), fault_of(practised)
    if standing and (standing.ended_at or PICTURES in standing.result):
        return _still_carried(standing)
    with practice_ground(drill.namespace) as ground:
        pictures = take_before_images(ground, fault)
        kept = [{"of": target.model_dump(), "before": before} for target, before in pictures.items()]
        ground.fence.confirm_held()
        record.keep_drill(drill.id, {PICTURES: kept})
        inject_fault(ground, fault)
        now = datetime.now(UTC).isoformat()
        record.keep_drill(drill.id, {"broken_at": now, "carried_at": now})
    get_run_logger().info("broke it: %s", fault.title)
    return True


def strike_later(drill: Drill, fault: Fault, incidents: Sequence[Incident]) -> None:
    """Strike what waits for a phase of the first incident, once it has come to it; again it changes nothing.

    Args:
        drill: Whose fault stands, with the way back of all its blows in the record.
        fault: Some of its blows may come later.
        incidents: Of the drill, as they stand.
    """
    due = [
        one for one in fault.later_blows if one.once_in and incidents and incidents[0].came_to(one.once_in)
    ]
    standing = known_fault(drill.id)
    if not due or standing is None or standing.ended_at or STRUCK_LATER in standing.result:
        return
    with practice_ground(drill.namespace) as ground:
        inject_fault(ground, fault, later=True)
        record, now = clients().record, datetime.now(UTC).isoformat()
        record.keep_drill(drill.id, {STRUCK_LATER: now, "carried_at": now})
    get_run_logger().info("struck again, in phase %s", incidents[0].phase)


def _still_carried(standing: Drill) -> bool:
    """Whether a drill that died was broken whole, and taken up before its fault stood for long without anybody."""
    carried = standing.result.get("carried_at") or standing.result.get("broken_at")
    if standing.ended_at or not carried:
        return False
    return datetime.now(UTC) - datetime.fromisoformat(carried) <= UNWATCHED_FOR


def recorded_score(practised: PractisedDrill) -> DrillScore | None:
    """How a drill that is over went; None while it is not: who died after the end has nothing left to do."""
    standing = known_fault(practised.drill.id)
    if standing is None or standing.ended_at is None or standing.result.get(PICTURES):
        return None
    return DrillScore(
        passed=bool(standing.result.get("passed")), says=str(standing.result.get("says", "it is over"))
    )


def fault_of(practised: PractisedDrill) -> Fault:
    """What is practised; a drill that was not refused has one."""
    return practised.fault or recorded_fault(practised.drill)


@task(name="mend it", persist_result=False)
def restore_platform(practised: PractisedDrill) -> tuple[str, ...]:
    """Put everything that the fault touched back as it was. Weather is told, not raised: the drill must be ended.

    Returns:
        What still differs, or why it could not be put back; empty when all is as before.

    Raises:
        FenceLost: Another process mends the ground since; this one has no say in how the drill ends. Permanent.
    """
    standing = known_fault(practised.drill.id)
    if standing is None:
        return ()
    try:
        pictures = pictures_of(standing.result)
        with practice_ground(standing.namespace) as ground:
            left = restore(ground, recorded_fault(standing), pictures)
    except FenceLost:
        raise
    except OutageError as error:
        return (str(error),)
    compared = {
        "at": datetime.now(UTC).isoformat(),
        "as_before": [str(one) for one in pictures if one not in left],
        "different": [str(one) for one in left],
    }
    clients().record.keep_drill(standing.id, {"compared": compared})
    return tuple(str(one) for one in left)


@task(name="end the drill", persist_result=False)
def end_drill(
    practised: PractisedDrill, ended: Sequence[Incident], left: tuple[str, ...], stood: bool = True
) -> DrillScore:
    """Score the drill and end it; the pictures are forgotten once everything is as in them.

    Args:
        practised: The drill.
        ended: Its incidents, oldest first.
        left: What is not as before.
        stood: Whether its fault was broken whole and waited for; else it teaches nothing about the response.
    """
    standing, now = known_fault(practised.drill.id) or practised.drill, datetime.now(UTC)
    score = scored_drill(standing, fault_of(practised), ended, left, now) if stood else _unfinished(left)
    keep_ending(practised.drill.id, score, ended, left)
    return score


def keep_ending(
    drill_id: str, score: DrillScore, incidents: Sequence[Incident], left: tuple[str, ...]
) -> None:
    """End a drill in the record and tell of it; its way back stays there while something is left to be put back."""
    standing = known_fault(drill_id)
    result = {
        PICTURES: standing.result.get(PICTURES, []) if standing and left else [],
        "passed": score.passed,
        "says": score.says,
        "incident": incidents[0].id if incidents else None,
        "incidents": [one.id for one in incidents],
    }
    now = datetime.now(UTC)
    clients().record.keep_drill(drill_id, result, now)
    if standing:
        tell_end_of_drill(standing, passed=score.passed, says=score.says, at=now)


def scored_drill(
    drill: Drill, fault: Fault, ended: Sequence[Incident], left: tuple[str, ...], at: datetime
) -> DrillScore:
    """The score; a drill that cannot be scored has not passed, and is ended all the same."""
    try:
        card = score_and_keep(drill, fault, ended, left, at)
    except Exception as error:  # noqa: BLE001 - an announcement that stays would mark real outages as practice
        get_run_logger().exception("%s could not be scored", drill.id)
        return DrillScore(passed=False, says=cut(f"it could not be scored: {error}"))
    return DrillScore(passed=card.passed, says=card.says)


def _unfinished(left: tuple[str, ...]) -> DrillScore:
    says = "it was taken back unfinished: it could not be broken whole, or nobody carried it for a while"
    return DrillScore(passed=False, says=f"{says}; not as before: {', '.join(left)}" if left else says)


@contextmanager
def practice_ground(namespace: str) -> Iterator[MarkedGround]:
    """The cluster with the drill's own identity, for one process at a time; no identity of the response.

    Args:
        namespace: Which one is broken or mended.

    Raises:
        ClusterConflict: Another process broke or mended it all the time. Permanent.
    """
    cluster = clients().drill_cluster()
    with target_lock(clients().record, f"drill/{namespace}", time.sleep) as fence:
        if fence is None:
            raise ClusterConflict(f"practise on {namespace}: another drill of ours is breaking or mending it")
        runner, power = sql_runner(cluster, clients().platform), node_power(clients().settings.node_command)
        yield MarkedGround(cluster, namespace, fence, runner, power)


def pictures_of(result: dict[str, Any]) -> dict[ObjectRef, Manifest | None]:
    """The pictures as they were taken.

    Returns:
        By object; None for one that was not there.
    """
    return {ObjectRef.model_validate(one["of"]): one["before"] for one in result.get(PICTURES, [])}
