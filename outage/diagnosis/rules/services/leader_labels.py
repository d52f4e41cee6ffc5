"""Services that lead to whoever leads: their selector names a label that a program gives one pod at run time.

Where no pod has it, nobody leads, and the selector is right: without that key writes would reach followers.
"""

import re

from outage.diagnosis.findings.workload_signs import desired_replicas
from outage.kubernetes.objects import dig, labels_of, object_ref, selects_labels
from outage.snapshots.case_index import CaseIndex
from outage.value import Manifest

LEADS = re.compile(r"(^|[./-])(?:\w*role|leader|primary|master|active)$", re.I)
"""Keys by which those who elect a leader mark it: Patroni, CloudNativePG, Vault, Redis and MySQL operators."""


def without_leader(index: CaseIndex, service: Manifest) -> tuple[Manifest, ...]:
    """The workloads of which one pod should have the label that a Service waits for, and none has.

    Args:
        index: The case.
        service: A Service that selects no pod.

    Returns:
        Those whose templates have all of its selector but for one key, which programs give; else nothing.
    """
    selector: dict[str, str] = dig(service, "spec.selector", {})
    found = []
    for workload in index.workloads:
        template = dig(workload, "spec.template.metadata.labels", {})
        absent = [key for key in selector if key not in template]
        rest = {key: value for key, value in selector.items() if key not in absent}
        near = object_ref(workload).namespace == object_ref(service, "Service").namespace
        if (
            near
            and len(absent) == 1
            and rest
            and selects_labels(rest, template)
            and desired_replicas(workload)
        ) and _given(index, workload, absent[0]):
            found.append(workload)
    return tuple(found)


def _given(index: CaseIndex, workload: Manifest, key: str) -> bool:
    """Whether pods get a label of this key that their template does not have, or stores are known to give it."""
    pods = index.pods_of(object_ref(workload))
    given = any(key in labels_of(pod) for pod in pods)
    return given or (workload["kind"] == "StatefulSet" and LEADS.search(key) is not None)
