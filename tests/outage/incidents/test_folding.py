"""Which of two incidents that come to the same cause answers it, and how the other one ends."""

from datetime import UTC, datetime, timedelta

import pytest

from outage.incidents.folding import CauseClaim, CauseFound, Fold, FoldDecision, decide_folding, outcome_for
from outage.incidents.incident import Ending, Incident

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def claim(incident: str, cause: str = "a", closed: float | None = None) -> CauseClaim:
    """An incident that answers a cause: open, or closed so many minutes after we looked."""
    if closed is None:
        return CauseClaim(cause=cause, incident=incident)
    ended = NOON + closed * MINUTE
    return CauseClaim(cause=cause, incident=incident, closed_at=ended, ending=Ending.RECOVERED)


ALONE = FoldDecision(mine=("a",))
JOINS = FoldDecision(into="inc-1")


@pytest.mark.parametrize(
    ("causes", "claims", "decided"),
    [
        pytest.param("a", [], ALONE, id="nobody came to it"),
        pytest.param("a", [claim("inc-1", "b")], ALONE, id="another cause is answered"),
        pytest.param("a", [claim("inc-2")], ALONE, id="a process that died had claimed it for us"),
        pytest.param("a", [claim("inc-1")], JOINS, id="an open incident answers it"),
        pytest.param("a", [claim("inc-1", closed=-1)], ALONE, id="it was answered, and is there again"),
        pytest.param("a", [claim("inc-1", closed=1)], JOINS, id="it ended after we looked"),
        pytest.param("a", [claim("inc-1", closed=0)], JOINS, id="it ended at the moment when we looked"),
        pytest.param(
            "ab",
            [claim("inc-1", "b")],
            FoldDecision(mine=("a",), others=("b",)),
            id="one of its other objects is answered: no plan of ours touches that",
        ),
        pytest.param(
            "ab",
            [claim("inc-1", "a"), claim("inc-3", "b")],
            JOINS,
            id="the cause that is mended first decides",
        ),
        pytest.param(
            "ab", [claim("inc-2", "a"), claim("inc-2", "b")], FoldDecision(mine=("a", "b")), id="all is ours"
        ),
    ],
)
def test_whoever_comes_to_a_cause_first_answers_it(
    causes: str, claims: list[CauseClaim], decided: FoldDecision
) -> None:
    """The later one waits; what ended while it looked is the outage that it saw."""
    found = CauseFound(incident="inc-2", causes=tuple(causes), seen_at=NOON)

    assert decide_folding(found, {one.cause: one for one in claims}) == decided


FIRST = Incident(id="inc-1", key="k", title="t", opened_at=NOON)
HOUR = 60 * MINUTE
FOLD = Fold(
    incident="inc-2", into="inc-1", cause="a", at=NOON, until=NOON + HOUR, what="bad-image of deployment/auth"
)


@pytest.mark.parametrize("ending", list(Ending))
def test_the_later_one_ends_as_the_first_did_and_says_so(ending: Ending) -> None:
    """Whatever became of the first."""
    over = FIRST.model_copy(update={"ending": ending, "closed_at": NOON, "says": "as it went"})
    inherited = outcome_for(FOLD, over, NOON)

    assert inherited is not None
    assert inherited.ending is ending
    assert inherited.says == f"inc-1 answered the same cause, {FOLD.what}, and ended {ending}: as it went"


def test_it_waits_while_the_first_is_open_and_no_longer_than_policy_lets_it() -> None:
    """Nobody is left waiting for an answer that does not come."""
    assert outcome_for(FOLD, FIRST, NOON + 59 * MINUTE) is None

    late = outcome_for(FOLD, FIRST, NOON + HOUR)
    assert late is not None
    assert late.ending is Ending.NOT_RECOVERED
    assert "did not end in 1 h: a person is needed" in late.says
