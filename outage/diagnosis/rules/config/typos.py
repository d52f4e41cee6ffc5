"""A young template that names something which is not there, while something of nearly that name waits unused."""

import difflib
from collections.abc import Iterator

from outage.diagnosis.calls.mentions import config_references
from outage.diagnosis.known_good.troubled_workloads import Troubled
from outage.diagnosis.remedies.finished_repairs import Words, retarget
from outage.diagnosis.suspect import SuspectDraft
from outage.diagnosis.thresholds import CLOSE_CHANGE, NAME_LIKENESS
from outage.diagnosis.weighing.strength import Trust
from outage.kubernetes.field_differences import FieldDifference
from outage.kubernetes.objects import dig, object_ref
from outage.value import Manifest

SOURCES = {"ConfigMap": ("configMapRef", "configMapKeyRef"), "Secret": ("secretRef", "secretKeyRef")}


def is_young_template(one: Troubled) -> bool:
    """Whether the template came with the trouble; where it is old, the named thing was taken away instead."""
    return bool(one.changed_at and one.onset and one.onset - one.changed_at <= CLOSE_CHANGE)


def take_unused_namesake(one: Troubled, found: SuspectDraft, kind: str, name: str, expected: str) -> bool:
    """Let the template name the one unused ConfigMap or Secret that is nearly called so, if there is one.

    Args:
        one: The workload whose template names what is not there.
        found: Gets the repair, and what speaks for it.
        kind: `ConfigMap` or `Secret`.
        name: What the template names.
        expected: What will be seen when it worked.

    Returns:
        Whether there is one, so that the suspect is finished.
    """
    pointers = list(_pointers(one.workload, kind, name))
    wanted = _namesake(one, kind, name) if is_young_template(one) else None
    if wanted is None or not pointers:
        return False
    found.add(Trust.SIBLINGS, f"{kind} {wanted} is read by nobody and has nearly that name")
    fields = [FieldDifference(pointer=pointer, live=name, wanted=wanted) for pointer in pointers]
    retarget(found, one.about, fields, Words(f"Let {one.about} read {kind} {wanted}", expected))
    return True


def take_siblings_account(one: Troubled, found: SuspectDraft, name: str, expected: str) -> bool:
    """Let the pods run as the account that all siblings run as; not when somebody bound rights to the absent one.

    Args:
        one: The workload.
        found: Gets the repair, and what speaks for it.
        name: The account that is not there.
        expected: What will be seen when it worked.

    Returns:
        Whether there is one, so that the suspect is finished.
    """
    siblings = {
        dig(other, "spec.template.spec.serviceAccountName", "default")
        for other in one.index.workloads
        if object_ref(other).namespace == one.about.namespace and object_ref(other) != one.about
    }
    if len(siblings) != 1 or name in siblings or not is_young_template(one) or _bound(one, name):
        return False
    wanted = siblings.pop()
    spec = dig(one.workload, "spec.template.spec", {})
    fields = [
        FieldDifference(pointer=f"/spec/template/spec/{field}", live=name, wanted=wanted)
        for field in ("serviceAccountName", "serviceAccount")
        if field in spec
    ]
    found.about = one.about
    found.add(Trust.SIBLINGS, f"all of its siblings run as {wanted}")
    retarget(
        found, one.about, fields, Words(f"Let {one.about} run as {wanted}, as its siblings do", expected)
    )
    return True


def _bound(one: Troubled, name: str) -> bool:
    return any(
        subject.get("kind") == "ServiceAccount" and subject.get("name") == name
        for kind in ("RoleBinding", "ClusterRoleBinding")
        for binding in one.index.all(kind)
        for subject in binding.get("subjects") or []
    )


def _namesake(one: Troubled, kind: str, name: str) -> str | None:
    home = one.about.namespace
    used = {
        read.name
        for other in one.index.workloads
        if object_ref(other).namespace == home
        for read in config_references(dig(other, "spec.template.spec", {}))
        if read.kind == kind
    }
    free = {object_ref(c).name for c in one.index.all(kind) if object_ref(c).namespace == home} - used
    near = difflib.get_close_matches(name, sorted(free), n=2, cutoff=NAME_LIKENESS)
    return near[0] if len(near) == 1 else None


def _pointers(workload: Manifest, kind: str, name: str) -> Iterator[str]:
    """Every place of the template that names it."""
    whole, key = SOURCES[kind]
    spec = dig(workload, "spec.template.spec", {})
    for group in ("initContainers", "containers"):
        for at, container in enumerate(spec.get(group) or []):
            where = f"/spec/template/spec/{group}/{at}"
            for number, source in enumerate(container.get("envFrom") or []):
                if dig(source, f"{whole}.name") == name:
                    yield f"{where}/envFrom/{number}/{whole}/name"
            for number, variable in enumerate(container.get("env") or []):
                if dig(variable, f"valueFrom.{key}.name") == name:
                    yield f"{where}/env/{number}/valueFrom/{key}/name"
    field = "configMap/name" if kind == "ConfigMap" else "secret/secretName"
    for at, volume in enumerate(spec.get("volumes") or []):
        if dig(volume, field.replace("/", ".")) == name:
            yield f"/spec/template/spec/volumes/{at}/{field}"
