"""All signs of one picture, and which of them hurt.

A sign is *failing* when somebody is hurt by it now, and *soft* when it only hints. Healthy states, parked
workloads, rollouts that are going on and finished Jobs give no failing sign.
"""

from collections.abc import Iterable
from functools import cached_property

from outage.diagnosis.edges import pod_complaints
from outage.diagnosis.findings import (
    database_signs,
    node_signs,
    pod_signs,
    service_signs,
    user_signs,
    workload_signs,
)
from outage.diagnosis.findings.facts import Sign
from outage.diagnosis.findings.finding import Finding
from outage.diagnosis.history import earlier_measurements
from outage.kubernetes.objects import ObjectRef
from outage.snapshots.case_index import CaseIndex

SOFT = frozenset(
    {
        Sign.LOG_ERRORS,
        Sign.ALERT_FIRING,
        Sign.NODE_PRESSURE,
        Sign.POD_RESTARTED,
        Sign.JOB_FAILED,
        Sign.CERTIFICATE_EXPIRES_SOON,
        Sign.AUTOSCALER_BLIND,
        Sign.POD_FAILED,
        Sign.POD_STANDBY,
        Sign.CLAIM_PENDING,
        Sign.LATENCY_HIGH,
        Sign.SATURATED,
    }
)
"""Signs that hint but hurt nobody by themselves."""


class Signs:
    """All findings of one picture, by what they are about."""

    def __init__(self, index: CaseIndex, findings: Iterable[Finding]) -> None:
        """Keep the findings in the order they were read."""
        self.index = index
        self.all = tuple(findings)

    @cached_property
    def failing(self) -> tuple[Finding, ...]:
        """The findings that hurt."""
        return tuple(one for one in self.all if self.hurts(one))

    def hurts(self, finding: Finding) -> bool:
        """Whether a finding is one of those that hurt."""
        return finding.sign not in SOFT

    def about(self, ref: ObjectRef, *signs: Sign) -> list[Finding]:
        """Findings about one object, of these signs (or any)."""
        return [one for one in self._by_about.get(str(ref), []) if not signs or one.sign in signs]

    @cached_property
    def _by_about(self) -> dict[str, list[Finding]]:
        found: dict[str, list[Finding]] = {}
        for one in self.all:
            found.setdefault(str(one.about), []).append(one)
        return found

    def of(self, *signs: Sign) -> list[Finding]:
        """Findings of these signs."""
        return [one for one in self.all if one.sign in signs]


def read_signs(index: CaseIndex) -> Signs:
    """Read every sign from the picture."""
    readers = (
        workload_signs.workload_signs,
        pod_signs.pod_signs,
        service_signs.service_signs,
        user_signs.user_signs,
        node_signs.node_signs,
        database_signs.database_signs,
        pod_complaints.complaint_signs,
        earlier_measurements.saturation_signs,
    )
    return Signs(index, [finding for read in readers for finding in read(index)])
