"""Pods that the API server refuses before they exist: quotas, limit ranges, Pod Security."""

import re
from collections.abc import Iterator

from outage.causes import Cause
from outage.diagnosis.families.quotas import MUST_SPECIFY, QUOTA, unstated, used_up
from outage.diagnosis.families.refusing import EXPECTED, blocker, settle_blocker
from outage.diagnosis.moments import changed
from outage.diagnosis.signs import Signs
from outage.diagnosis.suspect import BASELINE, Suspect
from outage.diagnosis.templates import Troubled, troubled
from outage.diagnosis.world import World
from outage.differences import escape
from outage.errors import cut
from outage.hypothesis import Action, Change, Repair, Risk
from outage.objects import ObjectRef, labels, ref

LIMITS = re.compile(r"(?:maximum|minimum) (\w+) usage per (Container|Pod) is ([^,\s]+)")
SECURITY = re.compile(r'violates PodSecurity "([^"]+)"')
LEVELS = ("privileged", "baseline", "restricted")


def suspects(world: World, signs: Signs) -> Iterator[Suspect]:
    """One suspect per refusal that the API server names."""
    for one in troubled(world, signs):
        for finding in one.trouble("pods-refused"):
            yield from _refused(one, finding.says)


def _refused(one: Troubled, text: str) -> Iterator[Suspect]:
    if found := QUOTA.search(text):
        yield used_up(one, found.group(1), text)
    elif found := MUST_SPECIFY.search(text):
        yield unstated(one, found.group(1), found.group(2))
    elif LIMITS.search(text):
        yield from _limit_range(one, text)
    elif found := SECURITY.search(text):
        yield _pod_security(one, text)


def _limit_range(one: Troubled, text: str) -> Iterator[Suspect]:
    fix = one.fix(r"/resources(?:/|$)")
    for limits in one.world.all("LimitRange"):
        about = ref(limits, "LimitRange")
        if about.namespace != one.about.namespace:
            continue
        says = f"{about} refuses the pods of {one.about}: {cut(text, 160)}"
        found = blocker(one, Cause.LIMIT_RANGE, about, says, text)
        if not settle_blocker(one, found, "/spec") and fix is not None:
            found.add(-0.2, "it is as it was; the template's resources were changed")
            found.repair = one.repair(fix, EXPECTED)
        found.settle = "Whether the limit range is meant as it is."
        yield found


def _pod_security(one: Troubled, text: str) -> Suspect:
    about = ObjectRef(kind="Namespace", name=one.about.namespace)
    says = f"{about} enforces a Pod Security level that refuses {one.about}: {cut(text, 120)}"
    found = blocker(one, Cause.POD_SECURITY, about, says, text)
    key = "pod-security.kubernetes.io/enforce"
    live = labels(one.world.get(about) or {}).get(key, "restricted")
    pointer = f"/metadata/labels/{escape(key)}"
    found.field, found.live = f"metadata.labels.{key}", live
    fix = one.fix(r"/securityContext(?:/|$)|/host|/volumes(?:/|$)")
    if (
        fix is not None
        and one.changed_at
        and (changed(one.world.get(about) or {}) or one.changed_at) < one.changed_at
    ):
        found.repair = one.repair(fix, EXPECTED)
        found.add(fix.known.points, f"{fix.known.source} has a template that passes")
        return found
    was = one.world.baseline.get(about) if one.world.baseline else None
    wanted = (
        labels(was).get(key)
        if was
        else LEVELS[max(0, LEVELS.index(live) - 1)]
        if live in LEVELS
        else "baseline"
    )
    found.wanted = wanted or "(absent)"
    op = {"op": "replace", "path": pointer, "value": wanted} if wanted else {"op": "remove", "path": pointer}
    change = Change(
        action=Action.PATCH,
        target=about,
        patch=(op,),
        why="the level was raised above what the platform's pods need",
        expected=EXPECTED,
        risk=Risk.MEDIUM if was else Risk.HIGH,
    )
    found.add(BASELINE if was else 0, "the baseline has another level")
    found.repair = Repair(
        summary=f"Set the Pod Security level of {about} to {found.wanted}", changes=(change,)
    )
    return found
