from outage.text.logs.line_kinds import COMPARED_KINDS, line_kinds


def test_no_lines_are_no_kinds() -> None:
    """A quiet log."""
    assert line_kinds([]) == []


def test_lines_that_share_most_of_their_words_are_one_kind() -> None:
    """What differs is left open."""
    kinds = line_kinds(["error: user anna not found", "error: user bob not found"])

    assert [(one.text, len(one.wordings)) for one in kinds] == [("error: user <*> not found", 2)]


def test_lines_with_another_beginning_or_length_are_kinds_of_their_own() -> None:
    """They are not even compared."""
    kinds = line_kinds(["error: disk full", "fatal: disk full", "error: disk is full"])

    assert [one.text for one in kinds] == ["error: disk full", "fatal: disk full", "error: disk is full"]


def test_a_number_at_the_beginning_does_not_keep_lines_apart() -> None:
    """A process id or a counter often stands there."""
    assert [one.text for one in line_kinds(["p17 could not connect", "p18 could not connect"])] == [
        "<*> could not connect"
    ]


def test_a_line_goes_to_the_kind_that_it_is_most_like() -> None:
    """Half alike is enough only where nothing is nearer."""
    kinds = line_kinds(["error a b c d", "error w x y z", "error w x y d"])

    assert [one.wordings for one in kinds] == [["error a b c d"], ["error w x y z", "error w x y d"]]


def test_no_line_is_lost_in_a_log_of_nothing_but_different_lines() -> None:
    """Only the comparing is bounded."""
    lines = [
        f"error {'ab'[n % 2] * n} {'cd'[n % 2] * n} {'ef'[n % 2] * n}" for n in range(1, 2 * COMPARED_KINDS)
    ]

    kinds = line_kinds(lines)

    assert sorted(wording for one in kinds for wording in one.wordings) == sorted(lines)
