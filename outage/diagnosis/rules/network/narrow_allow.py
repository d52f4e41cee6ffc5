"""The least edit of a network policy that lets through what it cuts: all else that it keeps out stays out.

A policy that was there before, or that rules a whole namespace, protects others than those who complain: it is never
taken away for their sake. What cannot be let through by one more port, or by a way to the cluster DNS, is a person's.
"""

from copy import deepcopy

from outage.diagnosis.calls.called_ports import CalledPort, called_ports, ports_admit
from outage.diagnosis.calls.dns_admission import PLACE
from outage.diagnosis.calls.network_admission import DNS, named_by_rule, policy_applies
from outage.diagnosis.thresholds import BEING_MADE
from outage.kubernetes.field_differences import MISSING, FieldDifference
from outage.kubernetes.object_times import created_at, respecified_at
from outage.kubernetes.objects import ObjectRef, dig, object_ref
from outage.snapshots.case_index import CaseIndex
from outage.value import Manifest

Cut = list[tuple[ObjectRef, ObjectRef]]
"""Calls that get nowhere, as caller and target; of names, the target is the cluster DNS."""
TO_DNS: Manifest = {
    "to": [
        {
            "namespaceSelector": {"matchLabels": {PLACE: DNS.namespace}},
            "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}},
        }
    ],
    "ports": [{"protocol": "UDP", "port": 53}, {"protocol": "TCP", "port": 53}],
}


def protects_others(index: CaseIndex, policy: Manifest, cut: Cut) -> bool:
    """Whether a policy keeps more out than the calls it cuts: it was there before, or it rules a whole namespace.

    Args:
        index: The case.
        policy: The policy.
        cut: The known calls that it cuts.
    """
    born, edited = created_at(policy), respecified_at(policy)
    if born is None or edited is None or edited - born > BEING_MADE:
        return True
    if not dig(policy, "spec.podSelector"):
        return True
    ends = {str(one) for pair in cut for one in pair}
    ruled = [
        one
        for one in index.workloads
        if policy_applies(policy, one, "Ingress") or policy_applies(policy, one, "Egress")
    ]
    return any(str(object_ref(one)) not in ends for one in ruled)


def least_edit(index: CaseIndex, policy: Manifest, cut: Cut) -> tuple[FieldDifference, ...]:
    """The fields of a policy with which it would let all of these calls through, and as little else as can be.

    Args:
        index: The case.
        policy: The policy that cuts them.
        cut: The calls, all of which it rules.

    Returns:
        Whole lists of rules; nothing when one of the calls would need a rule that nobody wrote.
    """
    rules = {
        "Egress": deepcopy(dig(policy, "spec.egress", [])),
        "Ingress": deepcopy(dig(policy, "spec.ingress", [])),
    }
    for caller, target in cut:
        if not _let_through(index, policy, rules, caller, target):
            return ()
    fields = {"Egress": "egress", "Ingress": "ingress"}
    return tuple(
        FieldDifference(
            pointer=f"/spec/{fields[direction]}",
            live=dig(policy, f"spec.{fields[direction]}", MISSING),
            wanted=wanted,
        )
        for direction, wanted in rules.items()
        if wanted != dig(policy, f"spec.{fields[direction]}", [])
    )


def _let_through(
    index: CaseIndex, policy: Manifest, rules: dict[str, list[Manifest]], caller: ObjectRef, target: ObjectRef
) -> bool:
    if target == DNS:
        if TO_DNS not in rules["Egress"]:
            rules["Egress"].append(TO_DNS)
        return True
    ends = {str(object_ref(one)): one for one in index.workloads}
    calling, called = ends.get(str(caller)), ends.get(str(target))
    if calling is None or called is None:
        return False
    doors = called_ports(index, calling, called)
    sides = [
        (direction, subject, other)
        for direction, subject, other in (("Egress", calling, called), ("Ingress", called, calling))
        if policy_applies(policy, subject, direction)
    ]
    return all(_open(index, rules[side], side, subject, other, doors) for side, subject, other in sides)


def _open(
    index: CaseIndex,
    rules: list[Manifest],
    direction: str,
    subject: Manifest,
    other: Manifest,
    doors: list[CalledPort],
) -> bool:
    """Add the called port to the rule that names the other end already; a rule that names nobody is no such rule."""
    named = [one for one in rules if named_by_rule(index, one, direction, subject, other) is True]
    if any(ports_admit(one.get("ports"), doors) is True for one in named):
        return True
    numbers = {door.number for door in doors}
    number = next(iter(numbers)) if len(numbers) == 1 else None
    if len(named) != 1 or number is None or len(doors[0].protocols) != 1:
        return False
    named[0]["ports"] = [*named[0]["ports"], {"protocol": min(doors[0].protocols), "port": number}]
    return True
