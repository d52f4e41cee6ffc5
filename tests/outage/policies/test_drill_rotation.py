"""Turns: what was never practised, then what was not for the longest time, then what went worst."""

from datetime import UTC, datetime, timedelta

from outage.policies.drill_rotation import DrillCandidate, DrillTurn, next_drill

MONDAY = datetime(2030, 1, 7, 10, tzinfo=UTC)
A, B, C = (DrillCandidate(fault=one) for one in "abc")


def turn(candidate: DrillCandidate, days: int, points: float = 1.0) -> DrillTurn:
    """It was practised so many days after that Monday."""
    return DrillTurn(candidate=candidate, at=MONDAY + timedelta(days=days), points=points)


def test_what_was_never_practised_is_first() -> None:
    """However badly the others went."""
    assert next_drill([A, B, C], [turn(A, 0, 0.1), turn(C, 1, 0.1)]) == B


def test_then_comes_what_was_not_practised_for_most_weeks() -> None:
    """Its last turn counts, not its first."""
    assert next_drill([A, B], [turn(A, 0), turn(A, 15), turn(B, 8)]) == B


def test_within_a_week_the_worst_score_is_first() -> None:
    """The order of two days says less."""
    assert next_drill([A, B, C], [turn(A, 0), turn(B, 1, 0.4), turn(C, 2, 0.6)]) == B


def test_a_fault_of_another_service_has_turns_of_its_own() -> None:
    """`bad-image` of checkout says nothing of payments."""
    here, there = (DrillCandidate(fault="a", service=one) for one in ("checkout", "payments"))

    assert next_drill([here, there], [turn(here, 0)]) == there


def test_another_fault_comes_before_the_same_one_on_another_service() -> None:
    """And of that fault the service that was left alone for longest: ten turns teach ten things."""
    everything = [
        DrillCandidate(fault=fault, service=place) for fault in "abc" for place in ("here", "there")
    ]
    turns: list[DrillTurn] = []
    for day in range(len(everything)):
        chosen = next_drill(everything, turns)
        assert chosen
        turns.append(turn(chosen, day))

    assert [one.candidate.fault for one in turns] == ["a", "b", "c"] * 2
    assert {one.candidate for one in turns} == set(everything)
    assert [one.candidate.service for one in turns[:2]] == ["here", "there"]


def test_equal_scores_of_a_week_take_turns() -> None:
    """A schedule of several drills a week does not stay with the first name of the list."""
    assert next_drill([A, B], [turn(A, 1), turn(B, 0)]) == B


def test_nothing_is_chosen_where_nothing_is_possible() -> None:
    """The flow says so."""
    assert next_drill([], [turn(A, 0)]) is None
