"""Whether the yes that a policy asks for can be given by the people it names."""

import pytest

from outage.plans.approval import Answer, Approval, with_answer
from outage.plans.plan import Mode
from outage.policies.policy import Policy, Rule
from outage.policies.quorum import quorum_gap, unreachable_quorums
from outage.text.handle import read_handle
from tests.outage.policies.guards.guard_places import NOON


def policy(*people: str, quorum: int = 2, requester: bool = False) -> Policy:
    """A policy of one rule for these people."""
    rule = Rule(mode=Mode.ASK, approvers="leads", quorum=quorum, requester_may_approve=requester)
    return Policy(mode=Mode.ASK, approvers={"leads": people}, rules=(rule,))


@pytest.mark.parametrize(
    ("written", "reachable"),
    [
        pytest.param(policy("ada", "bob", "eve"), True, id="one more than are needed"),
        pytest.param(policy("ada", "bob", requester=True), True, id="the requester counts"),
        pytest.param(policy("*"), True, id="anybody"),
        pytest.param(policy("ada", "bob"), False, id="two people, one of them the requester"),
        pytest.param(policy("ada", quorum=1), False, id="one person, who reported it"),
    ],
)
def test_a_quorum_can_be_reached_or_is_said(written: Policy, reachable: bool) -> None:
    """One sentence, before an outage finds out."""
    said = unreachable_quorums(written)

    assert bool(said) is not reachable
    assert all("leads" in one for one in said)


def test_only_the_requester_makes_the_gap() -> None:
    """Reported by somebody else, both leads can say yes."""
    two = policy("ada", "bob")

    assert quorum_gap(two.rules[0], two, "eve") == ""
    assert "needs 2 people's yes" in quorum_gap(two.rules[0], two, "Ada")


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("ada", "ada"),
        (" @Ada ", "ada"),
        ("Ada  Lovelace", "ada lovelace"),
        ("j.doe+on-call@x.org", "j.doe+on-call@x.org"),
    ],
)
def test_a_handle_is_read_alike_however_it_is_written(written: str, read: str) -> None:
    """So that one person is one person."""
    assert read_handle(written) == read


@pytest.mark.parametrize("written", ["", " ", "j", "@j", "a\nb", "policy", "Silence", "a" * 65, "<b>"])
def test_what_is_no_handle_is_refused_in_one_sentence(written: str) -> None:
    """At every door, by the same rule."""
    with pytest.raises(ValueError, match=r"handle|person"):
        read_handle(written)


YES, NO = Answer.APPROVE, Answer.DECLINE


def says(by: str, answer: Answer) -> Approval:
    """One answer."""
    return Approval(plan_hash="p", by=by, answer=answer, at=NOON)


@pytest.mark.parametrize(
    ("given", "new", "needed", "written", "stands"),
    [
        pytest.param([], says("ada", YES), 1, False, "ada approve", id="the first yes"),
        pytest.param([says("ada", YES)], says("bob", YES), 2, False, "bob approve", id="the second of two"),
        pytest.param([says("ada", YES)], says("bob", YES), 1, False, "ada approve", id="a yes too many"),
        pytest.param([says("ada", YES)], says("ada", NO), 1, False, "ada decline", id="a yes called back"),
        pytest.param([says("ada", YES)], says("bob", NO), 1, False, "bob decline", id="by somebody else"),
        pytest.param([says("ada", YES)], says("bob", NO), 1, True, "ada approve", id="after the first write"),
        pytest.param([says("bob", NO)], says("ada", YES), 1, False, "bob decline", id="a no stays a no"),
        pytest.param([says("bob", NO)], says("bob", YES), 1, False, "bob decline", id="also one's own"),
    ],
)
def test_the_last_word_never_turns_a_no_into_a_yes(
    given: list[Approval], new: Approval, needed: int, written: bool, stands: str
) -> None:
    """Silence, and every doubt, is on the side of the no."""
    found = with_answer(given, new, needed, written)

    assert f"{found.by} {found.answer}" == stands
