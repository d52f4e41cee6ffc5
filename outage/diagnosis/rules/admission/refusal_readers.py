"""What lies behind a refusal of the API server: a limit range, a Pod Security level, a template that is new."""

import re
from collections.abc import Iterator

from outage.diagnosis.cause import Cause
from outage.diagnosis.hypothesis import Risk
from outage.diagnosis.known_good.troubled_workloads import Troubled
from outage.diagnosis.remedies.finished_repairs import ABSENT, Words, retarget
from outage.diagnosis.rules.admission.admission_denied_by import EXPECTED, refusing_blocker, settle_blocker
from outage.diagnosis.suspect import SuspectDraft
from outage.diagnosis.thresholds import RECENT_CHANGE, SEEN_LATE
from outage.diagnosis.weighing.doubts import Doubt
from outage.diagnosis.weighing.strength import Strength, Trust
from outage.errors import cut
from outage.kubernetes.field_differences import MISSING, FieldDifference, escape_pointer
from outage.kubernetes.object_times import changed_at
from outage.kubernetes.objects import ObjectRef, dig, labels_of, object_ref
from outage.kubernetes.quantity import parsed_quantity
from outage.value import Manifest

SPREAD = re.compile(r"([\w./-]+) max limit to request ratio per (Container|Pod) is ([^,\s]+)")
LIMITS = re.compile(r"(maximum|minimum) ([\w./-]+) usage per (Container|Pod) is ([^,\s]+)")
NO_CLASS = re.compile(
    r"no (?P<kind>PriorityClass) with name (?P<name>[\w.-]*\w)"
    r"|(?P<other>RuntimeClass)\S* \"?(?P<named>[\w.-]+)\"? not found",
    re.I,
)
"""A class of pods, not of a volume or an Ingress, that the API server looks up and does not find."""
SIDES = {"maximum": "max", "minimum": "min"}
STILL_REFUSED = re.compile(
    r"host namespaces|hostPath|hostPort|hostProcess|non-default capabilities|procMount|sysctl|seLinuxOptions"
    r"|AppArmor|securityContext\.privileged",
    re.I,
)
"""Violations of `baseline`: pods with one of these are not let in by lowering the level to it."""
LEVEL = "pod-security.kubernetes.io/enforce"


def limit_ranges(one: Troubled, _: re.Match[str], text: str) -> Iterator[SuspectDraft]:
    """The limit ranges that set what the API server names."""
    fix = one.fix(r"/resources(?:/|$)")
    for limits in one.index.all("LimitRange"):
        about = object_ref(limits, "LimitRange")
        if about.namespace != one.about.namespace or not _sets_it(limits, text):
            continue
        says = f"{about} refuses the pods of {one.about}: {cut(text, 160)}"
        found = refusing_blocker(one, Cause.LIMIT_RANGE, about, says, text)
        if not settle_blocker(one, found, "/spec") and fix is not None:
            found.add(Doubt.TEMPLATE_CHANGED)
            found.repair = one.repair(fix, EXPECTED)
        found.settle = "Whether the limit range is meant as it is."
        yield found


def _sets_it(limits: Manifest, text: str) -> bool:
    """Whether one of its limits has the type, the resource and the value that the API server names."""
    named = [(SIDES[side], what, kind, value) for side, what, kind, value in LIMITS.findall(text)]
    named += [("maxLimitRequestRatio", what, kind, value) for what, kind, value in SPREAD.findall(text)]
    return any(
        limit.get("type") == kind
        and (set_to := parsed_quantity((limit.get(side) or {}).get(what))) is not None
        and set_to == parsed_quantity(value.rstrip("."))
        for limit in dig(limits, "spec.limits", [])
        for side, what, kind, value in named
    )


def absent_class(one: Troubled, refused: re.Match[str], text: str) -> Iterator[SuspectDraft]:
    """The template names a class that is not there: another name before, or the class as the baseline has it."""
    kind = "PriorityClass" if refused["kind"] else "RuntimeClass"
    name = refused["name"] or refused["named"]
    about = ObjectRef(kind=kind, name=name, namespace="")
    fix = one.fix(rf"/{kind[0].lower()}{kind[1:]}Name$")
    says = f"{one.about} names {kind} {name}, which does not exist"
    found = one.suspect(Cause.BAD_TEMPLATE, says, fix, EXPECTED, elsewhere=True)
    found.add(Strength.STATED, f"the API server says that there is no {kind} {name}")
    was = one.index.baseline.get(about) if one.index.baseline else None
    if fix is None:
        found.field, found.live = f"spec.template.spec.{kind[0].lower()}{kind[1:]}Name", name
        found.add(Trust.BASELINE if was else None, f"the baseline has {kind} {name}")
        found.settle = f"Who took {about} away: make it again as it was, or let the template name another."
    yield found


def newer_template(one: Troubled, _: re.Match[str], text: str) -> Iterator[SuspectDraft]:
    """Some other rule refuses pods of a template that is new, while those of the older one were let in."""
    fix = one.fix(r"")
    at, onset = one.changed_at, one.onset
    if fix is None or at is None or onset is None or not -SEEN_LATE < onset - at < RECENT_CHANGE:
        return
    named = tuple(
        each for each in fix.chosen if isinstance(each.live, str) and each.live and each.live in text
    )
    fix = fix.model_copy(update={"chosen": named or fix.chosen})
    says = f"The API server refuses the pods of {one.about} since its template was changed: {cut(text, 160)}"
    found = one.suspect(Cause.BAD_TEMPLATE, says, fix, EXPECTED)
    yield found.add(Strength.CONTRADICTED, "pods of the older template were let in")


def security_level(one: Troubled, refused: re.Match[str], text: str) -> Iterator[SuspectDraft]:
    """The level of the namespace, and what would let the pods in."""
    level = refused.group(1)
    about = ObjectRef(kind="Namespace", name=one.about.namespace)
    says = f"{about} enforces a Pod Security level that refuses {one.about}: {cut(text, 120)}"
    found = refusing_blocker(one, Cause.POD_SECURITY, about, says, text)
    space = one.index.get(about)
    found.field, found.live = f"metadata.labels.{LEVEL}", level
    fix = one.fix(r"/securityContext(?:/|$)|/host|/volumes(?:/|$)")
    raised = changed_at(space) if space else None
    if fix is not None and one.changed_at and (raised is None or raised < one.changed_at):
        found.repair = one.repair(fix, EXPECTED)
        yield found.add(fix.known.trust, f"{fix.known.source} has a template that passes")
        return
    was = one.index.baseline.get(about) if one.index.baseline else None
    labelled = labels_of(space or {}).get(LEVEL) == level
    if labelled and was is not None and labels_of(was).get(LEVEL) != level:
        found.add(Trust.BASELINE, "the baseline has another level")
        _set_level(found, about, labels_of(was).get(LEVEL), Risk.MEDIUM)
    elif labelled and level == "restricted" and not STILL_REFUSED.search(text):
        _set_level(found, about, "baseline", Risk.HIGH)
    else:
        found.settle = "Which level the namespace is meant to have, and whether the pods can do with less."
    yield found


def _set_level(found: SuspectDraft, about: ObjectRef, wanted: str | None, risk: Risk) -> None:
    pointer = f"/metadata/labels/{escape_pointer(LEVEL)}"
    field = FieldDifference(pointer=pointer, live=found.live, wanted=wanted or MISSING)
    words = Words(f"Set the Pod Security level of {about} to {wanted or ABSENT}", EXPECTED)
    retarget(found, about, [field], words, risk=risk)
