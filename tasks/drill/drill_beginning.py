"""Before anything is broken: does the fault fit, does a guard object, is the ground steady; then it is announced."""

from datetime import UTC, datetime, timedelta

from prefect import get_run_logger, task
from prefect.runtime import flow_run

from blocks.clients import clients
from blocks.retry import wait_until
from outage.errors import OutageError
from outage.incidents.drill_notice import Drill
from outage.incidents.fault import Fault
from outage.platforms.platform import Platform
from outage.value import Value
from outage.verification.drills.drill_guards import drill_objection
from outage.verification.drills.fault_blast import SYSTEM_NAMESPACE
from outage.verification.drills.fault_templates import FaultTemplate, fault_template, fit_fault, unknown_fault
from outage.verification.drills.fitted_fault import FittedFault, Unfit
from tasks.drill.chosen_fault import FAULT, catalogue_fault, recorded_fault, template_names
from tasks.drill.drill_surroundings import drill_view, who_is_told
from tasks.observe.tasks import LookResult, look_for_baseline
from tasks.record.keep_baseline import KeptBaseline, keep_if_healthy
from tasks.tell.drill_news import tell_begin_of_drill, tell_not_begun

ANNOUNCED_FOR = timedelta(hours=2)
"""After this a drill of the catalogue lapses by itself, so that one that died marks nothing as practice for ever."""


STEADY_WITHIN_SECONDS = 115.0
STEADY_EVERY_SECONDS = 6.0
"""Two minutes in all: alerts about ground that is being raised come and go in less."""


class DrillOrder(Value):
    """What somebody asked to be practised."""

    fault: str
    """Name of a template, or of an entry of the ground's own catalogue."""
    drill_id: str = ""
    """One that was begun before goes on; empty: a new drill."""
    service: str = ""
    """As the platform file calls it; empty: an entry of the catalogue, which knows what it strikes."""
    by: str = ""
    """Who asks, and says yes where one is needed."""


class PractisedDrill(Value):
    """A drill that was announced, or the reason why none was begun."""

    drill: Drill
    fault: Fault | None = None
    refused: str = ""


class SteadyGround(Value):
    """Whether a platform is well enough to be broken, and the look that says so."""

    kept: KeptBaseline
    seen: LookResult

    model_config = {"arbitrary_types_allowed": True}


@task(name="begin the drill", persist_result=False)
def begin_drill(order: DrillOrder) -> PractisedDrill:
    """Refuse what does not fit or may not be; keep the baseline of steady ground; announce what will be broken.

    Returns:
        The drill; `refused` says why nothing will be broken.
    """
    if begun := known_fault(order.drill_id):
        return PractisedDrill(drill=begun, fault=recorded_fault(begun))
    try:
        return _begin_template(order) if order.service else _begin_catalogue(order)
    except OutageError as error:
        return _refused(order, str(error))


def _refused(order: DrillOrder, says: str) -> PractisedDrill:
    now, platform = datetime.now(UTC), clients().platform
    if clients().record.planned_drill(order.drill_id):
        tell_not_begun(order.drill_id, order.fault, why=says, at=now)
    drill = Drill(
        id=order.drill_id or "refused",
        namespace=platform.namespace,
        fault=order.fault,
        announced_at=now,
        until=now,
        platform=platform.name,
    )
    return PractisedDrill(drill=drill, refused=says)


def _begin_catalogue(order: DrillOrder) -> PractisedDrill:
    found = catalogue_fault(order.fault, clients().settings.faults_folder)
    if stranger := _elsewhere(found, clients().platform.namespace):
        says = f"{found.name} is of the practice ground and strikes {stranger}: name a service with --service"
        return _refused(order, says)
    kept = steady_state(look_for_baseline.fn()).kept
    if kept.refused:
        return _refused(order, f"the ground is not steady: {kept.says}")
    about = broken_services(found, clients().platform)
    return _announced(order, found, about, datetime.now(UTC) + ANNOUNCED_FOR)


def _elsewhere(fault: Fault, home: str) -> str:
    """What a fault would strike beside a platform's own namespace; empty when nothing."""
    known = ("", home, SYSTEM_NAMESPACE)
    return next((str(one.target) for one in fault.blows if one.target.namespace not in known), "")


def _begin_template(order: DrillOrder) -> PractisedDrill:
    template = fault_template(order.fault)
    if template is None:
        return _refused(order, unknown_fault(order.fault, template_names()))
    seen = look_for_baseline.fn()
    if why := why_not_now(template, order, seen):  # before anybody waits for steady ground
        return _refused(order, why)
    steady = steady_state(seen)
    if steady.kept.refused:
        return _refused(order, f"the ground is not steady: {steady.kept.says}")
    if why := why_not_now(template, order, steady.seen):
        return _refused(order, why)
    fitted = fit_fault(template, steady.seen.case.snapshot, clients().platform, order.service)
    if isinstance(fitted, Unfit):
        return _refused(order, fitted.reason)
    until = datetime.now(UTC) + clients().policy.drills.lasts
    return _announced(order, fitted.fault, order.service, until, fitted)


def why_not_now(template: FaultTemplate, order: DrillOrder, seen: LookResult) -> str:
    """Why a template cannot, or may not, be practised on a service now; empty when nothing speaks against it."""
    platform, policy = clients().platform, clients().policy
    fitted = fit_fault(template, seen.case.snapshot, platform, order.service)
    if isinstance(fitted, Unfit):
        return fitted.reason
    objection = drill_objection(fitted, drill_view(fitted.blast, order.by), platform, policy)
    return objection.says if objection else ""


def _announced(
    order: DrillOrder, fault: Fault, about: str, until: datetime, fitted: FittedFault | None = None
) -> PractisedDrill:
    """Announce a drill, here and in the channels; the way back of its fault is in the record from here on."""
    now, platform = datetime.now(UTC), clients().platform
    blast = {"blast": fitted.blast.model_dump(mode="json")} if fitted else {}
    drill = Drill(
        id=order.drill_id or f"drill-{now:%Y%m%d-%H%M%S}-{fault.name}",
        namespace=platform.namespace,
        fault=fault.name,
        announced_at=now,
        until=until,
        about=about,
        platform=platform.name,
        approved_by=order.by,
        told=who_is_told(order.by),
        result={FAULT: fault.model_dump(mode="json"), **blast, "run": flow_run.id or ""},
    )
    announced = clients().record.announce(drill)
    tell_begin_of_drill(announced)
    return PractisedDrill(drill=announced, fault=fault)


def broken_services(fault: Fault, platform: Platform) -> str:
    """The services that a fault strikes, separated by commas; empty when it strikes anything else beside them."""
    struck = [platform.by_workload(one.target.kind, one.target.name) for one in fault.blows]
    return ",".join(sorted({one.name for one in struck if one})) if all(struck) else ""


def steady_state(seen: LookResult) -> SteadyGround:
    """Keep a baseline of the steady ground; ground that was just raised gets a while to settle.

    Args:
        seen: The first look; further ones are made while it is not steady.
    """
    kept = keep_if_healthy.fn(seen)

    def settled() -> bool:
        nonlocal kept, seen
        if kept.refused and not kept.needs_a_person:
            get_run_logger().info("not steady yet: %s", kept.says)
            seen = look_for_baseline.fn()
            kept = keep_if_healthy.fn(seen)
        return not kept.refused or kept.needs_a_person

    wait_until(settled, STEADY_WITHIN_SECONDS, STEADY_EVERY_SECONDS)
    return SteadyGround(kept=kept, seen=seen)


def known_fault(drill_id: str) -> Drill | None:
    """A drill that was begun before this process was born."""
    return clients().record.drill(drill_id) if drill_id else None
