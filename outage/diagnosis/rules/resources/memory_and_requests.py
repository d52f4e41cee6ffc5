"""Memory that is too small, requests that no node can give."""

import re
from collections.abc import Iterator
from statistics import median

from outage.diagnosis.cause import Cause
from outage.diagnosis.findings import Signs
from outage.diagnosis.findings.container_signs import container_statuses
from outage.diagnosis.findings.facts import Sign
from outage.diagnosis.known_good.template_revisions import Fix
from outage.diagnosis.known_good.troubled_workloads import Troubled, troubled_workloads
from outage.diagnosis.remedies.finished_repairs import Words, drop_fields, retarget
from outage.diagnosis.remedies.remedy import Remedy
from outage.diagnosis.rules.rule import CauseEntry, CauseRule
from outage.diagnosis.suspect import SuspectDraft
from outage.diagnosis.thresholds import FAR_ABOVE_SIBLINGS
from outage.diagnosis.weighing.doubts import Doubt
from outage.diagnosis.weighing.strength import Strength, Support, Trust
from outage.kubernetes.field_differences import FieldDifference
from outage.kubernetes.objects import containers_of, dig, object_ref
from outage.kubernetes.quantity import parsed_quantity
from outage.snapshots.case_index import CaseIndex
from outage.value import Manifest

OOM = re.compile(r"OOM-?killed|memory limit too low|minimum memory limit", re.I)
RESOURCES = r"/resources(?:/|$)"
EXPECTED = "The pods get a node and become ready."


def suspect_memory_and_requests(index: CaseIndex, signs: Signs) -> Iterator[SuspectDraft]:
    """Containers killed for memory; pods that ask for more than any node has."""
    for one in troubled_workloads(index, signs):
        killed = _killed(one)
        if killed is not None:
            yield _memory(one, killed)
        for finding in one.trouble(Sign.POD_UNSCHEDULABLE):
            short = re.search(r"Insufficient (memory|cpu|ephemeral-storage)", finding.quoted)
            if short:
                yield from _too_large(one, short.group(1))
                break


def _killed(one: Troubled) -> str | None:
    for pod in one.pods or one.index.pods_of(one.about):
        for status in container_statuses(pod):
            ended = dig(status, "state.terminated", {}) or dig(status, "lastState.terminated", {})
            waiting = dig(status, "state.waiting.message", "")
            if ended.get("reason") == "OOMKilled" or OOM.search(f"{ended.get('message', '')} {waiting}"):
                return str(status.get("name"))
    return None


def _memory(one: Troubled, container: str) -> SuspectDraft:
    limit = _limit(one.workload, container)
    fix = one.fix(r"/resources(?:/(?:limits|requests))?(?:/memory)?$", container)
    if fix is not None:
        says = f"{one.about}: container {container} is killed for memory since its limit is {limit}"
        found = one.suspect(
            Cause.MEMORY_LIMIT_TOO_SMALL, says, fix, "No more kills for memory; the pods stay ready."
        )
        return found.add(Strength.STATED, "the node killed the container for memory")
    siblings = _sibling_limits(one)
    have = parsed_quantity(limit)
    small = have is not None and siblings and have * 2 < median(siblings)
    if small and have is not None:
        return _double(one, container, have, str(limit), median(siblings))
    bound = "what its node has, for it has no limit" if limit is None else f"its unchanged limit of {limit}"
    says = f"{one.about}: container {container} uses more than {bound}: a leak or a flood"
    found = one.suspect(Cause.OUT_OF_MEMORY, says, None, "", elsewhere=True).add(
        Strength.CONTRADICTED, "the node killed it for memory"
    )
    found.settle = "Its memory over time, and whether traffic grew; raising the limit of a leak is no repair."
    return found


def _double(one: Troubled, container: str, have: float, limit: str, usual: float) -> SuspectDraft:
    says = f"{one.about}: container {container} is killed for memory; its limit of {limit} is far below its siblings'"
    found = one.suspect(Cause.MEMORY_LIMIT_TOO_SMALL, says, None, "")
    found.add(Strength.STATED, "the node killed the container for memory")
    found.add(Trust.SIBLINGS, f"its siblings have {int(usual / 2**20)} Mi")
    wanted = f"{max(1, int(min(have * 4, usual) / 2**20))}Mi"
    pointer = f"{one.container_pointer(container)}/resources/limits/memory"
    words = Words(f"Raise the memory limit of {one.about} to {wanted}", "No more kills for memory.")
    field = FieldDifference(pointer=pointer, live=limit, wanted=wanted)
    return retarget(found, one.about, [field], words)


def _limit(workload: Manifest, container: str) -> object:
    for one in containers_of(dig(workload, "spec.template.spec", {})):
        if one.get("name") == container:
            return dig(one, "resources.limits.memory")
    return None


def _sibling_limits(one: Troubled) -> list[float]:
    found = [
        parsed_quantity(dig(container, "resources.limits.memory"))
        for other in one.index.workloads
        if object_ref(other).namespace == one.about.namespace and object_ref(other) != one.about
        for container in dig(other, "spec.template.spec.containers", [])
    ]
    return [value for value in found if value]


def _too_large(one: Troubled, what: str) -> Iterator[SuspectDraft]:
    fix = one.fix(RESOURCES) or _added(one, what)
    asked = _asked(one.workload, what)
    most = max(
        (parsed_quantity(dig(n, f"status.allocatable.{what}")) or 0 for n in one.index.snapshot.kind("Node")),
        default=0,
    )
    impossible = bool(most) and asked > most
    if fix is None and not impossible:
        if not one.index.snapshot.saw("Node"):
            yield from _far_above(one, what, asked)
        return
    says = f"{one.about}: asks for more {what} than any node can give"
    found = one.suspect(Cause.REQUEST_TOO_LARGE, says, fix, EXPECTED)
    found.add(
        Strength.STATED if impossible else Strength.CONTRADICTED,
        "the scheduler says that no node has enough of it",
    )
    if impossible:
        found.add(Support.DETAIL, f"it asks for {asked:g}, the largest node has {most:g}")
    if fix is None:
        _lower(one, found, what)
    yield found


def _added(one: Troubled, what: str) -> Fix | None:
    """A container that an older template does not have, where that template asks for less."""
    fix = one.fix(r"/(?:initContainers|containers)(?:/(?:\d+|-))?$")
    before = _asked({"spec": {"template": fix.known.manifest}}, what) if fix else 0
    return fix if before < _asked(one.workload, what) else None


def _far_above(one: Troubled, what: str, asked: float) -> Iterator[SuspectDraft]:
    """Nodes may not be read: what a workload asks for, against its siblings. The nodes may as well be full."""
    home = [other for other in one.index.workloads if object_ref(other).namespace == one.about.namespace]
    usual = max((_asked(other, what) for other in home if object_ref(other) != one.about), default=0)
    if not usual or asked < FAR_ABOVE_SIBLINGS * usual:
        return
    says = (
        f"{one.about}: asks for {asked / usual:.0f} times the {what} of any sibling, and no node has it free"
    )
    found = one.suspect(Cause.REQUEST_TOO_LARGE, says, None, "", elsewhere=True)
    found.add(Strength.FITS, "the scheduler says that no node has enough of it")
    found.add(Trust.SIBLINGS, f"it asks for {asked:g}, the largest of its siblings for {usual:g}")
    found.evidence_against.append("the nodes could not be seen: they may be full of others")
    found.settle = "How much it needs, and how much the nodes have: `kubectl describe nodes`."
    yield found


def _asked(workload: Manifest, what: str) -> float:
    """What the scheduler counts for one pod: its containers together, or its largest init container."""
    spec = dig(workload, "spec.template.spec", {})
    together = sum(_counted(one, what) for one in spec.get("containers") or [])
    return max([together, *(_counted(one, what) for one in spec.get("initContainers") or [])])


def _counted(container: Manifest, what: str) -> float:
    """A container without a request asks for its limit."""
    asked = dig(container, f"resources.requests.{what}", dig(container, f"resources.limits.{what}"))
    return parsed_quantity(asked) or 0


def _lower(one: Troubled, found: SuspectDraft, what: str) -> None:
    """Without a known good value: the siblings' median, never above the limit."""
    usual = [
        dig(container, f"resources.requests.{what}")
        for other in one.index.workloads
        if object_ref(other).namespace == one.about.namespace and object_ref(other) != one.about
        for container in dig(other, "spec.template.spec.containers", [])
        if dig(container, f"resources.requests.{what}")
    ]
    app = dig(one.workload, "spec.template.spec.containers", [])
    at = max(range(len(app)), key=lambda i: _counted(app[i], what))
    if not dig(app[at], f"resources.requests.{what}") or _asked(one.workload, what) > sum(
        _counted(each, what) for each in app
    ):
        found.settle = "How much it needs: a limit without a request, or an init container, asks for it."
        return
    pointer = f"/spec/template/spec/containers/{at}/resources/requests/{what}"
    live = str(dig(app[at], f"resources.requests.{what}"))
    found.field, found.live = pointer[1:].replace("/", "."), live
    if not usual and not dig(app[at], f"resources.limits.{what}"):
        summary = f"Remove the {what} request of {one.about}, as none of its siblings has one"
        drop_fields(found, one.about, [pointer], Words(summary, "The pods get a node."), live=live)
    if not usual:
        return
    wanted = sorted(usual, key=lambda text: parsed_quantity(text) or 0)[len(usual) // 2]
    found.add(Trust.SIBLINGS, f"its siblings ask for {wanted}")
    words = Words(f"Lower the {what} request of {one.about} to {wanted}", "The pods get a node.")
    retarget(found, one.about, [FieldDifference(pointer=pointer, live=live, wanted=wanted)], words)


RULES = (
    CauseRule(
        suspect_memory_and_requests,
        entries=(
            CauseEntry(
                Cause.MEMORY_LIMIT_TOO_SMALL,
                says="The memory limit is smaller than what the process needs.",
                shows="the node kills the container for memory, and the limit is below the known good or its siblings'",
                evidence="lastState OOMKilled; resources.limits against older templates and siblings",
                remedies=(Remedy.UNDO, Remedy.PUT_BACK, Remedy.RAISE, Remedy.PERSON),
                doubts=(Doubt.LONG_UNCHANGED,),
            ),
            CauseEntry(
                Cause.REQUEST_TOO_LARGE,
                says="The pod asks for more than any node has.",
                shows='the scheduler says "Insufficient", and the request is above every node or the known good',
                evidence="events FailedScheduling; requests against status.allocatable and siblings",
                remedies=(Remedy.UNDO, Remedy.PUT_BACK, Remedy.RETARGET, Remedy.PERSON),
                doubts=(Doubt.LONG_UNCHANGED,),
            ),
            CauseEntry(
                Cause.OUT_OF_MEMORY,
                says="The process uses more memory than its unchanged limit: a leak or a flood.",
                shows="the node kills the container for memory at a limit that did not change",
                evidence="lastState OOMKilled; the limit is as it was",
                remedies=(Remedy.PERSON,),
                doubts=(Doubt.LONG_UNCHANGED,),
            ),
        ),
    ),
)
