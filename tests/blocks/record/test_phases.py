"""Phases, timeline, evidence, plans and baselines: the first result stands, and each line stands once."""

from datetime import timedelta

from blocks.record import Record
from blocks.record.record_pool import as_json
from outage.incidents.incident import Incident
from outage.incidents.timeline import Entry
from outage.snapshots.baseline import Baseline
from outage.snapshots.evidence import Evidence
from tests.blocks.record.written import MINUTE, NOON, plan


def test_the_first_result_of_a_phase_stands(record: Record, incident: Incident) -> None:
    """Two runs of one response agree on what triage saw."""
    assert record.phase(incident.id, "triage") is None

    first = record.keep_phase(incident.id, "triage", {"n": 1}, NOON)
    second = record.keep_phase(incident.id, "triage", {"n": 2}, NOON)

    assert first == second == record.phase(incident.id, "triage") == {"n": 1}
    assert record.phases(incident.id) == {"triage": {"n": 1}}


def test_a_log_with_nul_characters_can_be_kept(record: Record, incident: Incident) -> None:
    r"""PostgreSQL cannot hold them; a literal backslash-u0000 in a text is not one of them."""
    kept = record.keep_phase(incident.id, "logs", {"a\x00": ["b\x00", "\\u0000"]}, NOON)

    assert kept == {"a�": ["b�", "\\u0000"]}


def test_the_timeline_is_in_order_and_each_line_once(record: Record, incident: Incident) -> None:
    """A re-entered response adds nothing twice."""
    late = Entry(key="b", at=NOON + MINUTE, kind="note", says="second")
    early = Entry(key="a", at=NOON, kind="alert", says="first")

    assert [record.add(incident.id, one) for one in (late, early, late)] == [True, True, False]
    assert record.entries(incident.id) == [early, late]


def test_evidence_is_kept_per_round(record: Record, incident: Incident) -> None:
    """The second look at the pods does not hide the first."""
    look = Evidence(id="pods", words="kubectl get pods", observed_at=NOON, duration=timedelta(seconds=1))
    again = look.model_copy(update={"came_back": "2 pods", "observed_at": NOON + MINUTE})
    record.keep_evidence(incident.id, [look], "triage")
    record.keep_evidence(incident.id, [look], "triage")
    record.keep_evidence(incident.id, [again], "investigate-1")

    assert record.evidence(incident.id) == [look, again]
    assert record.evidence(incident.id, "triage") == [look]


def test_the_first_plan_of_an_attempt_stands(record: Record, incident: Incident) -> None:
    """What was approved is what stays recorded."""
    first = record.keep_plan(plan(incident.id))
    second = record.keep_plan(plan(incident.id, summary="Something else"))

    assert first == second == record.plan(incident.id, 1)
    assert record.plan(incident.id, 2) is None


def test_the_newest_baseline_is_the_baseline(record: Record) -> None:
    """And the older ones can still be asked for."""
    old = Baseline(recorded_at=NOON, objects={"Pod": ({"metadata": {"name": "a"}},)})
    new = Baseline(recorded_at=NOON + MINUTE, objects={})
    for one in (new, old, old):
        record.keep_baseline(one)

    assert record.baseline() == new
    assert record.baseline(NOON) == old
    assert record.baselines() == [NOON + MINUTE, NOON]


def test_a_baseline_of_before_logs_were_kept_still_reads(record: Record) -> None:
    """It knows nothing of them, which is not the same as that nothing was said."""
    at = NOON + 2 * MINUTE
    record.row(
        "keep an old baseline",
        "insert into outage.baseline (recorded_at, body) values (%s, %s)",
        at,
        as_json({"recorded_at": at.isoformat(), "objects": {}}),
    )
    old = record.baseline(at)
    new = Baseline(recorded_at=at + MINUTE, objects={}, log_templates={"deployment/a in shop": ("error",)})
    record.keep_baseline(new)

    assert old is not None
    assert old.log_templates is None
    assert record.baseline() == new
