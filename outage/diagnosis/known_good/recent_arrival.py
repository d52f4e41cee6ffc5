"""What came shortly before the first failure, and of which nobody knows that it belongs there."""

from datetime import datetime

from outage.diagnosis.thresholds import ARRIVED_BEFORE, SEEN_LATE
from outage.kubernetes.object_times import created_at
from outage.kubernetes.objects import labels_of, object_ref
from outage.snapshots.case_index import CaseIndex
from outage.value import Manifest

RELEASED = ("app.kubernetes.io/managed-by", "helm.sh/chart")
"""Labels of what a release brought."""


def is_newcomer(index: CaseIndex, one: Manifest, onset: datetime) -> bool:
    """Whether it was made around the first failure, by no release, and the baseline (if any) has it not."""
    born = created_at(one)
    if born is None or not -SEEN_LATE <= onset - born <= ARRIVED_BEFORE:
        return False
    known = index.baseline is not None and index.baseline.get(object_ref(one)) is not None
    return not known and not any(key in labels_of(one) for key in RELEASED)
