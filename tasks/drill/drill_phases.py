"""One drill from steady state to steady state: announced, photographed, broken, mended, scored.

A drill may die at any line like everything else: what it knows is in the record under its id, pictures included,
so that whoever runs it again mends what was broken instead of breaking it twice.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from prefect import get_run_logger, task

from blocks.clients import clients
from blocks.installation.fault_files import read_fault
from blocks.kubernetes import Cluster
from blocks.retry import wait_until
from outage.errors import OutageError, cut
from outage.incidents.drill_notice import Drill
from outage.incidents.fault import Fault
from outage.incidents.incident import Incident
from outage.kubernetes.objects import ObjectRef
from outage.platforms.platform import Platform
from outage.value import Manifest, Value
from tasks.drill.injection import inject_fault
from tasks.drill.keep_score import score_and_keep
from tasks.drill.marked_ground import MarkedGround
from tasks.drill.restore import restore, take_before_images
from tasks.drill.sql_and_node_power import node_power, sql_runner
from tasks.observe.tasks import look_for_baseline
from tasks.record.keep_baseline import KeptBaseline, keep_if_healthy

ANNOUNCED_FOR = timedelta(hours=2)
"""After this an announcement lapses by itself, so that a drill that died marks nothing as practice for ever."""


STEADY_WITHIN_SECONDS = 115.0
STEADY_EVERY_SECONDS = 6.0
"""Two minutes in all: alerts about ground that is being raised come and go in less."""


class PractisedDrill(Value):
    """A drill that was announced, or the reason why none was begun."""

    drill: Drill
    fault: Fault
    refused: str = ""


class DrillScore(Value):
    """How the drill went."""

    passed: bool
    says: str


@task(name="begin the drill", persist_result=False)
def begin_drill(fault: str, drill_id: str) -> PractisedDrill:
    """Refuse unless the ground is steady; keep its baseline; announce what will be broken.

    Returns:
        The drill; `refused` says why nothing will be broken.
    """
    found = read_fault(clients().settings.faults_folder / f"{fault}.yaml")
    record, namespace, now = clients().record, clients().platform.namespace, datetime.now(UTC)
    begun = known_fault(drill_id)
    if begun:
        return PractisedDrill(drill=begun, fault=found)
    drill = Drill(
        id=drill_id or "refused",
        namespace=namespace,
        fault=fault,
        announced_at=now,
        until=now + ANNOUNCED_FOR,
    )
    kept = steady_state()
    if kept.refused:
        return PractisedDrill(drill=drill, fault=found, refused=f"the ground is not steady: {kept.says}")
    about = broken_services(found, clients().platform)
    announced = record.announce_drill(namespace, fault, drill.until, now, id=drill_id or None, about=about)
    return PractisedDrill(drill=announced, fault=found)


def broken_services(fault: Fault, platform: Platform) -> str:
    """The services that a fault strikes, separated by commas; empty when it strikes anything else beside them."""
    struck = [platform.by_workload(one.target.kind, one.target.name) for one in fault.blows]
    return ",".join(sorted({one.name for one in struck if one})) if all(struck) else ""


def steady_state() -> KeptBaseline:
    """Keep a baseline of the steady ground; ground that was just raised gets a while to settle."""
    kept = keep_if_healthy.fn(look_for_baseline.fn())

    def settled() -> bool:
        nonlocal kept
        if kept.refused and not kept.needs_a_person:
            get_run_logger().info("not steady yet: %s", kept.says)
            kept = keep_if_healthy.fn(look_for_baseline.fn())
        return not kept.refused or kept.needs_a_person

    wait_until(settled, STEADY_WITHIN_SECONDS, STEADY_EVERY_SECONDS)
    return kept


def known_fault(drill_id: str) -> Drill | None:
    """A drill that was begun before this process was born."""
    return next((one for one in clients().record.drills() if drill_id and one.id == drill_id), None)


@task(name="break it", persist_result=False)
def break_platform(practised: PractisedDrill) -> None:
    """Take pictures of everything that the fault touches, keep them, then break it; once."""
    drill, record = practised.drill, clients().record
    standing = known_fault(drill.id)
    if standing and "pictures" in standing.result:
        return
    ground = practice_ground(drill.namespace)
    pictures = take_before_images(ground, practised.fault)
    kept = [{"of": target.model_dump(), "before": before} for target, before in pictures.items()]
    record.keep_drill(drill.id, {"pictures": kept})
    inject_fault(ground, practised.fault)
    record.keep_drill(drill.id, {"broken_at": datetime.now(UTC).isoformat()})
    get_run_logger().info("broke it: %s", practised.fault.title)


@task(name="mend it", persist_result=False)
def restore_platform(practised: PractisedDrill) -> tuple[str, ...]:
    """Put everything that the fault touched back as it was. Never raises: the drill must be ended all the same.

    Returns:
        What still differs, or why it could not be put back; empty when all is as before.
    """
    standing = known_fault(practised.drill.id)
    if standing is None:
        return ()
    try:
        pictures = pictures_of(standing.result)
        left = restore(practice_ground(standing.namespace), practised.fault, pictures)
    except OutageError as error:
        return (str(error),)
    return tuple(str(one) for one in left)


@task(name="end the drill", persist_result=False)
def end_drill(practised: PractisedDrill, ended: Sequence[Incident], left: tuple[str, ...]) -> DrillScore:
    """Score the drill and end it; the pictures are forgotten once everything is as in them."""
    standing, now = known_fault(practised.drill.id), datetime.now(UTC)
    score = scored_drill(standing or practised.drill, practised.fault, ended, left, now)
    result = {
        "pictures": standing.result.get("pictures", []) if standing and left else [],
        "passed": score.passed,
        "says": score.says,
        "incident": ended[0].id if ended else None,
        "incidents": [one.id for one in ended],
    }
    clients().record.keep_drill(practised.drill.id, result, now)
    return score


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


def practice_ground(namespace: str) -> MarkedGround:
    """The cluster with the drill's own identity; neither reader nor writer of the response."""
    settings = clients().settings
    cluster = Cluster.from_kubeconfig(settings.kubeconfig, settings.context, identity="drill")
    return MarkedGround(
        cluster, namespace, sql_runner(cluster, clients().platform), node_power(settings.node_command)
    )


def pictures_of(result: dict[str, Any]) -> dict[ObjectRef, Manifest | None]:
    """The pictures as they were taken."""
    return {ObjectRef.model_validate(one["of"]): one["before"] for one in result.get("pictures", [])}
