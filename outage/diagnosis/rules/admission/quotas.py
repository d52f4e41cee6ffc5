"""Quotas that refuse pods: one that is used up, and one that asks for what the pods do not state."""

import re
from collections.abc import Iterator

from outage.diagnosis.cause import Cause
from outage.diagnosis.findings.facts import Sign
from outage.diagnosis.known_good.troubled_workloads import Troubled
from outage.diagnosis.remedies.finished_repairs import Words, draw_anew, retarget
from outage.diagnosis.rules.admission.admission_denied_by import (
    EXPECTED,
    came_with_the_trouble,
    refusing_blocker,
    settle_blocker,
)
from outage.diagnosis.suspect import SuspectDraft
from outage.diagnosis.weighing.doubts import Doubt
from outage.errors import cut
from outage.kubernetes.field_differences import FieldDifference, escape_pointer
from outage.kubernetes.objects import ObjectRef
from outage.kubernetes.quantity import parsed_quantity
from outage.value import Manifest

QUOTA = re.compile(r"exceeded quota: ([^,\s]+), requested: (.+?), used: (.+?), limited: (.+?)(?:$|\s\()")
MUST_SPECIFY = re.compile(r"failed quota: ([^:\s]+): must specify (.+)")
STATED = re.compile(r"(?:^|[;,]\s*)([\w./-]+)(?= for:|[,;]|$)")
DEFAULTS = {"cpu": ("50m", "500m"), "memory": ("64Mi", "512Mi")}
"""Default request and default limit of a container where nobody states one; modest, and a person agrees to them."""


def used_up(one: Troubled, refused: re.Match[str], text: str) -> Iterator[SuspectDraft]:
    """A quota that has no room for the pods."""
    about = ObjectRef(kind="ResourceQuota", name=refused.group(1), namespace=one.about.namespace)
    found = refusing_blocker(
        one, Cause.QUOTA_EXCEEDED, about, f"{about} refuses the pods of {one.about}", text
    )
    if one.trouble(Sign.ROLLOUT_STUCK) and one.trouble(Sign.POD_CRASH_LOOP, Sign.POD_IMAGE_PULL):
        found.add(Doubt.STUCK_ROLLOUT)
    if not settle_blocker(one, found, "/spec/hard"):
        _raise(one, found, text)
    found.settle = "Whether the quota is meant as it is."
    yield found


def _raise(one: Troubled, found: SuspectDraft, text: str) -> None:
    """An old quota: raise it to what is used and one pod more; a person should agree."""
    match = QUOTA.search(text)
    if match is None:
        return
    asked, used, hard = (_pairs(match.group(at)) for at in (2, 3, 4))
    fields = []
    for key, value in asked.items():
        total = (parsed_quantity(value) or 0) + (parsed_quantity(used.get(key, "0")) or 0)
        pointer = f"/spec/hard/{escape_pointer(key)}"
        live, wanted = hard.get(key, "?"), _as_quantity(total, key)
        fields.append(FieldDifference(pointer=pointer, live=live, wanted=wanted))
    if fields:
        retarget(found, found.about, fields, Words(f"Raise {found.about} by one pod", EXPECTED))


def _pairs(text: str) -> dict[str, str]:
    return dict(pair.split("=", 1) for pair in text.split(",") if "=" in pair)


def _as_quantity(number: float, key: str) -> str:
    if "memory" in key or "storage" in key:
        return f"{int(number / 2**20) + 1}Mi"
    return str(int(number)) if number == int(number) else f"{int(number * 1000)}m"


def unstated(one: Troubled, refused: re.Match[str], _: str) -> Iterator[SuspectDraft]:
    """A quota that counts what the pods do not state."""
    name, what = refused.groups()
    about = ObjectRef(kind="ResourceQuota", name=name, namespace=one.about.namespace)
    says = f"{about} asks that every pod states {cut(what, 80)}, and those of {one.about} do not"
    found = refusing_blocker(one, Cause.QUOTA_EXCEEDED, about, says, what)
    fix = one.fix(r"/resources(?:/|$)")
    if fix is not None and not came_with_the_trouble(one, about):
        found.repair = one.repair(fix, EXPECTED)
        found.add(fix.known.trust, f"{fix.known.source} states it")
    elif not settle_blocker(one, found, "/spec"):
        _give_defaults(one, found, what)
    yield found


def _defaults(keys: list[str]) -> Manifest:
    """The entry of a LimitRange that fills in what the quota asks for."""
    kinds = dict.fromkeys(key.rpartition(".")[2] for key in keys)
    capped = [key.rpartition(".")[2] for key in keys if key.startswith("limits.")]
    limit: Manifest = {"type": "Container", "defaultRequest": {kind: DEFAULTS[kind][0] for kind in kinds}}
    if capped:
        limit["default"] = {kind: DEFAULTS[kind][1] for kind in capped}
    return limit


def _give_defaults(one: Troubled, found: SuspectDraft, what: str) -> None:
    """The quota stays and the template too: a LimitRange fills in what they do not agree about."""
    keys = [key for key in dict.fromkeys(STATED.findall(what)) if key.rpartition(".")[2] in DEFAULTS]
    found.settle = "Whether the quota is meant to ask for this; which sizes the pods need."
    if not keys:
        return
    target = ObjectRef(kind="LimitRange", name="defaults-for-quota", namespace=one.about.namespace)
    meta = {"name": target.name, "namespace": target.namespace}
    manifest = {"metadata": meta, "spec": {"limits": [_defaults(keys)]}}
    why = f"{found.about} asks for {', '.join(keys)}, which the template does not state"
    found.field, found.live, found.wanted = f"spec.hard.{keys[0]}", "(asked for)", "a default by LimitRange"
    draw_anew(found, target, manifest, why, EXPECTED, f"with defaults for {', '.join(keys)}")
