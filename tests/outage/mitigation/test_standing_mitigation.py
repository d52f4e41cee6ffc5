"""What stands until somebody takes it back: which plans, whose, and when they are reminded."""

from datetime import timedelta

import pytest

from outage.mitigation.standing_mitigation import (
    StandingMitigation,
    owner_of_mitigation,
    standing_reminder,
    stands_until_taken_back,
)
from outage.plans.approval import Answer, Approval
from outage.plans.planning import plan_for
from tests.outage.diagnosis.worlds.shop_snapshot import Ground
from tests.outage.mitigation.overloaded_platform import page, pair, platform
from tests.outage.mitigation.test_by_hand import chosen, earlier
from tests.tasks.act.fake_cluster import NOON
from tests.tasks.act.shop_plans import INCIDENT

ONE = StandingMitigation(
    incident="inc-1",
    attempt=2,
    summary="Switch service/auth from blue to green",
    owner="ada",
    since=NOON,
    due_at=NOON + timedelta(hours=4),
)


def ground() -> Ground:
    """The shop with a green slot and a maintenance page."""
    made = pair(Ground())
    page(made)
    return made


@pytest.mark.parametrize(
    ("kind", "target", "stands"),
    [
        ("switch", "auth", True),
        ("maintenance", "", True),
        ("restart", "auth", False),
        ("drain", "node-1", False),
    ],
)
def test_the_other_slot_and_the_page_stand_until_somebody_takes_them_back(
    kind: str, target: str, stands: bool
) -> None:
    """All else is done when it is done."""
    there = ground()
    proposal = chosen(kind, target, there)
    change = proposal.repair.changes[0] if proposal.repair else None
    assert change
    live = {"kind": change.target.kind, **there.get(change.target.kind, change.target.name)}
    plan = plan_for(proposal, INCIDENT, 1, {change.target: live}, NOON)

    assert stands_until_taken_back(plan, proposal, platform()) is stands


def test_a_way_back_stands_for_nobody_to_take_back() -> None:
    """Else two people would switch to and fro for ever."""
    proposal = chosen("take-back", "inc-1", earlier=earlier())
    change = proposal.repair.changes[0] if proposal.repair else None
    assert change
    live = {"kind": "Service", **ground().get("Service", "auth")}
    plan = plan_for(proposal, INCIDENT, 1, {change.target: live}, NOON)

    assert not stands_until_taken_back(plan, proposal, platform())


def yes(by: str, door: str = "cli") -> Approval:
    """A yes to its plan."""
    return Approval(plan_hash="h", answer=Answer.APPROVE, by=by, at=NOON, door=door)


@pytest.mark.parametrize(
    ("leader", "answers", "requester", "group", "owner"),
    [
        ("eve", (yes("ada"),), "bob", "on-call", "eve"),
        ("", (yes("ada"), yes("joe")), "bob", "on-call", "joe"),
        ("", (yes("policy", "policy"),), "bob", "on-call", "bob"),
        ("", (yes("policy", "policy"),), "", "leads", "leads"),
        ("", (), "", "", "on-call"),
    ],
)
def test_it_has_an_owner(
    leader: str, answers: tuple[Approval, ...], requester: str, group: str, owner: str
) -> None:
    """Who leads, who said yes last, who asked for it, whom policy asks."""
    assert owner_of_mitigation(leader, answers, requester, group) == owner


@pytest.mark.parametrize(
    ("hours", "turn", "overdue", "says"),
    [
        (2, 1, False, "still stands and is to be taken back in 2 h"),
        (4, 2, True, "still stands and was due 0 s ago"),
        (5, 2, True, "still stands and was due 1 h ago"),
        (12, 6, True, "still stands and was due 8 h ago"),
    ],
)
def test_its_owner_is_reminded_halfway_at_the_deadline_and_ever_after(
    hours: int, turn: int, overdue: bool, says: str
) -> None:
    """With the command that takes it back."""
    due = standing_reminder(ONE, NOON + timedelta(hours=hours))

    assert due
    assert (due.turn, due.overdue) == (turn, overdue)
    assert says in due.says
    assert "`outage act take-back inc-1 --plan 2 --by ada`" in due.says


def test_nobody_is_reminded_at_once() -> None:
    """They have just said yes to it."""
    assert standing_reminder(ONE, NOON + timedelta(minutes=5)) is None
