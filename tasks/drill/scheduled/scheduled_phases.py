"""A drill by schedule: chosen by turns, announced, waited for, and begun only when nothing stands against it."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from prefect import task

from blocks.clients import clients
from blocks.installation.switch_variables import thrown_switches
from blocks.prefect_api import PrefectApi, PrefectRefused
from blocks.prefect_runs import deployment_of, start_run
from outage.errors import OutageError, StackError
from outage.incidents.alert import alert_digest
from outage.people.outbox_message import MessageKind
from outage.policies.drill_hours import DrillSurroundings, not_begun_reason
from outage.policies.drill_rotation import DrillCandidate, PlannedDrill, next_drill
from outage.policies.guards.write_windows import freeze_in_words, maintenance_in_words
from outage.policies.policy import Policy
from outage.value import Value
from tasks.drill.drill_surroundings import STILL_STANDS
from tasks.drill.scheduled.drill_turns import drills_in_turn, turns_so_far
from tasks.tell.drill_news import tell_not_begun, tell_of_drill

LOOK_EVERY_SECONDS = 5.0
"""How soon a call-off is heard."""
BY_US = "outage"
DRILLS = "drill"
"""The deployment, of which each platform has its own."""

Rest = Callable[[float], Awaitable[None]]


class ScheduledDrill(Value):
    """The drill of one turn of the schedule, or why there is none."""

    planned: PlannedDrill | None = None
    refused: str = ""
    """One sentence."""


@task(name="choose and announce", persist_result=False)
def plan_next_drill(run: str, wanted: DrillCandidate | None, now: datetime) -> ScheduledDrill:
    """Choose whose turn it is and announce it; a run that is started again goes on with what it announced.

    Args:
        run: Id of the run that will wait.
        wanted: What is practised whatever its turn; None: by turns.
        now: The time.
    """
    record, policy, platform = clients().record, clients().policy, clients().platform
    if standing := record.planned_by_run(run):
        return ScheduledDrill(planned=standing)
    begins = policy.drill_hours.first_moment(now)
    if begins is None:
        return ScheduledDrill(refused=f"no working hours are near: {policy.drill_hours.in_words()}")
    if why := not_begun_reason(policy.drill_hours, surroundings("", begins), begins):
        return ScheduledDrill(refused=f"no drill is announced on {platform.name}: {why}")
    try:
        chosen = wanted or next_drill(drills_in_turn(), turns_so_far())
    except OutageError as error:
        return ScheduledDrill(refused=f"what can be practised on {platform.name} could not be seen: {error}")
    if chosen is None:
        return ScheduledDrill(refused=f"nothing can be practised on {platform.name} without a person's yes")
    planned = record.plan_drill(
        PlannedDrill(
            id=f"drill-{begins:%Y%m%d-%H%M%S}-{chosen.fault}-{alert_digest(platform.name, run)[:4]}",
            run=run,
            platform=platform.name,
            fault=chosen.fault,
            service=chosen.service,
            announced_at=now,
            begins_at=begins,
        )
    )
    announce_planned(planned, policy)
    return ScheduledDrill(planned=planned)


def announce_planned(planned: PlannedDrill, policy: Policy) -> None:
    """Tell the channels that policy allows for drills when it begins, and how it is called off."""
    local = planned.begins_at.astimezone(ZoneInfo(policy.drill_hours.time_zone))
    at = f"{planned.begins_at:%Y-%m-%d %H:%M} UTC ({local:%a %H:%M} {policy.drill_hours.time_zone})"
    where = f"{planned.platform}, {planned.service}" if planned.service else planned.platform
    lines = [
        f"is practised on {where} at {at}",
        "This is practice. Nothing breaks before, and it is put back afterwards in any case.",
        f"Call it off with one click: cancel {clients().settings.prefect_ui_url}/runs/flow-run/{planned.run}",
        f"or run the deployment `drill-off`, or `outage drill --call-off {planned.id} --by NAME`.",
    ]
    tell_of_drill(planned.id, MessageKind.ALERT, planned.fault, lines, planned.announced_at)


async def await_beginning(
    planned: PlannedDrill, clock: Callable[[], datetime], rest: Rest = asyncio.sleep
) -> str:
    """Wait until a planned drill begins.

    Returns:
        Why it does not, as one sentence; empty when it may begin, and nobody can call it off any more.
    """
    while clock() < planned.begins_at:
        if off := called_off(planned.id):
            return off
        left = (planned.begins_at - clock()).total_seconds()
        await rest(max(0.1, min(LOOK_EVERY_SECONDS, left)))
    now = clock()
    if why := not_begun_reason(clients().policy.drill_hours, surroundings(planned.id, now), now):
        call_off_planned(planned, BY_US, why, now)
        return called_off(planned.id)
    return "" if clients().record.begin_planned(planned.id, now) else called_off(planned.id)


def called_off(drill_id: str) -> str:
    """Who called it off and why, as a sentence; empty when nobody did."""
    standing = clients().record.planned_drill(drill_id)
    if standing is None or standing.off_at is None:
        return ""
    if standing.off_by == BY_US:
        return f"the drill {drill_id} was not begun: {standing.off_why}"
    return f"{standing.off_by} called the drill {drill_id} off{_because(standing.off_why)}"


def call_off_planned(planned: PlannedDrill, by: str, why: str, at: datetime) -> bool:
    """Call a planned drill off and tell who was told of it; False when it had begun, or was off already."""
    if not clients().record.call_off(planned.id, by, why, at):
        return False
    says = f"is not begun: {why}" if by == BY_US else f"is called off by {by}{_because(why)}"
    tell_of_drill(planned.id, MessageKind.RESOLVED, planned.fault, [says], at)
    return True


def _because(why: str) -> str:
    return f": {why}" if why else ""


@task(name="begin the planned drill", persist_result=False)
def begin_planned_drill(planned: PlannedDrill, platform: str) -> str:
    """Start the run that breaks something; again it is the same run.

    Args:
        planned: The drill.
        platform: As the flow's parameter has it; empty for the settings' own.

    Returns:
        Id of the run.

    Raises:
        StackError: The platform's drill is not known to the server. Permanent; who was told hears it.
        PrefectRefused: The server does not take it. Permanent; who was told hears it.
        PrefectUnreachable: The server did not answer. Transient; this run may be started again.
    """
    given = {"fault": planned.fault, "drill_id": planned.id, "platform": platform}
    given |= {"service": planned.service} if planned.service else {}
    url, deployment = (
        clients().settings.prefect_api_url,
        deployment_of(DRILLS, platform, clients().own_platform),
    )
    try:
        run = start_run(url, deployment, given, key=planned.id)
    except (StackError, PrefectRefused) as error:
        tell_not_begun(planned.id, planned.fault, str(error), clock_now())
        raise
    tell_of_drill(planned.id, MessageKind.UPDATE, planned.fault, ["begins now"], planned.begins_at)
    return run


def surroundings(own: str, at: datetime) -> DrillSurroundings:
    """What stands on the platform; what nobody can find out is said, and then nothing is begun.

    Args:
        own: Id of the drill that is about to begin; its own incidents do not count.
        at: When it would begin.
    """
    try:
        record, platform = clients().record, clients().platform
        others = record.open_incidents()
        there = tuple(one.id for one in others if one.platform in (platform.name, ""))
        drills = record.standing_drills(at - STILL_STANDS)
        going_on = [one.id for one in drills if one.namespace in platform.own_namespaces and one.id != own]
        return DrillSurroundings(
            open_incidents=there,
            other_drill=going_on[0] if going_on else "",
            frozen=freeze_at(clients().policy, platform.own_namespaces, at),
            switched_off=thrown_for(platform.name),
        )
    except OutageError as error:
        return DrillSurroundings(unknown=str(error))


def freeze_at(policy: Policy, namespaces: tuple[str, ...], at: datetime) -> str:
    """Which freeze or maintenance window holds there then; a broken policy holds for everything."""
    if policy.broken:
        return f"the policy cannot be used: {policy.broken}"
    return freeze_in_words(policy, namespaces, at) or maintenance_in_words(policy, namespaces, at)


def thrown_for(platform: str) -> str:
    """Which kill switch stops writing there; a drill would break what nobody may mend."""
    with PrefectApi(clients().settings.prefect_api_url) as api:
        thrown = thrown_switches(api, [platform])
    return str(thrown[0]) if thrown else ""


def clock_now() -> datetime:
    """Now."""
    return datetime.now(UTC)
