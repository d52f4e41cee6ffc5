"""Pods that the API server refuses before they exist: quotas, limit ranges, Pod Security."""

import re
from collections.abc import Iterator
from datetime import timedelta

from outage.causes import Cause
from outage.diagnosis.families.resources import quantity
from outage.diagnosis.known import known_objects
from outage.diagnosis.moments import changed, created
from outage.diagnosis.signs import Signs
from outage.diagnosis.suspect import BASELINE, PROOF, Suspect, names, one_change
from outage.diagnosis.templates import Troubled, troubled
from outage.diagnosis.world import World
from outage.differences import differences, escape, patch_for, shown
from outage.errors import cut
from outage.hypothesis import Action, Change, Repair, Risk
from outage.objects import ObjectRef, dig, labels, ref
from outage.value import Manifest

QUOTA = re.compile(r"exceeded quota: ([^,\s]+), requested: (.+?), used: (.+?), limited: (.+?)(?:$|\s\()")
MUST_SPECIFY = re.compile(r"failed quota: ([^:\s]+): must specify (.+)")
STATED = re.compile(r"(?:^|[;,]\s*)([\w./-]+)(?= for:|[,;]|$)")
DEFAULTS = {"cpu": ("50m", "500m"), "memory": ("64Mi", "512Mi")}
"""Default request and default limit of a container where nobody states one; modest, and a person agrees to them."""
LIMITS = re.compile(r"(?:maximum|minimum) (\w+) usage per (Container|Pod) is ([^,\s]+)")
SECURITY = re.compile(r'violates PodSecurity "([^"]+)"')
LEVELS = ("privileged", "baseline", "restricted")
EXPECTED = "The missing pods are made and become ready."


def suspects(world: World, signs: Signs) -> Iterator[Suspect]:
    """One suspect per refusal that the API server names."""
    for one in troubled(world, signs):
        for finding in one.trouble("pods-refused"):
            yield from _refused(one, finding.says)


def _refused(one: Troubled, text: str) -> Iterator[Suspect]:
    if found := QUOTA.search(text):
        yield _quota(one, found.group(1), text)
    elif found := MUST_SPECIFY.search(text):
        yield _must_specify(one, found.group(1), found.group(2))
    elif LIMITS.search(text):
        yield from _limit_range(one, text)
    elif found := SECURITY.search(text):
        yield _pod_security(one, text)


def blocker(one: Troubled, cause: Cause, about: ObjectRef, says: str, text: str) -> Suspect:
    """A suspect that the API server itself names."""
    found = Suspect(cause=cause, about=about, says=says, explains=names(one.about, about))
    found.evidence_for = [cut(text)]
    found.add(PROOF, "the API server refuses the pods with its name")
    live = one.world.get(about)
    return found.time(changed(live), one.onset, certain=_differs(one, about)) if live else found


def _differs(one: Troubled, about: ObjectRef) -> bool:
    """Whether a known good form of the blocker contradicts the live one."""
    live = one.world.get(about) or {}
    return any(
        differences(live.get("spec"), known.manifest.get("spec"))
        for known in known_objects(one.world, about, one.onset)
    )


def _fresh(one: Troubled, about: ObjectRef) -> bool:
    """Whether the blocker came with the trouble: not in the baseline, or younger than the platform."""
    if one.world.baseline is not None:
        return one.world.baseline.get(about) is None
    live = one.world.get(about)
    born, base = created(live or {}), created(one.workload)
    return bool(born and base and born - base > timedelta(minutes=2))


def settle_blocker(one: Troubled, found: Suspect, known_path: str) -> bool:
    """Put a changed blocker back, or delete one that came with the trouble."""
    live = one.world.get(found.about)
    for known in known_objects(one.world, found.about, one.onset):
        fields = tuple(d for d in differences(live, known.manifest) if d.pointer.startswith(known_path))
        if fields and live is not None:
            found.field, found.live, found.wanted = (
                fields[0].field,
                shown(fields[0].live),
                shown(fields[0].wanted),
            )
            words = f"Put {found.about} back to {known.source}"
            found.repair = one_change(
                Action.PATCH, found.about, patch_for(fields), words, EXPECTED, Risk.MEDIUM
            )
            found.add(known.points, f"{known.source} has {fields[0].field} = {shown(fields[0].wanted)}")
            return True
    if live is not None and _fresh(one, found.about):
        found.field = found.field or known_path.strip("/").replace("/", ".")
        found.live, found.wanted = found.live or shown(dig(live, found.field)), "(absent)"
        words = f"Delete {found.about}, which came with the trouble"
        found.repair = one_change(Action.DELETE, found.about, (), words, EXPECTED, Risk.MEDIUM)
        found.add(BASELINE, "it was not there before")
        return True
    return False


def _quota(one: Troubled, name: str, text: str) -> Suspect:
    about = ObjectRef(kind="ResourceQuota", name=name, namespace=one.about.namespace)
    found = blocker(one, Cause.QUOTA_EXCEEDED, about, f"{about} refuses the pods of {one.about}", text)
    if one.trouble("rollout-stuck") and one.trouble("pod-crash-loop", "pod-image-pull"):
        found.add(-0.25, "a stuck rollout holds the pods that the quota counts")
    if not settle_blocker(one, found, "/spec/hard"):
        _raise(one, found, text)
    found.settle = "Whether the quota is meant as it is."
    return found


def _raise(one: Troubled, found: Suspect, text: str) -> None:
    """An old quota: raise it to what is used and one pod more; a person should agree."""
    match = QUOTA.search(text)
    if match is None:
        return
    asked, used = _pairs(match.group(2)), _pairs(match.group(3))
    patch = []
    for key, value in asked.items():
        total = (quantity(value) or 0) + (quantity(used.get(key, "0")) or 0)
        wanted = _as_quantity(total, key)
        patch.append({"op": "replace", "path": f"/spec/hard/{escape(key)}", "value": wanted})
        found.field, found.live, found.wanted = f"spec.hard.{key}", _pairs(match.group(4)).get(key), wanted
    words = f"Raise {found.about} by one pod"
    found.repair = one_change(Action.PATCH, found.about, patch, words, EXPECTED, Risk.MEDIUM)


def _pairs(text: str) -> dict[str, str]:
    return dict(pair.split("=", 1) for pair in text.split(",") if "=" in pair)


def _as_quantity(number: float, key: str) -> str:
    if "memory" in key or "storage" in key:
        return f"{int(number / 2**20) + 1}Mi"
    return str(int(number)) if number == int(number) else f"{int(number * 1000)}m"


def _must_specify(one: Troubled, name: str, what: str) -> Suspect:
    about = ObjectRef(kind="ResourceQuota", name=name, namespace=one.about.namespace)
    says = f"{about} asks that every pod states {cut(what, 80)}, and those of {one.about} do not"
    found = blocker(one, Cause.QUOTA_EXCEEDED, about, says, what)
    fix = one.fix(r"/resources(?:/|$)")
    if fix is not None and not _fresh(one, about):
        found.repair = one.repair(fix, EXPECTED)
        found.add(fix.known.points, f"{fix.known.source} states it")
    elif not settle_blocker(one, found, "/spec"):
        _give_defaults(one, found, what)
    return found


def _defaults(keys: list[str]) -> Manifest:
    """The entry of a LimitRange that fills in what the quota asks for."""
    kinds = dict.fromkeys(key.rpartition(".")[2] for key in keys)
    capped = [key.rpartition(".")[2] for key in keys if key.startswith("limits.")]
    limit: Manifest = {"type": "Container", "defaultRequest": {kind: DEFAULTS[kind][0] for kind in kinds}}
    if capped:
        limit["default"] = {kind: DEFAULTS[kind][1] for kind in capped}
    return limit


def _give_defaults(one: Troubled, found: Suspect, what: str) -> None:
    """The quota stays and the template too: a LimitRange fills in what they do not agree about."""
    keys = [key for key in dict.fromkeys(STATED.findall(what)) if key.rpartition(".")[2] in DEFAULTS]
    found.settle = "Whether the quota is meant to ask for this; which sizes the pods need."
    if not keys:
        return
    target = ObjectRef(kind="LimitRange", name="defaults-for-quota", namespace=one.about.namespace)
    meta = {"name": target.name, "namespace": target.namespace}
    manifest = {
        "apiVersion": "v1",
        "kind": "LimitRange",
        "metadata": meta,
        "spec": {"limits": [_defaults(keys)]},
    }
    why = f"{found.about} asks for {', '.join(keys)}, which the template does not state"
    change = Change(
        action=Action.CREATE,
        target=target,
        manifest=manifest,
        why=why,
        expected=EXPECTED,
        risk=Risk.MEDIUM,
    )
    found.field, found.live, found.wanted = f"spec.hard.{keys[0]}", "(asked for)", "a default by LimitRange"
    found.repair = Repair(summary=f"Create {target} with defaults for {', '.join(keys)}", changes=(change,))


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
