"""Asking for a diagnosis with what the test has at hand."""

import outage.diagnosis
from outage.diagnosis.hypothesis import Diagnosis
from outage.incidents.severity import Severity
from outage.platforms.platform import Platform
from outage.snapshots.baseline import Baseline
from outage.snapshots.case import Case
from outage.snapshots.snapshot import Snapshot


def diagnose(
    snapshot: Snapshot,
    platform: Platform,
    baseline: Baseline | None = None,
    floor: Severity = Severity.NONE,
) -> Diagnosis:
    """What is wrong in a case of these parts."""
    return outage.diagnosis.diagnose(
        Case(snapshot=snapshot, platform=platform, baseline=baseline, floor=floor)
    )
