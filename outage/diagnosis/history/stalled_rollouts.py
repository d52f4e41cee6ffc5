"""Rollouts that stand still while the old pods serve: nobody is hurt yet, and the next lost pod will hurt.

Promise: told long before the progress deadline, and never of a rollout whose new pods are only starting.
"""

from outage.diagnosis.findings.sign_reading import Signs
from outage.diagnosis.findings.workload_signs import desired_replicas, ready_replicas
from outage.diagnosis.thresholds import STALLED_FOR
from outage.kubernetes.objects import ObjectRef, dig, object_ref, owner_ref
from outage.kubernetes.readiness import is_ready
from outage.snapshots.case_index import CaseIndex
from outage.value import Manifest


def rollout_stands_still(index: CaseIndex, signs: Signs, workload: Manifest) -> bool:
    """Whether all that it should have serves, of an older revision, and each of its newest pods fails."""
    about = object_ref(workload)
    wanted = desired_replicas(workload)
    if workload.get("kind") != "Deployment" or not wanted or ready_replicas(workload) < wanted:
        return False
    sets = [one for one in index.replica_sets(about) if dig(one, "spec.replicas", 0)]
    if len(sets) < 2:
        return False
    newest = object_ref(sets[0], "ReplicaSet")
    young = [pod for pod in index.pods_of(about) if owner_ref(pod) == newest]
    return bool(young) and all(
        not is_ready(pod) and _fails(index, signs, object_ref(pod, "Pod")) for pod in young
    )


def _fails(index: CaseIndex, signs: Signs, pod: ObjectRef) -> bool:
    found = [one for one in signs.about(pod) if one in signs.failing]
    return any(one.since is None or index.now - one.since >= STALLED_FOR for one in found)
