from datetime import UTC, datetime, timedelta

from outage.diagnosis.findings.facts import Sign
from outage.diagnosis.findings.finding import Finding
from outage.diagnosis.hypothesis import Diagnosis, Hypothesis
from outage.incidents.severity import Assessment, Impact, Severity
from outage.kubernetes.objects import ObjectRef
from outage.reports.investigation_report import investigation_in_words
from outage.snapshots.snapshot import Snapshot

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
WEB = ObjectRef(kind="Deployment", name="web", namespace="shop")


def told(findings: int = 0, *hypotheses: Hypothesis) -> list[str]:
    """The answer for a terminal."""
    diagnosis = Diagnosis(
        at=NOON,
        assessment=Assessment(severity=Severity.P1, reason="web is down", impact=Impact(services=1)),
        findings=tuple(
            Finding(sign=Sign.WORKLOAD_DOWN, about=WEB, says=f"sign {n}") for n in range(findings)
        ),
        hypotheses=hypotheses,
    )
    return investigation_in_words(diagnosis, Snapshot(taken_at=NOON, namespaces=("shop",))).splitlines()


def test_findings_are_cut_with_the_way_to_all_of_them() -> None:
    """A terminal has one screen; the failing ones stand first."""
    assert told(12)[-3] == "  sign 11"
    assert told(14)[-4:-2] == ["  sign 11", "  … and 2 more: --json has all"]
    assert told(14)[-1] == "Objects are in namespace shop where no other is named."


def test_a_cause_is_told_with_its_onset() -> None:
    """What began before the outage did not cause it; a person must be able to see that."""
    cause = Hypothesis(
        cause="image", about=WEB, says="No image.", score=0.9, onset=NOON - timedelta(minutes=3)
    )

    assert "   began 2030-01-01 11:57:00 UTC, 3 min ago" in told(0, cause)
