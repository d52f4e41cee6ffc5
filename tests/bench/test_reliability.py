"""How far a strength may be trusted: counted, and never claimed where nothing was counted."""

from bench.reliability import Answered, reliability_lines


def test_the_share_of_right_first_causes_stands_beside_each_strength() -> None:
    """A strength that never stood first has no share."""
    answers = [
        Answered("stated", True),
        Answered("stated", False),
        Answered("fits", True),
        Answered(None, True),
    ]

    rows = [line.split() for line in reliability_lines(answers)]

    assert rows[1:] == [
        ["stated", "2", "1", "50%"],
        ["contradicted", "0", "0", "-"],
        ["fits", "1", "1", "100%"],
        ["last", "resort", "0", "0", "-"],
        ["nothing", "said", "1", "1", "100%"],
    ]
