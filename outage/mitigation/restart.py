"""Restart: one workload hangs or answers with errors by itself, and neither its template nor its surroundings changed.

Source: runbook "Service Restart".
"""

from collections.abc import Iterator
from datetime import timedelta

from outage.diagnosis.cause import Cause
from outage.diagnosis.findings.container_signs import container_statuses
from outage.diagnosis.findings.facts import Sign
from outage.diagnosis.findings.workload_signs import desired_replicas
from outage.diagnosis.hypothesis import Action, Risk
from outage.diagnosis.known_good.plain_templates import RESTARTED_AT
from outage.diagnosis.known_good.template_revisions import template_changed
from outage.diagnosis.remedies.single_repairs import one_change
from outage.diagnosis.thresholds import SETTLED_TEMPLATE
from outage.kubernetes.object_times import parsed_moment
from outage.kubernetes.objects import ObjectRef, annotations_of, dig, object_ref
from outage.kubernetes.readiness import is_ready
from outage.mitigation.mitigation_view import MitigationDraft, MitigationView
from outage.text.durations import duration_in_words
from outage.value import Manifest

BY_ITSELF = (Cause.APPLICATION_ERROR, Cause.UNKNOWN)
"""Causes that a restart may ease: nothing around the process explains how it fails."""
NOT_AGAINST = (*BY_ITSELF, Cause.DEPENDENCY_DOWN)
"""Causes on a workload that do not forbid it; the last one only says that callers miss it."""
ALIVE = (Sign.POD_NOT_READY, Sign.POD_RESTARTED, Sign.LOG_ERRORS)
"""Signs that a living pod may give. Whatever else it says, its kubelet restarts it already, or cannot."""


def workload_restarts(sight: MitigationView) -> Iterator[MitigationDraft]:
    """The workload that fails by itself, when it is the only one: several at once have a cause outside them."""
    roots = [about for about in _failing(sight) if sight.waits_for(about) is None]
    alone = [about for about in roots if all(one.cause in NOT_AGAINST for one in sight.blamed(about))]
    if len(alone) == 1 and (way := _way(sight, alone[0])) is not None:
        yield way


def _failing(sight: MitigationView) -> list[ObjectRef]:
    home = [object_ref(one) for one in sight.index.workloads if object_ref(one).namespace in sight.index.home]
    return [about for about in home if sight.hurts(about)]


def _way(sight: MitigationView, about: ObjectRef) -> MitigationDraft | None:
    eased, workload = sight.eased(about), sight.workload(about)
    pods = sight.index.pods_of(about)
    if eased is None or eased.cause not in NOT_AGAINST or workload is None or sight.keeps_data(about):
        return None
    if not _alive(sight, workload, pods) or (age := _settled_for(sight, workload)) is None:
        return None
    well = sum(is_ready(pod) for pod in pods)
    summary = f"Restart {about}"
    expected = f"New pods of {about.name} become ready and answer without errors."
    return MitigationDraft(
        eases=eased,
        about=about,
        says=f"{about} fails by itself; new processes may answer where the old ones do not",
        repair=one_change(Action.RESTART, about, (), summary, expected, Risk.MEDIUM),
        seen=(
            *(one.says for one in sight.hurts(about)[:4]),
            f"all {len(pods)} pods of {about.name} run, {well} of them ready",
            f"its template had been as it is for {duration_in_words(age)} when it first failed",
            "nothing that it calls fails",
        ),
        against=(
            "what the old processes hold in memory is lost, also what would tell why they fail",
            *([f"{well} ready pods are replaced in turn"] if well else []),
            "whatever made it fail may do so again",
        ),
        settle="The log and a dump of one failing process, taken before it goes; then whether new pods stay well.",
        onset=sight.onset(about),
    )


def _alive(sight: MitigationView, workload: Manifest, pods: list[Manifest]) -> bool:
    """Whether every pod it asks for is there and every container of it runs, on nodes that answer."""
    if (
        desired_replicas(workload) == 0
        or len(pods) < desired_replicas(workload)
        or not sight.well_placed(pods)
    ):
        return False
    said = [one.sign for pod in pods for one in sight.signs.about(object_ref(pod, "Pod"))]
    running = [
        dig(status, "state.running") is not None
        for pod in pods
        for status in container_statuses(
            {"status": {"containerStatuses": dig(pod, "status.containerStatuses", [])}}
        )
    ]
    return all(sign in ALIVE for sign in said) and bool(running) and all(running)


def _settled_for(sight: MitigationView, workload: Manifest) -> timedelta | None:
    """How long the template had been as it is at the onset; None when too short, or when it cannot be told.

    A restart after the onset is none that helped.
    """
    changed_at = template_changed(sight.index, workload)
    onset = sight.onset(object_ref(workload)) or sight.index.now
    again = parsed_moment(annotations_of(dig(workload, "spec.template", {})).get(RESTARTED_AT))
    if changed_at is None or onset - changed_at < SETTLED_TEMPLATE or (again is not None and again >= onset):
        return None
    return onset - changed_at
