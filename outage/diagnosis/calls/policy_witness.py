"""What NetworkPolicies tell of who calls whom: whom somebody meant to admit, by labels within the namespace.

They are asked as witnesses here, not as judges: whether a call gets through is `network_admission`'s question.
"""

from collections.abc import Iterator

from outage.kubernetes.objects import ObjectRef, dig, labels_of, object_ref
from outage.kubernetes.selectors import Answer, labels_match
from outage.snapshots.case_index import CaseIndex
from outage.value import Manifest


def admitted_callers(index: CaseIndex, callee: Manifest) -> Iterator[tuple[str, ObjectRef]]:
    """Each workload that a policy admits to this one by its labels, with the policy's name."""
    for policy, selector in _sources(index, callee):
        for caller in index.workloads if selector else []:
            near = object_ref(caller).namespace == object_ref(callee).namespace
            if near and object_ref(caller) != object_ref(callee) and labels_match(selector, _labels(caller)):
                yield policy, object_ref(caller)


def meant_to_call(index: CaseIndex, caller: Manifest, callee: Manifest) -> Answer:
    """Whether a policy admits the caller by its labels; None when no policy admits anybody in particular."""
    sources = [selector for _, selector in _sources(index, callee)]
    return any(labels_match(one, _labels(caller)) for one in sources) if sources else None


def _sources(index: CaseIndex, callee: Manifest) -> Iterator[tuple[str, Manifest]]:
    """Each policy that guards a workload's ingress, with a pod selector that it admits; an empty one admits all."""
    home = object_ref(callee).namespace
    for policy in index.snapshot.kind("NetworkPolicy", home):
        if "Ingress" not in dig(policy, "spec.policyTypes", ["Ingress"]):
            continue
        if not labels_match(dig(policy, "spec.podSelector", {}), _labels(callee)):
            continue
        for rule in dig(policy, "spec.ingress", []):
            peers = rule.get("from")
            if not peers:
                yield policy["metadata"]["name"], {}
            for peer in peers or []:
                if "namespaceSelector" not in peer and "podSelector" in peer:
                    yield policy["metadata"]["name"], peer["podSelector"] or {}


def _labels(workload: Manifest) -> dict[str, str]:
    return labels_of(dig(workload, "spec.template", {}))
