"""Calling off what was announced: by its name, all of it, or because its run was cancelled in the UI."""

from blocks.clients import clients
from blocks.prefect_runs import state_of
from outage.errors import AnswerRefused, FileError
from outage.policies.drill_rotation import PlannedDrill
from tasks.drill.scheduled.scheduled_phases import call_off_planned, clock_now

IN_THE_UI = "somebody in the UI"
CANCELLED = "its run was ended there"


def call_off_waiting(platform: str, by: str, why: str) -> str:
    """Call off what waits on a platform, or everywhere.

    Returns:
        One sentence: what is off, or that nothing was announced.
    """
    off = [one.id for one in clients().record.waiting_drills(platform) if _called_off(one, by, why)]
    return f"called off: {', '.join(off)}" if off else "no drill is announced: there is nothing to call off"


def call_off_cancelled() -> int:
    """Call off what waits in a run that is over without having begun it: somebody cancelled it in the UI.

    Returns:
        How many were called off.
    """
    url, waiting = clients().settings.prefect_api_url, clients().record.waiting_drills()
    ended = [one for one in waiting if state_of(url, one.run).over]
    return sum(_called_off(one, IN_THE_UI, CANCELLED) for one in ended)


def _called_off(planned: PlannedDrill, by: str, why: str) -> bool:
    try:
        clients().turn_to(planned.platform)
        clients().platform  # noqa: B018 - whether there is one still
    except FileError:  # its file was taken away: nobody is left to be told
        return clients().record.call_off(planned.id, by, why, clock_now())
    return call_off_planned(planned, by, why, clock_now())


def call_off_one(drill_id: str, by: str, why: str) -> str:
    """Call off one drill by its name.

    Raises:
        AnswerRefused: It is not announced, has begun, or is off already. Permanent.
    """
    planned = clients().record.planned_drill(drill_id)
    if planned is None:
        waiting = ", ".join(one.id for one in clients().record.waiting_drills()) or "none"
        raise AnswerRefused(f"call off {drill_id}: no drill of that name is announced; announced: {waiting}")
    if not _called_off(planned, by, why):
        standing = clients().record.planned_drill(drill_id) or planned
        done = "has begun: its own run puts everything back" if standing.begun_at else "is off already"
        raise AnswerRefused(f"call off {drill_id}: it {done}")
    return f"called off: {drill_id}"
