"""The record against a real PostgreSQL: what is written twice is written once, and the first answer stands."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from blocks.record import Record
from blocks.record.connection import connect
from blocks.record.migrating import Migration, migrate, migrations
from outage.alert import Alert
from outage.approval import Answer, Approval
from outage.baseline import Baseline
from outage.errors import RecordError, UnknownIncident
from outage.evidence import Evidence
from outage.hypothesis import Action, Change
from outage.incident import Ending, Incident, Phase
from outage.intake import from_person
from outage.objects import ObjectRef
from outage.outcome import Did, Outcome
from outage.plan import Plan, Precondition, Step, WayBack
from outage.timeline import Entry

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
_keys = count()


@pytest.fixture(scope="module")
def record(record_dsn: str) -> Iterator[Record]:
    """The record itself."""
    with Record.open(record_dsn) as opened:
        yield opened


@pytest.fixture
def key() -> str:
    """An incident key that no other test has."""
    return f"key-{next(_keys)}"


@pytest.fixture
def incident(record: Record, key: str) -> Incident:
    """A fresh open incident."""
    return record.open_incident(key, "auth-service is down", NOON)[0]


def alert(namespace: str, starts_at: datetime = NOON, name: str = "ServiceDown") -> Alert:
    """An alert of that namespace."""
    return Alert(name=name, labels={"alertname": name, "namespace": namespace}, starts_at=starts_at)


def plan(incident: str, attempt: int = 1, summary: str = "Undo it") -> Plan:
    """A plan of one step."""
    target = ObjectRef(kind="Deployment", name="auth-service", namespace="shop")
    change = Change(action=Action.UNDO, target=target, why="bad image", expected="ready")
    step = Step(key="1-undo", change=change, precondition=Precondition(uid="u"), take_back="undo it again")
    return Plan(
        incident=incident, attempt=attempt, hypothesis="h", summary=summary, steps=(step,), made_at=NOON
    )


def says(answer: Answer, by: str, plan_hash: str = "hash") -> Approval:
    """An answer of somebody."""
    return Approval(plan_hash=plan_hash, answer=answer, by=by, at=NOON)


def test_an_incident_comes_back_as_it_was_opened(record: Record, incident: Incident) -> None:
    """Nothing is lost between the value and the row."""
    assert record.incident(incident.id) == incident


def test_an_open_incident_is_joined_and_not_doubled(record: Record, key: str) -> None:
    """Two deliveries make one incident."""
    first, new = record.open_incident(key, "a", NOON)
    second, newer = record.open_incident(key, "b", NOON + MINUTE)

    assert (new, newer, second) == (True, False, first)


def test_twenty_deliveries_at_once_make_one_incident(record: Record, key: str) -> None:
    """The promise holds in the database, not in one process."""
    with ThreadPoolExecutor(20) as crowd:
        opened = list(
            crowd.map(lambda n: record.open_incident(key, "a", NOON + n * timedelta(seconds=1)), range(20))
        )

    assert sum(new for _, new in opened) == 1
    assert len({one.id for one, _ in opened}) == 1


def test_an_alert_long_after_the_end_opens_a_new_incident(
    record: Record, incident: Incident, key: str
) -> None:
    """The next episode is the next incident."""
    record.update(incident.id, phase=Phase.CLOSED, ending=Ending.RECOVERED, closed_at=NOON + MINUTE)

    late, new = record.open_incident(
        key, "again", NOON + 10 * MINUTE, reopen_within=MINUTE, alert=alert("x", NOON + 9 * MINUTE)
    )

    assert new
    assert late.id != incident.id


def test_an_announced_drill_marks_its_incident(record: Record, key: str) -> None:
    """Nobody is woken for practice, and the report says that it was practice."""
    record.announce_drill(key, "bad-image", NOON + MINUTE, NOON)
    opened, _ = record.open_incident(key, "auth", NOON + timedelta(seconds=5), alert=alert(key))

    assert opened.drill == "bad-image"


@pytest.mark.parametrize(
    ("until", "ended"),
    [
        pytest.param(NOON + timedelta(seconds=1), None, id="an announcement that lapsed"),
        pytest.param(NOON + 10 * MINUTE, NOON + timedelta(seconds=1), id="a drill that has ended"),
    ],
)
def test_a_past_drill_marks_nothing(
    record: Record, key: str, until: datetime, ended: datetime | None
) -> None:
    """A real outage after practice is a real outage."""
    drill = record.announce_drill(key, "bad-image", until, NOON, id=f"drill-{key}")
    record.keep_drill(drill.id, {"healed": True}, ended_at=ended)

    assert record.open_incident(key, "auth", NOON + MINUTE, alert=alert(key))[0].drill is None


def test_a_drill_keeps_its_result(record: Record, key: str) -> None:
    """Scores add up; the first ending stands."""
    drill = record.announce_drill("ns-" + key, "bad-image", NOON + MINUTE, NOON, id=f"drill-{key}")
    record.keep_drill(drill.id, {"healed": True})
    record.keep_drill(drill.id, {"seconds": 9}, ended_at=NOON)
    record.keep_drill(drill.id, {}, ended_at=NOON + MINUTE)

    kept = next(one for one in record.drills() if one.id == drill.id)
    assert (kept.result, kept.ended_at) == ({"healed": True, "seconds": 9}, NOON)


def test_an_alert_is_received_once_per_episode(record: Record, key: str) -> None:
    """A repeat is known; the next episode and the resolved notice are not."""
    first = alert(key)
    again = [record.receive(first, NOON) for _ in range(2)]
    resolved = record.receive(first.model_copy(update={"firing": False}), NOON)
    next_episode = record.receive(alert(key, NOON + MINUTE), NOON)

    assert (again, resolved, next_episode) == ([True, False], True, True)


def test_attached_alerts_are_read_back(record: Record, incident: Incident, key: str) -> None:
    """The members of an incident, once each."""
    one = alert(key)
    record.receive(one, NOON)

    assert [record.attach_alert(incident.id, one) for _ in range(2)] == [True, False]
    assert record.alerts(incident.id) == [one]


def test_an_alert_without_an_incident_is_found(record: Record, key: str) -> None:
    """The letterbox died between keeping the alert and opening its incident."""
    one = alert(key)
    record.receive(one, NOON)

    assert one in record.homeless_alerts(NOON + MINUTE)
    assert one not in record.homeless_alerts(NOON)


def test_an_incident_without_a_run_is_found_until_it_has_one(record: Record, incident: Incident) -> None:
    """The letterbox died between recording the incident and starting its run."""
    assert incident.id in [one.id for one in record.runless_incidents()]

    record.update(incident.id, flow_run_id="run")
    assert incident.id not in [one.id for one in record.runless_incidents()]


def test_open_incidents_can_be_listed_alone(record: Record, incident: Incident) -> None:
    """What is being answered now."""
    assert incident.id in [one.id for one in record.incidents(open_only=True, limit=1000)]

    record.update(incident.id, closed_at=NOON)
    assert incident.id not in [one.id for one in record.incidents(open_only=True, limit=1000)]
    assert incident.id in [one.id for one in record.incidents(limit=1000)]


@pytest.mark.parametrize("field", ["id", "key", "opened_at", "colour"])
def test_what_an_incident_is_cannot_be_changed(record: Record, incident: Incident, field: str) -> None:
    """Only what happens to it can."""
    with pytest.raises(RecordError, match=field):
        record.update(incident.id, **{field: "x"})


def test_an_unknown_incident_is_said_to_be_unknown(record: Record) -> None:
    """A mistyped id is told as such, at once: asking again makes no incident."""
    with pytest.raises(UnknownIncident, match="knows no incident") as error:
        record.incident("inc-nowhere")
    assert not error.value.transient


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

    assert first == second == record.plan(incident.id, 1) == record.plan_of_hash(incident.id, first.hash)
    assert record.plan(incident.id, 2) is None


def test_the_first_answer_of_a_person_stands(record: Record, incident: Incident) -> None:
    """Nobody changes a yes into a no after it was acted upon."""
    record.answer(incident.id, says(Answer.APPROVE, "ada"), quorum=1)
    standing = record.answer(incident.id, says(Answer.DECLINE, "ada"), quorum=1)

    assert standing.answer is Answer.APPROVE
    assert len(record.approvals(incident.id, "hash")) == 1


def test_the_first_of_two_people_wins_when_one_is_enough(record: Record, incident: Incident) -> None:
    """The form in the UI and the command line feed one record."""
    record.answer(incident.id, says(Answer.APPROVE, "ada"), quorum=1)
    standing = record.answer(incident.id, says(Answer.DECLINE, "bob"), quorum=1)

    assert (standing.by, standing.answer) == ("ada", Answer.APPROVE)


def test_a_quorum_lists_each_person_once(record: Record, incident: Incident) -> None:
    """Two approvals of one person are one."""
    for who in ("ada", "ada", "bob", "eve"):
        record.answer(incident.id, says(Answer.APPROVE, who), quorum=2)

    assert [one.by for one in record.approvals(incident.id, "hash")] == ["ada", "bob"]


def test_a_yes_may_become_a_no_while_others_are_awaited(record: Record, incident: Incident) -> None:
    """What makes the program do less needs no second thought."""
    record.answer(incident.id, says(Answer.APPROVE, "ada"), quorum=2)
    standing = record.answer(incident.id, says(Answer.DECLINE, "ada"), quorum=2)

    assert standing.answer is Answer.DECLINE
    assert [one.answer for one in record.approvals(incident.id, "hash")] == [Answer.DECLINE]


def test_a_no_counts_after_the_first_yes_of_two(record: Record, incident: Incident) -> None:
    """Silence and other people are heard until the quorum is there."""
    record.answer(incident.id, says(Answer.APPROVE, "ada"), quorum=2)
    standing = record.answer(incident.id, says(Answer.DECLINE, "silence"), quorum=2)

    assert (standing.by, standing.answer) == ("silence", Answer.DECLINE)


def test_who_reported_an_outage_is_kept_with_the_incident(record: Record) -> None:
    """Policy may want somebody else's yes."""
    alert = from_person({"title": "login is slow", "by": "ada"}, NOON)
    reported, _ = record.open_incident("reported-by-ada", "login is slow", NOON, alert=alert)
    alarmed, _ = record.open_incident("nobody-reported", "ServiceDown", NOON)

    assert record.incident(reported.id).requester == "ada"
    assert record.incident(alarmed.id).requester == ""


def test_one_decline_decides(record: Record, incident: Incident) -> None:
    """A no is not outvoted."""
    record.answer(incident.id, says(Answer.DECLINE, "ada"), quorum=2)
    standing = record.answer(incident.id, says(Answer.APPROVE, "bob"), quorum=2)

    assert (standing.by, standing.answer) == ("ada", Answer.DECLINE)


def test_an_answer_to_another_plan_is_another_answer(record: Record, incident: Incident) -> None:
    """Approvals are bound to what was shown."""
    record.answer(incident.id, says(Answer.DECLINE, "ada"), quorum=1)
    standing = record.answer(incident.id, says(Answer.APPROVE, "ada", plan_hash="other"), quorum=1)

    assert standing.answer is Answer.APPROVE


def test_ten_answers_at_once_leave_one(record: Record, incident: Incident) -> None:
    """Compare and set, in the database."""
    people = [says(Answer.APPROVE if n % 2 else Answer.DECLINE, f"p{n}") for n in range(10)]
    with ThreadPoolExecutor(10) as crowd:
        standing = set(crowd.map(lambda one: record.answer(incident.id, one, quorum=1).by, people))

    assert len(standing) == len(record.approvals(incident.id)) == 1


def test_an_intent_stands_with_its_way_back_and_is_settled_once(record: Record, incident: Incident) -> None:
    """After a crash the way back of the first try is the one that counts."""
    before = WayBack(before={"kind": "Deployment"}, says="put it back")
    record.intend(incident.id, "hash", "1-undo", before, NOON)
    again = record.intend(incident.id, "hash", "1-undo", WayBack(before=None, says="?"), NOON + MINUTE)
    assert (again.way_back, again.at, again.outcome) == (before, NOON, None)

    done = Outcome(did=Did.APPLIED, says="done", resource_version="7")
    record.settle(incident.id, "hash", "1-undo", done, NOON)
    record.settle(incident.id, "hash", "1-undo", Outcome(did=Did.FAILED, says="?"), NOON)
    assert [one.outcome for one in record.intents(incident.id)] == [done]


def test_what_was_never_intended_cannot_be_settled(record: Record, incident: Incident) -> None:
    """An outcome without a way back is a mistake of ours."""
    with pytest.raises(RecordError, match="never intended"):
        record.settle(incident.id, "hash", "nothing", Outcome(did=Did.APPLIED, says=""), NOON)


def test_the_newest_baseline_is_the_baseline(record: Record) -> None:
    """And the older ones can still be asked for."""
    old = Baseline(recorded_at=NOON, objects={"Pod": ({"metadata": {"name": "a"}},)})
    new = Baseline(recorded_at=NOON + MINUTE, objects={})
    for one in (new, old, old):
        record.keep_baseline(one)

    assert record.baseline() == new
    assert record.baseline(NOON) == old
    assert record.baselines() == [NOON + MINUTE, NOON]


def test_only_one_may_write_to_a_target(record: Record) -> None:
    """And another target is another right."""
    with (
        record.only_writer("shop/auth") as first,
        record.only_writer("shop/auth") as second,
        record.only_writer("shop/user") as other,
    ):
        assert (first, second, other) == (True, False, True)

    with record.only_writer("shop/auth") as afterwards:
        assert afterwards


def test_a_broken_connection_is_mended_unseen(record: Record) -> None:
    """The keeper restarts PostgreSQL; the response goes on."""
    record.incidents()
    with connect(record.dsn) as axe:
        axe.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where pid <> pg_backend_pid() and datname = current_database()"
        )

    assert record.healthy() is None


def test_a_dead_record_is_said_in_one_sentence() -> None:
    """Our error, transient, and no psycopg above the door."""
    with pytest.raises(RecordError) as error:
        Record.open("postgresql://postgres@/outage?host=/nowhere")

    assert error.value.transient
    assert "\n" not in str(error.value)


def test_migrating_again_changes_nothing(record_dsn: str, record: Record) -> None:
    """Every process migrates when it starts."""
    assert migrate(record_dsn) == []


def test_a_newer_record_is_not_touched(record_dsn: str, record: Record) -> None:
    """An old program must not write into a shape that it does not know."""
    with connect(record_dsn) as connection:
        connection.execute("insert into outage.migration (number, name) values (9000, 'future')")
    try:
        with pytest.raises(RecordError, match="newer version"):
            migrate(record_dsn)
    finally:
        with connect(record_dsn) as connection:
            connection.execute("delete from outage.migration where number = 9000")


def test_a_failing_migration_leaves_nothing_behind(record_dsn: str, record: Record) -> None:
    """All of a file or none of it."""
    broken = Migration(8000, "broken", "create table outage.half (a int); select nonsense")
    with pytest.raises(RecordError, match="nonsense"):
        migrate(record_dsn, [*migrations(), broken])

    with connect(record_dsn) as connection:
        left = connection.execute("select to_regclass('outage.half') as half").fetchone()
    assert left == {"half": None}
