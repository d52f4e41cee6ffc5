from datetime import UTC, datetime

import pytest

from outage.snapshots.snapshot import LogTail
from outage.text.logs.log_templates import (
    KnownTemplates,
    describe_template,
    log_templates_of,
    of_kind,
    template_kinds,
    template_row,
)

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
HOMES = {"shop/api-1": "deployment/api in shop", "shop/web-1": "deployment/web in shop"}


def log(text: str, pod: str = "api-1") -> LogTail:
    """The end of one log."""
    return LogTail(namespace="shop", pod=pod, container="app", text=text)


def known(
    *texts: str, until: datetime = datetime(2030, 1, 1, 11, tzinfo=UTC), **others: str
) -> KnownTemplates:
    """What `api` (and, by name, others) said while all was well, one kind each."""
    api = {"deployment/api in shop": tuple(one for text in texts for one in template_kinds([log(text)]))}
    more = {f"deployment/{name} in shop": template_kinds([log(text)]) for name, text in others.items()}
    return KnownTemplates(until=until, kinds={**api, **more}, workloads=HOMES)


def test_a_quiet_log_gives_no_template() -> None:
    """Healthy first."""
    assert (
        log_templates_of([log("2030-01-01T12:00:00Z listening on :80\n2030-01-01T12:00:01Z GET / 200\n")])
        == ()
    )
    assert describe_template(()) == "no line speaks of trouble"


def test_lines_that_differ_in_numbers_are_one_complaint_with_first_and_last() -> None:
    """A thousand lines are one sentence with a count."""
    lines = [
        f"2030-01-01T12:00:{n:02d}Z dial tcp 10.0.0.{n}:5432: connection refused after {n}ms"
        for n in range(30)
    ]

    found = log_templates_of([log("\n".join(lines[:15])), log("\n".join(lines[15:]), "api-2")])

    assert [(one.count, one.pods) for one in found] == [(30, ("api-1", "api-2"))]
    assert (found[0].first, found[0].last) == ("2030-01-01T12:00:00Z", "2030-01-01T12:00:29Z")


def test_the_platforms_own_patterns_count_too() -> None:
    """Another team's application complains in other words."""
    assert log_templates_of([log("Verbindung abgelehnt")]) == ()
    assert len(log_templates_of([log("Verbindung abgelehnt")], ["abgelehnt"])) == 1


def test_a_pattern_that_is_no_regular_expression_is_taken_as_words() -> None:
    """A platform file is written by people."""
    assert len(log_templates_of([log("what (is this")], ["(is"])) == 1


def test_no_secret_reaches_a_template() -> None:
    """Templates are shown to everybody."""
    found = log_templates_of([log("error: login with password=hunter22 failed")])

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
    found = log_templates_of([log("\n".join(line.format(n=n) for n in range(10, 40)))])

    assert [one.count for one in found] == [30]
    assert (found[0].first, found[0].last) == ("2030-01-01T12:00:10Z", "2030-01-01T12:00:39Z")


@pytest.mark.parametrize("line", [JAVA, PINO, ZAP, PYTHON], ids=["java", "pino", "zap", "python"])
def test_what_was_known_is_not_new_though_its_numbers_are_others(line: str) -> None:
    """The earlier picture had one such line, this one has many: which places are open differs, the kind does not."""
    earlier = known(line.format(n=11))

    found = log_templates_of([log("\n".join(line.format(n=n) for n in range(12, 20)))], known=earlier)

    assert [one.new for one in found] == [False]


def test_what_is_new_stands_first_and_says_so() -> None:
    """A new complaint said once tells more than an old one said a hundred times."""
    old = "error: cache miss storm\n" * 100

    found = log_templates_of([log(old + "error: relation orders does not exist\n")], known=known(old))

    assert [(one.new, one.count) for one in found] == [(True, 1), (False, 100)]
    assert describe_template(found).startswith(
        "new since the baseline: ×1  error: relation orders does not exist"
    )


def test_nothing_is_called_new_when_nobody_knows_what_was_there() -> None:
    """Without an earlier picture everything would be new, which says nothing; an empty one is one."""
    assert [one.new for one in log_templates_of([log("error: disk full")])] == [None]
    assert [one.new for one in log_templates_of([log("error: disk full")], known=known())] == [True]


REFUSED = "error: connection to redis refused"


def test_a_kind_that_one_workload_knows_is_news_of_another() -> None:
    """Each half has its own lines, so that both counts are right."""
    logs = [log(f"{REFUSED}\n{REFUSED}"), log(REFUSED, "web-1")]

    found = log_templates_of(logs, known=known(REFUSED, web="error: late"))

    assert [(one.new, one.count, one.pods) for one in found] == [
        (True, 1, ("web-1",)),
        (False, 2, ("api-1",)),
    ]


def test_nothing_is_new_of_a_workload_that_nobody_listened_to() -> None:
    """The limit of logs, or a missing right: silence of an unread log is no silence."""
    found = log_templates_of(
        [log(REFUSED, "web-1"), log("error: disk full")], known=known("error: disk full")
    )

    assert {one.text: one.new for one in found} == {REFUSED: None, "error: disk full": False}


def test_what_was_said_before_the_baseline_is_no_news() -> None:
    """A platform that starts complains; those lines stand in the log for hours."""
    starting, later = f"2030-01-01T11:59:00.123456789Z {REFUSED}", f"2030-01-01T12:00:01Z {REFUSED}"

    old = log_templates_of([log(starting)], known=known(until=NOON))
    both = log_templates_of([log(f"{starting}\n{later}")], known=known(until=NOON))

    assert [one.new for one in old] == [False]
    assert [(one.new, one.count, one.first) for one in both] == [
        (True, 1, "2030-01-01T12:00:01Z"),
        (False, 1, "2030-01-01T11:59:00.123456789Z"),
    ]


def test_a_line_that_was_cut_is_known_again_though_its_numbers_are_longer() -> None:
    """Where a long line is cut depends on them; JSON with a stack trace is always cut."""
    line = "error {n} of {n} calls: " + " ".join(f"at frame{at}({{n}})" for at in range(40))

    found = log_templates_of([log(line.format(n=100_000))], known=known(line.format(n=1)))

    assert [one.new for one in found] == [False]
    assert found[0].sample.endswith(" …")


def test_json_without_blanks_is_told_apart_by_what_it_says() -> None:
    """It is one word with a number in it, which must not stand for every other such line."""
    line = '{{"level":"error","peer":"10.0.0.{n}:6379","took":{n},"msg":"{says}"}}'

    found = log_templates_of(
        [log(line.format(n=7, says="timeout") + "\n" + line.format(n=8, says="refused"))],
        known=known(line.format(n=31, says="timeout")),
    )

    assert [(one.new, "refused" in one.text) for one in found] == [(True, True), (False, False)]


def test_what_is_kept_to_know_has_no_secret_and_no_number() -> None:
    """A baseline is kept for weeks."""
    said = "error: login of 17 with password=hunter22 failed after 30ms"

    assert template_kinds([log(said)]) == ("error: login of <*> with password=[redacted] failed after <*>",)
    assert [one.new for one in log_templates_of([log(said)], known=known(said))] == [False]


def test_a_line_is_known_to_be_of_its_kind() -> None:
    """The finding shows a line of the new kind, as it stands in the log."""
    (one,) = log_templates_of([log("error: user 7 is gone\nerror: user 9 is gone")])

    assert of_kind(one, "2030-01-01T12:00:00Z error: user 11 is gone")
    assert not of_kind(one, "2030-01-01T12:00:00Z error: disk full")


def test_a_row_says_when_and_where() -> None:
    """One line on the screen; a line without a date has no span."""
    line = "2030-01-01T12:00:{n}Z error: disk full"
    (one,) = log_templates_of([log("\n".join(line.format(n=n) for n in (10, 39)))])
    (undated,) = log_templates_of([log("error: disk full")])

    assert template_row(one) == "×2  error: disk full  (2030-01-01 12:00:10 to 12:00:39, api-1)"
    assert template_row(undated) == "×1  error: disk full  (api-1)"
