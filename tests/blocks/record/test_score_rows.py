"""Score cards outlive the process that made them, and are compared with the last one of the same fault."""

from datetime import timedelta

from blocks.record import Record
from outage.reports.drills.drill_score import score_drill
from outage.reports.drills.score_card import ScoreCard
from tests.outage.reports.drills.practised import CLOSED, facts


def card(number: int, **other: object) -> ScoreCard:
    """A card of one day."""
    at = CLOSED + timedelta(days=number)
    named = {"drill": f"scored-{number}-{other.get('fault', '')}", "at": at, "platform": "scored shop"}
    return score_drill(facts()).model_copy(update={**named, **other})


def test_a_card_is_kept_once_and_read_back_as_it_was(record: Record) -> None:
    """A drill that is ended twice has the first score."""
    first = card(1)
    record.keep_score(first)
    record.keep_score(first.model_copy(update={"passed": False}))

    assert record.score_of(first.drill) == first
    assert record.score_of("nobody's") is None


def test_the_last_score_is_of_the_same_fault_and_place(record: Record) -> None:
    """Another fault, service or platform is another matter."""
    for one in (card(2, fault="b"), card(3, fault="c"), card(4, fault="b", service="web")):
        record.keep_score(one)

    assert record.last_score(card(5, fault="b")) == card(2, fault="b")
    assert record.last_score(card(5, fault="b", platform="else")) is None
    assert record.last_score(card(2, fault="b")) is None


def test_cards_are_listed_oldest_first(record: Record) -> None:
    """As a trend is drawn."""
    for one in (card(6, platform="listed"), card(7, platform="listed")):
        record.keep_score(one)

    assert [one.at for one in record.scores("listed")] == [card(6).at, card(7).at]
    assert [one.at for one in record.scores("listed", limit=1)] == [card(7).at]
