"""A log read through once: what it complained of, since when, how often, and what was said right before."""

import pytest

from outage.snapshots.snapshot import EarlierComplaint
from outage.text.logs.log_digest import KINDS, LogDigest

HEALTHY = [f"2030-01-01T11:{minute:02d}:00.5Z INFO served {minute} requests in 3 ms" for minute in range(50)]


def digested(
    lines: list[str], piece: int = 1 << 20, patterns: tuple[str, ...] = ()
) -> tuple[EarlierComplaint, ...]:
    """What is left of a log that came in pieces of so many bytes."""
    digest = LogDigest(patterns)
    content = "".join(f"{line}\n" for line in lines).encode()
    for start in range(0, len(content), piece):
        digest.read(content[start : start + piece])
    return digest.earlier()


def at(second: int, text: str) -> str:
    """One line of the minute after the healthy ones."""
    return f"2030-01-01T11:50:{second:02d}.5Z {text}"


def test_a_healthy_log_leaves_nothing() -> None:
    """Also one whose lines have words of trouble that say there is none."""
    assert (
        digested([*HEALTHY, at(1, "errors=0 in the last minute"), at(2, '"GET /error HTTP/1.1" 200 17')])
        == ()
    )


def test_each_kind_has_its_first_line_its_number_and_what_was_said_right_before() -> None:
    """A reload of the configuration is no complaint, and it is what a person looks for."""
    lines = [
        *HEALTHY,
        at(1, "INFO configuration reloaded"),
        at(2, "ERROR user 1: connection refused"),
        at(3, "INFO served 2 requests"),
        at(4, "ERROR user 24: connection refused"),
        at(5, "ERROR user 5: disk full"),
    ]

    refused, full = digested(lines)

    assert (refused.first, refused.last, refused.count) == (lines[51], "2030-01-01T11:50:04.5Z", 2)
    assert refused.before == (lines[48], lines[49], lines[50])
    assert (full.count, full.before[-1]) == (1, lines[53])


@pytest.mark.parametrize("piece", [1, 7, 64, 1000])
def test_where_the_pieces_end_changes_nothing(piece: int) -> None:
    """The network cuts where it likes."""
    lines = [*HEALTHY, at(1, "ERROR é: connection refused"), at(2, "fatal: no such host")]

    assert digested(lines, piece) == digested(lines)


def test_how_large_a_number_is_may_make_the_complaint() -> None:
    """Wordings are compared without their digits; a status and a count of errors are told apart all the same."""
    lines = [
        at(1, "errors=0 in the last minute"),
        at(2, "errors=7 in the last minute"),
        at(3, '"GET /failed HTTP/1.1" 200 12'),
        at(4, '"GET /failed HTTP/1.1" 503 12'),
    ]

    assert [one.first for one in digested(lines)] == [lines[1], lines[3]]


def test_it_stops_where_the_end_that_is_kept_begins() -> None:
    """Nothing is counted twice."""
    digest = LogDigest(until="2030-01-01T11:50:02.5Z")
    digest.read("".join(f"{at(second, 'ERROR disk full')}\n" for second in range(5)).encode())

    assert digest.over
    assert [one.count for one in digest.earlier()] == [2]
    assert (digest.begins, digest.reached) == ("2030-01-01T11:50:00.5Z", "2030-01-01T11:50:01.5Z")


def test_secrets_are_in_neither_the_line_nor_the_lead_up() -> None:
    """The digest is kept in the picture."""
    lines = [at(1, "INFO password=hunter2 accepted"), at(2, "ERROR postgres://app:hunter3@db: refused")]

    assert "hunter" not in str(digested(lines))


def test_who_complains_in_ever_new_words_is_cut() -> None:
    """Memory does not grow with what a program writes."""
    words = [
        at(1, "ERROR " + "".join(chr(97 + (one // 26**k) % 26) for k in range(4))) for one in range(5_000)
    ]

    assert len(digested(words)) == KINDS


def test_words_of_the_platform_count() -> None:
    """A team knows what its own services say."""
    assert [one.first for one in digested([at(1, "saldo negativ")], patterns=("saldo negativ",))] == [
        at(1, "saldo negativ")
    ]


def test_pieces_of_any_length_tell_the_same() -> None:
    """Lines are known by their wording across pieces, and what was said before is kept across them too."""
    lines = [*HEALTHY, at(1, "INFO reloaded"), at(2, "ERROR user 1: connection refused"), *HEALTHY[:3]]

    assert {digested(lines, piece) for piece in (7, 64, 500, 1 << 20)} == {digested(lines)}


def test_a_wording_is_not_silent_because_another_was() -> None:
    """Only digits are left out of it: a line that differs in one word is read for itself."""
    lines = [at(second, f"INFO job {second} finished") for second in range(9)]

    assert [one.first for one in digested([*lines, at(9, "INFO job 9 failed")])] == [
        at(9, "INFO job 9 failed")
    ]
