import pytest

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


JAVA = (
    "2030-01-01T12:00:{n:02d}Z 2030-01-01 12:00:{n:02d},123 ERROR [http-nio-8080-exec-{n}] c.s.OrderService - "
    "java.net.SocketTimeoutException: connect timed out after {n}ms"
)
PINO = (
    '2030-01-01T12:00:{n:02d}Z {{"level":50,"time":17000000{n:02d}123,"pid":{n},"hostname":"api-1",'
    '"msg":"connect ECONNREFUSED 10.0.0.{n}:6379"}}'
)
ZAP = (
    '2030-01-01T12:00:{n:02d}Z {{"level":"error","ts":17000000{n:02d}.123,"caller":"db/pool.go:42",'
    '"msg":"acquire failed","error":"context deadline exceeded","elapsed":{n}}}'
)
PYTHON = (
    "2030-01-01T12:00:{n:02d}Z 2030-01-01 12:00:{n:02d},123 - shop.db - ERROR - "
    "could not connect to server 10.0.0.{n}: Connection refused"
)


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(JAVA, id="Java: logback with thread and exception"),
        pytest.param(PINO, id="JSON as pino writes it"),
        pytest.param(ZAP, id="JSON as zap writes it"),
        pytest.param(PYTHON, id="Python's logging"),
    ],
)
def test_each_languages_lines_are_one_complaint(line: str) -> None:
    """Numbers, threads, process ids, epochs and addresses differ from line to line and mean nothing."""
    found = templates([log("\n".join(line.format(n=n) for n in range(10, 40)))])

    assert [one.count for one in found] == [30]
    assert (found[0].first, found[0].last) == ("2030-01-01T12:00:10Z", "2030-01-01T12:00:39Z")


@pytest.mark.parametrize("line", [JAVA, PINO, ZAP, PYTHON], ids=["java", "pino", "zap", "python"])
def test_what_was_known_is_not_new_though_its_numbers_are_others(line: str) -> None:
    """The earlier picture had one such line, this one has many: which places are open differs, the kind does not."""
    earlier = [one.text for one in templates([log(line.format(n=11))])]

    found = templates([log("\n".join(line.format(n=n) for n in range(12, 20)))], known=earlier)

    assert [one.new for one in found] == [False]


def test_what_is_new_stands_first_and_says_so() -> None:
    """A new complaint said once tells more than an old one said a hundred times."""
    old = "error: cache miss storm\n" * 100
    earlier = [one.text for one in templates([log(old)])]

    found = templates([log(old + "error: relation orders does not exist\n")], known=earlier)

    assert [(one.new, one.count) for one in found] == [(True, 1), (False, 100)]
    assert told(found).startswith("NEW ×1  error: relation orders does not exist")


def test_nothing_is_called_new_when_nobody_knows_what_was_there() -> None:
    """Without an earlier picture everything would be new, which says nothing; an empty one is one."""
    assert [one.new for one in templates([log("error: disk full")])] == [None]
    assert [one.new for one in templates([log("error: disk full")], known=())] == [True]
