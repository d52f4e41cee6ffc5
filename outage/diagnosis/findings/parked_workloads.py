"""Which workloads are meant to have no pods: parked by people, or by a tool that brings the pods back itself."""

import re

from outage.kubernetes.objects import ObjectRef, dig, object_ref
from outage.snapshots.case_index import CaseIndex
from outage.value import Manifest

IDLE_WORDS = re.compile(r"park|idle|hibernat|sleep|downscal|suspend|standby|knative|keda", re.I)
"""Marks by which people and tools say that a workload is meant to have no pods."""

IDLE_TOOLS = re.compile(r"(?:^|\.)(?:keda\.sh|knative\.dev)/")
"""Domains of tools that take the last pod away and bring it back."""


def parked_on_purpose(index: CaseIndex, workload: Manifest) -> bool:
    """Whether its own marks, or the autoscaler that decides how many pods it has, say that none are meant."""
    return _marked_idle(workload) or scales_to_zero(index, object_ref(workload))


def scales_to_zero(index: CaseIndex, workload: ObjectRef) -> bool:
    """Whether an autoscaler may leave it without pods; one that sleeps since somebody took them may not."""
    return any(
        dig(scaler, "spec.minReplicas", 1) == 0 or _marked_idle(scaler) or _of_keda(scaler)
        for scaler in autoscalers_of(index, workload)
    )


def autoscalers_of(index: CaseIndex, workload: ObjectRef) -> list[Manifest]:
    """The autoscalers that decide how many pods the workload has."""
    return [
        one
        for one in index.all("HorizontalPodAutoscaler")
        if dig(one, "metadata.namespace", "") == workload.namespace
        and dig(one, "spec.scaleTargetRef.kind") == workload.kind
        and dig(one, "spec.scaleTargetRef.name") == workload.name
    ]


def _marked_idle(manifest: Manifest) -> bool:
    marks = {**dig(manifest, "metadata.labels", {}), **dig(manifest, "metadata.annotations", {})}
    said = [key for key, value in marks.items() if str(value).lower() not in ("false", "no", "0")]
    of_tool = any(IDLE_TOOLS.search(key) for key in marks)
    return of_tool or any(IDLE_WORDS.search(key.rsplit("/", 1)[-1]) for key in said)


def _of_keda(scaler: Manifest) -> bool:
    """KEDA gives its autoscaler one pod at least, and takes the last one itself."""
    owners = {owner.get("kind") for owner in dig(scaler, "metadata.ownerReferences", [])}
    keeper = dig(scaler, "metadata.labels", {}).get("app.kubernetes.io/managed-by", "")
    return "ScaledObject" in owners or keeper == "keda-operator"
