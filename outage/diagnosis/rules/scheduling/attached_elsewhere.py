"""Pods that wait for a volume which another pod of their own Deployment still holds on another node."""

import re
from collections.abc import Iterator

from outage.diagnosis.cause import Cause
from outage.diagnosis.findings import Signs
from outage.diagnosis.findings.facts import Sign
from outage.diagnosis.known_good.troubled_workloads import Troubled, troubled_workloads
from outage.diagnosis.rules.rule import CauseRule
from outage.diagnosis.suspect import SuspectDraft, names_of
from outage.diagnosis.weighing.strength import Strength, Support
from outage.kubernetes.events import event_message
from outage.kubernetes.objects import ObjectRef, dig, object_ref
from outage.kubernetes.readiness import is_ready
from outage.snapshots.case_index import CaseIndex
from outage.value import Manifest

HELD = re.compile(
    r"Multi-Attach error|already (?:used by pod|exclusively attached|attached to (?:another )?node)", re.I
)


def suspect_attached_elsewhere(index: CaseIndex, signs: Signs) -> Iterator[SuspectDraft]:
    """Deployments that start a new pod before the old one lets go of the volume that only one node can have."""
    for one in troubled_workloads(index, signs):
        if one.about.kind != "Deployment" or not one.trouble(Sign.POD_VOLUME):
            continue
        for pod in one.pods:
            said = next((text for text in _warned(index, pod) if HELD.search(text)), "")
            held = _holder(index, one, pod) if said else None
            if held is not None:
                yield _suspect(one, pod, held, said)
                break


def _warned(index: CaseIndex, pod: Manifest) -> list[str]:
    return [event_message(event) for event in index.warnings(object_ref(pod, "Pod"))]


def _claims(pod: Manifest) -> set[str]:
    volumes = dig(pod, "spec.volumes", [])
    return {name for one in volumes if (name := dig(one, "persistentVolumeClaim.claimName"))}


def _holder(index: CaseIndex, one: Troubled, waiting: Manifest) -> Manifest | None:
    """A pod of the same Deployment that serves with one of the claims, on another node."""
    return next(
        (
            pod
            for pod in index.pods_of(one.about)
            if pod is not waiting
            and is_ready(pod)
            and _claims(pod) & _claims(waiting)
            and dig(pod, "spec.nodeName") != dig(waiting, "spec.nodeName")
        ),
        None,
    )


def _suspect(one: Troubled, pod: Manifest, held: Manifest, said: str) -> SuspectDraft:
    claim = ObjectRef(
        kind="PersistentVolumeClaim", name=min(_claims(pod) & _claims(held)), namespace=one.about.namespace
    )
    holder = object_ref(held, "Pod")
    says = (
        f"{one.about} starts a new pod before the old one ends, and only one node can have {claim}: {holder} on "
        f"{dig(held, 'spec.nodeName')} still holds it"
    )
    found = SuspectDraft(
        cause=Cause.ROLLOUT_STRATEGY,
        about=one.about,
        says=says,
        explains=names_of(one.about, claim, object_ref(pod, "Pod")),
    )
    found.add(Strength.STATED, "the volume is attached to the node of the older pod, which serves")
    found.add(Support.FAILING_PODS, "the new pod waits for it")
    found.evidence_for = [said]
    found.field, found.live = "spec.strategy.type", dig(one.workload, "spec.strategy.type", "RollingUpdate")
    found.wanted = "Recreate"
    found.onset = one.onset
    found.settle = (
        f"Whether {one.about.name} may be down while it changes over: then spec.strategy.type is Recreate. {holder} "
        "serves meanwhile: nobody ends it before that is said, and never by force while its volume is mounted."
    )
    return found


RULES = (
    CauseRule(
        suspect_attached_elsewhere,
    ),
)
