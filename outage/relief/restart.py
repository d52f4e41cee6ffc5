"""Restart: one workload hangs or answers with errors by itself, and neither its template nor its surroundings changed.

Source: runbook "Service Restart".
"""

from collections.abc import Iterator
from datetime import timedelta

from outage.causes import Cause
from outage.diagnosis.moments import condition, moment
from outage.diagnosis.plain import RESTARTED_AT
from outage.diagnosis.revisions import template_changed
from outage.diagnosis.signs.containers import statuses
from outage.diagnosis.signs.workloads import desired
from outage.diagnosis.suspect import one_change, span
from outage.hypothesis import Action, Risk
from outage.objects import ObjectRef, annotations, dig, ref
from outage.relief.sight import Sight, Way
from outage.value import Manifest

BY_ITSELF = (Cause.APPLICATION_ERROR, Cause.UNKNOWN)
"""Causes that a restart may ease: nothing around the process explains how it fails."""
NOT_AGAINST = (*BY_ITSELF, Cause.DEPENDENCY_DOWN)
"""Causes on a workload that do not forbid it; the last one only says that callers miss it."""
ALIVE = ("pod-not-ready", "pod-restarted", "log-errors")
"""Signs that a living pod may give. Whatever else it says, its kubelet restarts it already, or cannot."""
SETTLED = timedelta(hours=1)
"""How long before the onset a template must have been as it is, to be out of suspicion."""


def restarts(sight: Sight) -> Iterator[Way]:
    """The workload that fails by itself, when it is the only one: several at once have a cause outside them."""
    roots = [about for about in _failing(sight) if sight.waits_for(about) is None]
    alone = [about for about in roots if all(one.cause in NOT_AGAINST for one in sight.blamed(about))]
    if len(alone) == 1 and (way := _way(sight, alone[0])) is not None:
        yield way


def _failing(sight: Sight) -> list[ObjectRef]:
    home = [ref(one) for one in sight.world.workloads if ref(one).namespace in sight.world.home]
    return [about for about in home if sight.hurts(about)]


def _way(sight: Sight, about: ObjectRef) -> Way | None:
    eased, workload = sight.eased(about), sight.workload(about)
    pods = sight.world.pods_of(about)
    if eased is None or eased.cause not in NOT_AGAINST or workload is None or sight.keeps_data(about):
        return None
    if not _alive(sight, workload, pods) or (age := _settled_for(sight, workload)) is None:
        return None
    well = sum(condition(pod, "Ready").get("status") == "True" for pod in pods)
    summary = f"Restart {about}"
    expected = f"New pods of {about.name} become ready and answer without errors."
    return Way(
        eases=eased,
        abouts=(about, *sight.fronts(about)),
        says=f"{about} fails by itself; new processes may answer where the old ones do not",
        repair=one_change(Action.RESTART, about, (), summary, expected, Risk.MEDIUM),
        seen=(
            *(one.says for one in sight.hurts(about)[:4]),
            f"all {len(pods)} pods of {about.name} run, {well} of them ready",
            f"its template had been as it is for {span(age)} when it first failed",
            "nothing that it calls fails",
        ),
        against=(
            "what the old processes hold in memory is lost, also what would tell why they fail",
            *([f"{well} ready pods are replaced in turn"] if well else []),
            "whatever made it fail may do so again",
        ),
        settle="The log and a dump of one failing process, taken before it goes; then whether new pods stay well.",
        onset=sight.onset(about),
        also=BY_ITSELF,
    )


def _alive(sight: Sight, workload: Manifest, pods: list[Manifest]) -> bool:
    """Whether every pod it asks for is there and every container of it runs, on nodes that answer."""
    if desired(workload) == 0 or len(pods) < desired(workload) or not sight.well_placed(pods):
        return False
    said = [one.sign for pod in pods for one in sight.signs.about(ref(pod, "Pod"))]
    running = [
        dig(status, "state.running") is not None
        for pod in pods
        for status in statuses({"status": {"containerStatuses": dig(pod, "status.containerStatuses", [])}})
    ]
    return all(sign in ALIVE for sign in said) and bool(running) and all(running)


def _settled_for(sight: Sight, workload: Manifest) -> timedelta | None:
    """How long the template had been as it is at the onset; None when too short, or when it cannot be told.

    A restart after the onset is none that helped.
    """
    changed_at = template_changed(sight.world, workload)
    onset = sight.onset(ref(workload)) or sight.world.now
    again = moment(annotations(dig(workload, "spec.template", {})).get(RESTARTED_AT))
    if changed_at is None or onset - changed_at < SETTLED or (again is not None and again >= onset):
        return None
    return onset - changed_at
