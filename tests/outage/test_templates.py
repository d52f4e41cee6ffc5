from outage.snapshot import LogTail
from outage.templates import templates, told


def log(text: str, pod: str = "api-1") -> LogTail:
    """The end of one log."""
    return LogTail(namespace="shop", pod=pod, container="app", text=text)


def test_a_quiet_log_gives_no_template() -> None:
    """Healthy first."""
    assert templates([log("2030-01-01T12:00:00Z listening on :80\n2030-01-01T12:00:01Z GET / 200\n")]) == ()
    assert told(()) == "no line speaks of trouble"


def test_lines_that_differ_in_numbers_are_one_complaint_with_first_and_last() -> None:
    """A thousand lines are one sentence with a count."""
    lines = [
        f"2030-01-01T12:00:{n:02d}Z dial tcp 10.0.0.{n}:5432: connection refused after {n}ms"
        for n in range(30)
    ]

    found = templates([log("\n".join(lines[:15])), log("\n".join(lines[15:]), "api-2")])

    assert [(one.count, one.pods) for one in found] == [(30, ("api-1", "api-2"))]
    assert (found[0].first, found[0].last) == ("2030-01-01T12:00:00Z", "2030-01-01T12:00:29Z")


def test_the_platforms_own_patterns_count_too() -> None:
    """Another team's application complains in other words."""
    assert templates([log("Verbindung abgelehnt")]) == ()
    assert len(templates([log("Verbindung abgelehnt")], ["abgelehnt"])) == 1


def test_a_pattern_that_is_no_regular_expression_is_taken_as_words() -> None:
    """A platform file is written by people."""
    assert len(templates([log("what (is this")], ["(is"])) == 1


def test_no_secret_reaches_a_template() -> None:
    """Templates are shown to everybody."""
    found = templates([log("error: login with password=hunter22 failed")])

    assert "hunter22" not in str(found)
