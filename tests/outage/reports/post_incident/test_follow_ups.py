"""What is left to do: by whom, until when; what the program did itself stands in it as done."""

from datetime import timedelta

import pytest

from outage.incidents.severity import Severity
from outage.people.action_item import ActionItem, item_line, items_in_words, overdue_groups
from outage.reports.post_incident.follow_ups import DoneByUs, follow_up_items
from outage.reports.post_incident.post_mortem import post_mortem
from tests.outage.reports.account_specimen import ACCOUNT, CAUSE, INCIDENT, NOON, PREVENTION

REAL = INCIDENT.model_copy(update={"drill": None, "severity": Severity.P1})
OF_REAL = PREVENTION.model_copy(update={"incident": REAL})
CLOSED = NOON + timedelta(seconds=75)
ITEMS = follow_up_items(OF_REAL, DoneByUs(ticket=True, stakeholders=True))


def test_a_p1_has_the_runbooks_actions_and_one_for_each_thing_that_is_missing() -> None:
    """24 hours, 1 week, 1 month, counted from the end."""
    due = {one.key: one.due_at - CLOSED for one in ITEMS}

    assert due == {
        **dict.fromkeys(("ticket", "evidence", "stakeholders", "schedule"), timedelta(days=1)),
        **dict.fromkeys(("post-mortem", "root-cause", "alerts"), timedelta(days=7)),
        **dict.fromkeys(("procedures", "deployment", "health-checks", "redundancy"), timedelta(days=30)),
    }
    assert {one.owner for one in ITEMS} == {"ana"}


def test_what_the_program_did_is_done() -> None:
    """And only that."""
    assert [one.key for one in ITEMS if one.done_by] == ["evidence", "stakeholders", "ticket"]
    assert "schedule" not in {
        one.key for one in follow_up_items(OF_REAL, DoneByUs(invited=True)) if not one.done_by
    }


@pytest.mark.parametrize(
    "changed",
    [{"severity": Severity.P2}, {"drill": "bad-image"}, {"closed_at": None}],
    ids=["a mild one", "practice", "an open one"],
)
def test_nobody_is_chased_for_what_is_owed_nothing(changed: dict[str, object]) -> None:
    """Practice has the document, and no items."""
    facts = OF_REAL.model_copy(update={"incident": REAL.model_copy(update=changed)})

    assert follow_up_items(facts, DoneByUs()) == ()


def test_the_message_says_each_day_once() -> None:
    """The data stands in the list, not in the message."""
    said = items_in_words(ITEMS)

    assert said.startswith(
        "8 items: by 2030-01-02 (ana) schedule the post-mortem; by 2030-01-08 (ana) update monitoring"
    )
    assert said.count("2030-01-31") == 1
    assert items_in_words(one for one in ITEMS if one.done_by) == ""


def test_only_what_is_late_and_not_done_is_chased_by_its_day() -> None:
    """One message a day that passed."""
    late = overdue_groups(ITEMS, CLOSED + timedelta(days=8))

    assert {due - CLOSED: [one.key for one in some] for due, some in late.items()} == {
        timedelta(days=1): ["schedule"],
        timedelta(days=7): ["alerts", "post-mortem", "root-cause"],
    }
    assert overdue_groups(ITEMS, CLOSED) == {}


def test_a_line_says_who_until_when_and_what_became_of_it() -> None:
    """For the list and for the chase."""
    item = ActionItem(
        incident="inc-1", key="probes", says="add probes", because="1 of 4 has none", due_at=CLOSED
    )

    assert item_line(item) == "by 2030-01-01 nobody named: add probes: 1 of 4 has none"
    assert item_line(item, CLOSED).endswith("(OVERDUE)")
    assert item_line(item.model_copy(update={"done_at": CLOSED, "done_by": "bob"}), CLOSED).endswith(
        "(done by bob)"
    )


def test_the_post_mortem_is_prefilled_with_numbers() -> None:
    """Impact, detection, cause, tries, gaps of the runbook, luck."""
    text = post_mortem(
        ACCOUNT.model_copy(
            update={"incident": REAL, "prevention": OF_REAL, "items": ITEMS, "mended": (CAUSE,)}
        )
    )
    lines = text.splitlines()

    for line in (
        "# Post-mortem: P1 · ServiceDown: auth",
        "- 1.9 minutes, from 2030-01-01 11:59:18 UTC until it was seen to be over at 2030-01-01 12:01:15 UTC.",
        "- Down: auth; degraded: none.",
        "- About 150 requests of auth failed between 12:00:00 and 12:01:00 UTC, by 2 measurements.",
        "- 30 s from the first sign to the first alert.",
        "- 12 s from the first alert to the incident.",
        "- 42 s from the first sign to the incident.",
        "- auth runs an image that is not there (`bad-image`; what mended it is in place).",
        "- Plan 1: Undo deployment/auth to revision 2: **applied, effective, stays** (recovered: 3 checks are well).",
        "- A look that can be made: node usage: no metrics API",
        "- With one replica, and not hit: 1 (mail).",
        "- [x] `ticket` by 2030-01-02 ana: update the incident ticket with the full timeline (done by outage)",
    ):
        assert line in lines
    assert "Meeting: 2030-01-03 10:00 UTC." in text
    assert "gantt" in text


def test_what_nobody_measured_is_asked_of_the_meeting() -> None:
    """An incident of which the record knows nothing but its head."""
    bare = ACCOUNT.model_copy(
        update={
            "incident": REAL,
            "looks": (),
            "plans": (),
            "diagnosis": None,
            "first": None,
            "prevention": None,
        }
    )
    text = post_mortem(bare)

    assert "How many requests failed is not known" in text
    assert text.count("Nothing on record tells; ask it in the meeting.") >= 3
