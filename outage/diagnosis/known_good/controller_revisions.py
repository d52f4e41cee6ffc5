"""What StatefulSets and DaemonSets keep of their templates, and which pod was made from which.

Pods name their revision in a label: a StatefulSet's by its whole name, a DaemonSet's by the hash at its end.
"""

from outage.diagnosis.known_good.plain_templates import plain_template, plain_template_of
from outage.diagnosis.thresholds import LOST_AT_BIRTH
from outage.kubernetes.object_times import condition_of, created_at, earliest_of, parsed_moment
from outage.kubernetes.objects import ObjectRef, dig, labels_of, noticed_generation, object_ref
from outage.snapshots.case_index import CaseIndex
from outage.value import Manifest

MARK = "controller-revision-hash"


def controller_revisions(index: CaseIndex, about: ObjectRef) -> list[Manifest]:
    """The revisions that a workload owns, newest number first; one that is taken up again gets the newest number."""
    owned = [
        one
        for one in index.all("ControllerRevision")
        if any(_is(owner, about) for owner in dig(one, "metadata.ownerReferences", []))
        and dig(one, "metadata.namespace") == about.namespace
    ]
    return sorted(owned, key=lambda one: int(one.get("revision", 0)), reverse=True)


def _is(owner: Manifest, about: ObjectRef) -> bool:
    return owner.get("name") == about.name and owner.get("kind", about.kind) == about.kind


def template_in(revision: Manifest) -> Manifest:
    """The pod template that a revision holds."""
    return {key: value for key, value in dig(revision, "data.spec.template", {}).items() if key != "$patch"}


def made_from(pod: Manifest, revision: str) -> bool:
    """Whether the pod's label names this revision."""
    mark = labels_of(pod).get(MARK, "")
    return bool(mark) and (revision == mark or revision.endswith(f"-{mark}"))


def pods_made_from(index: CaseIndex, about: ObjectRef, revision: Manifest) -> list[Manifest]:
    """The pods of a workload that name this revision."""
    name = dig(revision, "metadata.name", "")
    return [pod for pod in index.pods_of(about) if made_from(pod, name)]


def live_revisions(index: CaseIndex, workload: Manifest) -> list[Manifest]:
    """The ControllerRevisions that hold the live template; when none does, the one its controller works towards."""
    key = ("live revisions", str(object_ref(workload)))
    if key not in index.memory:
        index.memory[key] = _live_revisions(index, workload)
    found: list[Manifest] = index.memory[key]
    return found


def _live_revisions(index: CaseIndex, workload: Manifest) -> list[Manifest]:
    kept = controller_revisions(index, object_ref(workload))
    live = plain_template_of(index, dig(workload, "spec.template", {}))
    if same := [one for one in kept if plain_template(template_in(one)) == live]:
        return same
    if not noticed_generation(workload):
        return []  # its controller has not written the live template down yet
    update = dig(workload, "status.updateRevision")
    return [one for one in kept if dig(one, "metadata.name") == update] or kept[:1]


def is_live(index: CaseIndex, workload: Manifest, pod: Manifest) -> bool:
    """Whether a pod of a StatefulSet or DaemonSet is of the live template; one that does not say counts as such."""
    if MARK not in labels_of(pod):
        return True
    names = [dig(one, "metadata.name", "") for one in live_revisions(index, workload)]
    if not names and noticed_generation(workload):
        names = [dig(workload, "status.updateRevision", "")]
    return not any(names) or any(made_from(pod, name) for name in names)


def gone_back_from(revision: Manifest, live: list[Manifest]) -> bool:
    """Whether a revision came after the live one first did: somebody went back from it."""
    came, before = created_at(revision), earliest_of(created_at(one) for one in live)
    return bool(came and before and came > before)


def never_ready(pod: Manifest) -> bool:
    """Whether it ran and was never ready; one without a node says nothing about its revision."""
    lost, born = parsed_moment(condition_of(pod, "Ready").get("lastTransitionTime")), created_at(pod)
    return bool(lost and born and lost - born <= LOST_AT_BIRTH)
