"""Limits that no workload states: a LimitRange wrote them into the pods, and they do not suffice."""

import re
from collections.abc import Iterator

from outage.diagnosis.cause import Cause
from outage.diagnosis.findings import Signs
from outage.diagnosis.findings.container_signs import container_statuses
from outage.diagnosis.known_good.troubled_workloads import Troubled, troubled_workloads
from outage.diagnosis.remedies.finished_repairs import Words, retarget
from outage.diagnosis.remedies.remedy import Remedy
from outage.diagnosis.rules.rule import CauseEntry, CauseRule
from outage.diagnosis.suspect import SuspectDraft, names_of
from outage.diagnosis.weighing.strength import Strength, Support
from outage.kubernetes.field_differences import MISSING, FieldDifference
from outage.kubernetes.object_times import changed_at, created_at
from outage.kubernetes.objects import annotations_of, dig, object_ref
from outage.kubernetes.quantity import parsed_quantity
from outage.snapshots.case_index import CaseIndex
from outage.value import Manifest

NOTE = "kubernetes.io/limit-ranger"
EXPECTED = "The new pods stay without a kill for memory, and become ready."
ROOM = 4
"""How many times the default a first limit of its own gives; a person agrees to it."""


def suspect_limit_range_defaults(index: CaseIndex, signs: Signs) -> Iterator[SuspectDraft]:
    """Containers killed for memory at a limit that came from a LimitRange's default."""
    for one in troubled_workloads(index, signs):
        for pod in one.pods or index.pods_of(one.about):
            name = _killed(pod)
            limit = _written_in(pod, name) if name else None
            if name and limit and one.container_pointer(name):
                yield from _suspects(one, pod, name, limit)
                break


def _killed(pod: Manifest) -> str:
    for status in container_statuses(pod):
        ended = dig(status, "state.terminated", {}) or dig(status, "lastState.terminated", {})
        if ended.get("reason") == "OOMKilled":
            return str(status.get("name"))
    return ""


def _written_in(pod: Manifest, container: str) -> str | None:
    """The memory limit that the admission note says it wrote into this container."""
    note = annotations_of(pod).get(NOTE, "")
    if not re.search(rf"memory[^;]* limit for container {re.escape(container)}\b", note):
        return None
    for one in dig(pod, "spec.containers", []):
        if one.get("name") == container:
            limit = dig(one, "resources.limits.memory")
            return str(limit) if limit else None
    return None


def _suspects(one: Troubled, pod: Manifest, container: str, limit: str) -> Iterator[SuspectDraft]:
    for limits in one.index.all("LimitRange"):
        about = object_ref(limits, "LimitRange")
        if about.namespace != one.about.namespace:
            continue
        for at, entry in enumerate(dig(limits, "spec.limits", [])):
            default = dig(entry, "default.memory")
            if default and parsed_quantity(default) == parsed_quantity(limit):
                yield _suspect(one, limits, at, container, limit)
                return


def _suspect(one: Troubled, limits: Manifest, at: int, container: str, limit: str) -> SuspectDraft:
    about = object_ref(limits, "LimitRange")
    says = (
        f"{about} gives container {container} of {one.about} a memory limit of {limit}, which its template never "
        "states, and the node kills it at that limit"
    )
    found = SuspectDraft(
        cause=Cause.LIMIT_RANGE_DEFAULT, about=about, says=says, explains=names_of(about, one.about)
    )
    found.add(Strength.STATED, f"the pods' own note says that {about} wrote the limit into them")
    found.add(Support.SYMPTOM, f"{one.about} is killed for memory at it")
    found.time(changed_at(limits) or created_at(limits), one.onset)
    found.evidence_for = [each.says for each in one.findings][:6]
    most = parsed_quantity(dig(limits, f"spec.limits.{at}.max.memory"))
    wanted = min((parsed_quantity(limit) or 0) * ROOM, most or float("inf"))
    size = f"{int(wanted / 2**20)}Mi"
    words = Words(f"State a memory limit of {size} for container {container} of {one.about}", EXPECTED)
    retarget(found, one.about, [_stated(one, container, size)], words)
    found.field, found.live = f"spec.limits[{at}].default.memory", limit
    found.wanted = f"{size}, stated by {one.about}"
    found.settle = (
        f"How much the program needs when it is well, and who made {about}: its default may be raised."
    )
    return found


def _stated(one: Troubled, container: str, size: str) -> FieldDifference:
    """The section that states a memory limit, whatever of the section is there already."""
    pointer = str(one.container_pointer(container)) + "/resources"
    kept: Manifest = next(
        (
            dict(each.get("resources") or {})
            for each in dig(one.workload, "spec.template.spec.containers", [])
            if each.get("name") == container
        ),
        {},
    )
    value = {**kept, "limits": {**(kept.get("limits") or {}), "memory": size}}
    return FieldDifference(pointer=pointer, live=kept or MISSING, wanted=value)


RULES = (
    CauseRule(
        suspect_limit_range_defaults,
        entries=(
            CauseEntry(
                Cause.LIMIT_RANGE_DEFAULT,
                says="A limit range gives the containers a limit that their workload never states.",
                shows="containers are killed or held back at a limit that their workload does not state",
                evidence="the annotation that the limit ranger leaves on the pod; age of the LimitRange",
                remedies=(
                    Remedy.RAISE,
                    Remedy.TAKE_AWAY,
                ),
            ),
        ),
    ),
)
