"""Pods that the API server refuses before they exist: quotas, limit ranges, Pod Security."""

import re
from collections.abc import Iterator
from datetime import timedelta

from outage.diagnosis.cause import Cause
from outage.diagnosis.findings import Signs
from outage.diagnosis.hypothesis import Risk
from outage.diagnosis.remedies.finished_repairs import ABSENT, Words, retarget
from outage.diagnosis.remedies.remedy import Remedy
from outage.diagnosis.rules.admission.admission_denied_by import EXPECTED, refusing_blocker, settle_blocker
from outage.diagnosis.rules.admission.quotas import MUST_SPECIFY, QUOTA, unstated, used_up
from outage.diagnosis.rules.rule import CauseEntry, CauseRule
from outage.diagnosis.suspect import Suspect
from outage.diagnosis.troubled_workloads import Troubled, troubled_workloads
from outage.diagnosis.weighing.doubts import Doubt
from outage.diagnosis.weighing.strength import Strength, Trust
from outage.errors import cut
from outage.kubernetes.field_differences import MISSING, FieldDifference, escape_pointer
from outage.kubernetes.object_times import changed_at
from outage.kubernetes.objects import ObjectRef, dig, labels_of, object_ref
from outage.kubernetes.quantity import parsed_quantity
from outage.snapshots.case_index import CaseIndex
from outage.value import Manifest

SPREAD = re.compile(r"([\w./-]+) max limit to request ratio per (Container|Pod) is ([^,\s]+)")
LIMITS = re.compile(r"(maximum|minimum) ([\w./-]+) usage per (Container|Pod) is ([^,\s]+)")
SIDES = {"maximum": "max", "minimum": "min"}
SECURITY = re.compile(r'violates PodSecurity "([^":]+)')
STILL_REFUSED = re.compile(
    r"host namespaces|hostPath|hostPort|hostProcess|non-default capabilities|procMount|sysctl|seLinuxOptions"
    r"|AppArmor|securityContext\.privileged",
    re.I,
)
"""Violations of `baseline`: pods with one of these are not let in by lowering the level to it."""
LEVEL = "pod-security.kubernetes.io/enforce"
ELSEWHERE = re.compile(r"calling webhook|admission webhook|serviceaccount \"|service account")
"""Refusals that other families read."""
LATELY = timedelta(hours=2)
"""A template that is older when its pods are first refused was let in before."""


def suspect_admission_refusals(index: CaseIndex, signs: Signs) -> Iterator[Suspect]:
    """One suspect per refusal that the API server names; Jobs have no template to go back to."""
    for one in troubled_workloads(index, signs):
        for finding in one.trouble("pods-refused"):
            yield from _refused(one, finding.quoted)
    for finding in signs.of("pods-refused"):
        job = index.get(finding.about) if finding.about.kind == "Job" else None
        quota = QUOTA.search(finding.quoted)
        if job is not None and quota:
            yield used_up(Troubled(index, signs, {"kind": "Job", **job}), quota.group(1), finding.quoted)


def _refused(one: Troubled, text: str) -> Iterator[Suspect]:
    if found := QUOTA.search(text):
        yield used_up(one, found.group(1), text)
    elif found := MUST_SPECIFY.search(text):
        yield unstated(one, found.group(1), found.group(2))
    elif LIMITS.search(text) or SPREAD.search(text):
        yield from _limit_range(one, text)
    elif found := SECURITY.search(text):
        yield _pod_security(one, text, found.group(1))
    elif not ELSEWHERE.search(text) and (changed_lately := _newer_template(one, text)) is not None:
        yield changed_lately


def _limit_range(one: Troubled, text: str) -> Iterator[Suspect]:
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


def _newer_template(one: Troubled, text: str) -> Suspect | None:
    """Some other rule refuses pods of a template that is new, while those of the older one were let in."""
    fix = one.fix(r"")
    at, onset = one.changed_at, one.onset
    if fix is None or at is None or onset is None or not timedelta(minutes=-2) < onset - at < LATELY:
        return None
    named = tuple(
        each for each in fix.chosen if isinstance(each.live, str) and each.live and each.live in text
    )
    fix = fix.model_copy(update={"chosen": named or fix.chosen})
    says = f"The API server refuses the pods of {one.about} since its template was changed: {cut(text, 160)}"
    found = one.suspect(Cause.BAD_TEMPLATE, says, fix, EXPECTED)
    return found.add(Strength.CONTRADICTED, "pods of the older template were let in")


def _pod_security(one: Troubled, text: str, level: str) -> Suspect:
    about = ObjectRef(kind="Namespace", name=one.about.namespace)
    says = f"{about} enforces a Pod Security level that refuses {one.about}: {cut(text, 120)}"
    found = refusing_blocker(one, Cause.POD_SECURITY, about, says, text)
    space = one.index.get(about)
    found.field, found.live = f"metadata.labels.{LEVEL}", level
    fix = one.fix(r"/securityContext(?:/|$)|/host|/volumes(?:/|$)")
    raised = changed_at(space) if space else None
    if fix is not None and one.changed_at and (raised is None or raised < one.changed_at):
        found.repair = one.repair(fix, EXPECTED)
        return found.add(fix.known.trust, f"{fix.known.source} has a template that passes")
    was = one.index.baseline.get(about) if one.index.baseline else None
    labelled = labels_of(space or {}).get(LEVEL) == level
    if labelled and was is not None and labels_of(was).get(LEVEL) != level:
        found.add(Trust.BASELINE, "the baseline has another level")
        _set_level(found, about, labels_of(was).get(LEVEL), Risk.MEDIUM)
    elif labelled and level == "restricted" and not STILL_REFUSED.search(text):
        _set_level(found, about, "baseline", Risk.HIGH)
    else:
        found.settle = "Which level the namespace is meant to have, and whether the pods can do with less."
    return found


def _set_level(found: Suspect, about: ObjectRef, wanted: str | None, risk: Risk) -> None:
    pointer = f"/metadata/labels/{escape_pointer(LEVEL)}"
    field = FieldDifference(pointer=pointer, live=found.live, wanted=wanted or MISSING)
    words = Words(f"Set the Pod Security level of {about} to {wanted or ABSENT}", EXPECTED)
    retarget(found, about, [field], words, risk=risk)


RULES = (
    CauseRule(
        suspect_admission_refusals,
        entries=(
            CauseEntry(
                Cause.QUOTA_EXCEEDED,
                shows="the API server refuses the pods: a quota is used up, or asks for what they do not state",
                evidence="events FailedCreate; status.hard and status.used",
                remedies=(Remedy.PUT_BACK, Remedy.TAKE_AWAY, Remedy.RAISE, Remedy.RETRIGGER, Remedy.PERSON),
                doubts=(Doubt.STUCK_ROLLOUT, Doubt.LONG_UNCHANGED),
            ),
            CauseEntry(
                Cause.LIMIT_RANGE,
                shows="the API server refuses the pods by the name of a limit",
                evidence="events FailedCreate; spec.limits against the template",
                remedies=(Remedy.PUT_BACK, Remedy.TAKE_AWAY, Remedy.RETRIGGER, Remedy.PERSON),
                doubts=(Doubt.TEMPLATE_CHANGED, Doubt.LONG_UNCHANGED),
            ),
            CauseEntry(
                Cause.POD_SECURITY,
                shows="the API server says that the pods violate the Pod Security level",
                evidence="events FailedCreate; labels of the namespace against the baseline",
                remedies=(Remedy.PUT_BACK, Remedy.RETARGET, Remedy.RETRIGGER, Remedy.PERSON),
                doubts=(Doubt.LONG_UNCHANGED,),
            ),
        ),
    ),
)
