"""Answers: the first one of a person stands, and one no decides."""

from concurrent.futures import ThreadPoolExecutor

from blocks.record import Record
from outage.incidents.incident import Incident
from outage.plans.approval import Answer
from outage.plans.plan import WayBack
from tests.blocks.record.written import NOON, newest_fence, says


def test_the_first_answer_of_a_person_stands_once_writing_began(record: Record, incident: Incident) -> None:
    """Nobody changes a yes into a no after it was acted upon."""
    record.answer(incident.id, says(Answer.APPROVE, "ada"), quorum=1)
    record.intend(incident.id, "hash", "1", WayBack(before=None, says=""), NOON, newest_fence(record))
    standing = record.answer(incident.id, says(Answer.DECLINE, "ada"), quorum=1)

    assert standing.answer is Answer.APPROVE
    assert len(record.approvals(incident.id, "hash")) == 1


def test_a_yes_can_be_called_back_by_anybody_until_the_first_write(
    record: Record, incident: Incident
) -> None:
    """The form in the UI and the command line feed one record."""
    record.answer(incident.id, says(Answer.APPROVE, "ada"), quorum=1)
    standing = record.answer(incident.id, says(Answer.DECLINE, "bob"), quorum=1)

    assert (standing.by, standing.answer) == ("bob", Answer.DECLINE)


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


def test_ten_answers_at_once_leave_one_no(record: Record, incident: Incident) -> None:
    """Compare and set, in the database: after the first no nobody's answer counts."""
    people = [says(Answer.APPROVE if n % 2 else Answer.DECLINE, f"p{n}") for n in range(10)]
    with ThreadPoolExecutor(10) as crowd:
        list(crowd.map(lambda one: record.answer(incident.id, one, quorum=1), people))

    kept = [one.answer for one in record.approvals(incident.id)]
    assert kept.count(Answer.DECLINE) == 1
    assert kept.count(Answer.APPROVE) <= 1
