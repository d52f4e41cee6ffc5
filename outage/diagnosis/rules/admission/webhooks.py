"""Admission webhooks that keep pods out because they do not answer, or that change pods so that they fail."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from outage.diagnosis.cause import Cause
from outage.diagnosis.findings import Signs
from outage.diagnosis.findings.workload_signs import desired_replicas, ready_replicas
from outage.diagnosis.hypothesis import Risk
from outage.diagnosis.known_good.pod_alterations import harmful
from outage.diagnosis.known_good.troubled_workloads import Troubled, troubled_workloads
from outage.diagnosis.remedies.finished_repairs import Words, retarget, scale_to, take_away
from outage.diagnosis.remedies.remedy import Remedy
from outage.diagnosis.rules.admission.admission_denied_by import EXPECTED, refusing_blocker, settle_blocker
from outage.diagnosis.rules.rule import CauseEntry, CauseRule
from outage.diagnosis.suspect import SuspectDraft, names_of
from outage.diagnosis.weighing.doubts import Doubt
from outage.diagnosis.weighing.strength import Strength, Support, Trust
from outage.errors import cut
from outage.kubernetes.field_differences import FieldDifference
from outage.kubernetes.object_times import changed_at, created_at
from outage.kubernetes.objects import ObjectRef, dig, object_ref
from outage.snapshots.case_index import CaseIndex
from outage.value import Manifest

DENIED = re.compile(r'admission webhook "([^"]+)" denied the request')


class NamedHook(NamedTuple):
    """The webhook of a name, and where it stands."""

    kind: str
    """Of its configuration; a validating one is guessed where none is seen."""
    config: Manifest | None
    at: int
    """Which of the configuration's webhooks."""


def suspect_webhooks(index: CaseIndex, signs: Signs) -> Iterator[SuspectDraft]:
    """Webhooks whose hand is seen in failing pods."""
    for one in troubled_workloads(index, signs):
        yield from _altered(one)


def _altered(one: Troubled) -> Iterator[SuspectDraft]:
    """Failing pods are not what their template says: somebody changed them on their way in."""
    for pod in one.pods[:1]:
        fields = harmful(one, pod) if one.is_current(pod) else []
        if not fields:
            continue
        configs = [
            c for c in one.index.snapshot.kind("MutatingWebhookConfiguration") if _pods_of(c, one.about)
        ]
        for config in sorted(configs, key=lambda c: str(changed_at(c)), reverse=True):
            yield _alterer(one, config, fields, alone=len(configs) == 1)


def _pods_of(config: Manifest, about: ObjectRef) -> bool:
    """Whether some hook of the configuration is asked about pods that are made."""
    rules = [rule for hook in config.get("webhooks") or [] for rule in hook.get("rules") or []]
    return not rules or any({"pods", "*"} & set(rule.get("resources") or []) for rule in rules)


def _alterer(one: Troubled, config: Manifest, fields: list[str], alone: bool) -> SuspectDraft:
    about = object_ref(config, "MutatingWebhookConfiguration")
    says = f"{about} may be what changes the pods of {one.about}: {'; '.join(fields[:3])}"
    found = SuspectDraft(
        cause=Cause.WEBHOOK_MUTATES_PODS, about=about, says=says, explains=names_of(one.about)
    )
    found.evidence_for = fields[:5]
    found.add(Strength.CONTRADICTED, "the failing pods differ from their template").time(
        changed_at(config), one.onset
    )
    found.add(Support.DETAIL if alone else None, "no other webhook may change pods")
    born, base = created_at(config), created_at(one.workload)
    fresh = (
        one.index.baseline.get(about) is None if one.index.baseline else bool(born and base and born > base)
    )
    if fresh:
        found.add(Trust.BASELINE, "it was not there before")
        found.field, found.live, found.wanted = "webhooks", fields[0], "(absent)"
        take_away(found, Words(f"Delete {about}, which came with the trouble", EXPECTED), Risk.HIGH)
    found.settle = "A dry run of one pod's creation, with each webhook exempted in turn."
    return found


def refusing_webhook(one: Troubled, refused: re.Match[str], text: str) -> Iterator[SuspectDraft]:
    """The webhook that the API server names, and what is behind it."""
    name = refused.group(1)
    kind, config, at = _find_webhook(one.index, name)
    about = object_ref(config, kind) if config else ObjectRef(kind=kind, name=name)
    found = refusing_blocker(
        one, Cause.WEBHOOK_UNAVAILABLE, about, f"Webhook {name} keeps pods out: {cut(text, 160)}", text
    )
    if config is None:
        yield found
        return
    found.field, found.live = f"webhooks.{at}", name
    backend = _backend(one.index, config, at)
    if backend is not None and desired_replicas(backend) == 0:
        target = object_ref(backend)
        scale_to(found, target, 1, Words(f"Scale {target} to 1", EXPECTED), live=0)
        found.field, found.live, found.wanted = f"webhooks.{at}", name, None  # what refuses stays in sight
        found.add(Support.SYMPTOM, f"its backend {target} is scaled to zero")
    elif not settle_blocker(one, found, "/webhooks") and not DENIED.search(text):
        _ignore(found, config, at)
    found.settle = "Whether this webhook guards security: then repair its backend and leave it in force."
    yield found


def _find_webhook(index: CaseIndex, name: str) -> NamedHook:
    for kind in ("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"):
        for config in index.snapshot.kind(kind):
            for at, hook in enumerate(config.get("webhooks") or []):
                if hook.get("name") == name:
                    return NamedHook(kind, config, at)
    return NamedHook("ValidatingWebhookConfiguration", None, 0)


def _backend(index: CaseIndex, config: Manifest, at: int) -> Manifest | None:
    service = dig(config, f"webhooks.{at}.clientConfig.service", {})
    front = index.get(
        ObjectRef(kind="Service", name=service.get("name", "?"), namespace=service.get("namespace", ""))
    )
    behind = index.behind(front) if front else []
    return next((one for one in behind if ready_replicas(one) == 0), None)


def _ignore(found: SuspectDraft, config: Manifest, at: int) -> None:
    """An old webhook whose backend is gone: let pods pass while it is away; a person must agree."""
    field = FieldDifference(
        pointer=f"/webhooks/{at}/failurePolicy",
        live=dig(config, f"webhooks.{at}.failurePolicy", "Fail"),
        wanted="Ignore",
    )
    words = Words(f"Let pods pass while {found.about} does not answer", EXPECTED)
    retarget(found, found.about, [field], words, risk=Risk.HIGH)


RULES = (
    CauseRule(
        suspect_webhooks,
        entries=(
            CauseEntry(
                Cause.WEBHOOK_MUTATES_PODS,
                says="An admission webhook changes pods so that they fail.",
                shows="failing pods differ from their template in what no built-in admission sets",
                evidence="pods against their template; mutating webhooks that are asked about pods",
                remedies=(Remedy.TAKE_AWAY, Remedy.PERSON),
                doubts=(Doubt.LONG_UNCHANGED,),
            ),
        ),
    ),
)
