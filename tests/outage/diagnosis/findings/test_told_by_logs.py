"""Outages of applications nobody here wrote that only their logs tell of: every pod is ready."""

from collections.abc import Callable

import pytest

from outage.diagnosis.hypothesis import Hypothesis
from tests.outage.diagnosis.worlds.diagnosed import diagnose
from tests.outage.diagnosis.worlds.town import Town

FRAMES = "\n".join(f"\tat com.acme.Layer{n}.call(Layer{n}.java:{n}) ~[app.jar:1]" for n in range(60))
NODE_DUMP = (
    "    at GetAddrInfoReqWrap.onlookup (node:dns:109:26) {\n  errno: -3008,\n  syscall: 'getaddrinfo'\n}"
)


def first(town: Town) -> Hypothesis:
    """The likeliest cause, without a baseline."""
    said = diagnose(town.snapshot(), town.platform())
    assert said.hypotheses, [one.says for one in said.findings]
    return said.hypotheses[0]


OWN = [
    (
        "http: Accept error: accept tcp [::]:7000: accept4: too many open files; retrying in 1s",
        "application-error",
    ),
    ("java.net.SocketException: Too many open files", "application-error"),
    ('ERR verify failed error="token used before issued"', "application-error"),
    (
        "api error RequestTimeTooSkewed: The difference between the request time and the current time",
        "application-error",
    ),
    ("TopicAuthorizationException: Not authorized to access topics: [orders.v2]", "application-error"),
    ("SELECT command denied to user 'app'@'10.0.0.1' for table 'orders'", "application-error"),
    (
        "HikariPool-1 - Connection is not available, request timed out after 30001ms (total=10)",
        "application-error",
    ),
    ("KnexTimeoutError: Timeout acquiring a connection. The pool is probably full.", "application-error"),
    ('django.db.utils.ProgrammingError: relation "cart_item" does not exist', "application-error"),
    ("PHP Fatal error:  Allowed memory size of 134217728 bytes exhausted", "out-of-memory"),
    ("[2031-03-14 09:24:39 +0000] [1] [CRITICAL] WORKER TIMEOUT (pid:72)", "application-error"),
    (
        "WARNING: [pool www] server reached pm.max_children setting (2), consider raising it",
        "application-error",
    ),
    ("*** HARAKIRI ON WORKER 3 (pid: 19, try: 1) ***", "application-error"),
    ("java.util.concurrent.RejectedExecutionException: error, thread pool is full", "application-error"),
    ("java.lang.OutOfMemoryError: GC overhead limit exceeded", "out-of-memory"),
]


@pytest.mark.parametrize(("line", "cause"), OWN)
def test_a_ready_program_that_says_it_cannot_work_is_named_and_left_to_a_person(
    line: str, cause: str
) -> None:
    """Its own limits, clocks, rights and tables: nothing in the cluster would mend them."""
    town = Town()
    town.app("lantern", "acme/lantern:3", replicas=2)
    town.log("lantern", line)

    one = first(town)

    assert (one.cause, one.about.name, one.repair) == (cause, "lantern", None)


@pytest.mark.parametrize("line", [line for line, _ in OWN])
def test_a_trace_of_sixty_frames_is_one_complaint_and_not_sixty_good_lines(line: str) -> None:
    """Java, Python and Node print what led there below each error."""
    bare, traced = Town(), Town()
    for town, frames in (
        (bare, ""),
        (traced, f"\n{FRAMES}\nCaused by: java.io.IOException\n\t... 40 common frames"),
    ):
        town.app("lantern", "acme/lantern:3")
        town.log("lantern", line + frames, minutes=1)

    assert first(traced).key == first(bare).key


@pytest.mark.parametrize(
    "line",
    [
        "redis.exceptions.OutOfMemoryError: OOM command not allowed when used memory > 'maxmemory'.",
        "ERROR publish not confirmed within 30000 ms, connection blocked: low on memory",
        'error {"type":"circuit_breaking_exception","reason":"[parent] Data too large"}',
    ],
)
def test_a_client_that_repeats_its_server_accuses_the_server(line: str) -> None:
    """Not itself: it only says what it was told."""
    town = Town()
    town.app("stash", "redis:7", "StatefulSet", port=6379)
    town.app("porter", "acme/porter:2", env={"STASH_ADDR": "stash:6379"})
    town.log("porter", line)

    assert (first(town).cause, first(town).about.name) == ("out-of-memory", "stash")


@pytest.mark.parametrize(
    "line",
    [
        "elasticsearch.ApiError: ApiError(429, 'cluster_block_exception', 'index [x] blocked by: "
        "[TOO_MANY_REQUESTS/12/disk usage exceeded flood-stage watermark, index has read-only-allow-delete block];')",
        "ERR MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk.",
    ],
)
@pytest.mark.parametrize(
    "own",
    [
        "WARN flood stage disk watermark [95%] exceeded on [y][stash-0][/data] free: 812mb[4.0%]",
        "221:C 14 Mar 2031 09:15:00.101 # Write error saving DB on disk: No space left on device",
        "[Warning] [MY-000000] Disk is full writing './binlog.000214' (OS errno 28 - No space left on device)",
    ],
)
def test_a_full_disk_is_that_of_the_store_and_not_of_who_repeats_it(line: str, own: str) -> None:
    """Whose log says it in words of its own; a person makes room."""
    town = Town()
    town.app("stash", "acme/stash:7", "StatefulSet", port=6379)
    town.app("porter", "acme/porter:2", env={"STASH_ADDR": "stash:6379"})
    town.log("porter", line)
    town.log("stash", own)
    said = diagnose(town.snapshot(), town.platform()).hypotheses

    assert [(one.cause, one.about.name, one.repair) for one in said] == [("disk-full", "stash", None)]


@pytest.mark.parametrize(
    "line",
    [
        "Error: getaddrinfo ENOTFOUND relay\n" + NODE_DUMP,
        "curl: (6) Could not resolve host: relay",
        "nc: bad address 'relay'",
        "java.net.UnknownHostException: relay\n" + FRAMES,
    ],
)
def test_a_name_outside_that_does_not_resolve_is_laid_to_the_service_that_stands_for_it(line: str) -> None:
    """The baseline gives it back; without one a person says which name was meant."""
    town = Town()
    town.put("Service", "relay", spec={"type": "ExternalName", "externalName": "smtp.mailhost.example"})
    town.app("herald", "acme/herald:1", env={"SMTP_HOST": "relay"})
    good = town.baseline()
    town.touch("Service", "relay", 9)["spec"]["externalName"] = "smtp.mailhots.example"
    town.log("herald", line)

    known = diagnose(town.snapshot(), town.platform(), good).hypotheses[0]

    assert (first(town).cause, str(first(town).about), first(town).repair) == (
        "wrong-address", "service/relay in harbour", None
    )  # fmt: skip
    assert (known.key, known.wanted, known.repair is not None) == (
        first(town).key,
        "smtp.mailhost.example",
        True,
    )


WELL: list[Callable[[Town], None]] = [
    lambda town: town.log(
        "lantern", "level=info msg=done errors=0 failed=0\n0 errors, 0 too many open files"
    ),
    lambda town: town.log("lantern", "java.net.SocketException: Too many open files", minutes=50, every=0),
    lambda town: town.log(
        "lantern", "INFO served\n" * 30 + "Lock wait timeout exceeded; try restarting transaction"
    ),
    lambda town: town.log("lantern", 'ERROR:  duplicate key value violates unique constraint "x"', every=0),
    lambda town: town.log("lantern", "INFO NetworkClient - [AdminClient] Node -1 disconnected."),
    lambda town: town.log(
        "lantern", '"GET /.env HTTP/1.1" 404 153 "-" "Mozilla/5.0"\n"GET / HTTP/1.1" 200 9'
    ),
    lambda town: town.log(
        "lantern", "WARN db not reachable (connection refused), retry 1/30", minutes=40, every=0
    ),
    lambda town: town.log(
        "lantern", "INFO certificate renewed, NotAfter 2032-01-01; pool size 10 active 3 idle 7"
    ),
]


@pytest.mark.parametrize("said", WELL)
def test_a_program_that_works_is_accused_of_nothing(said: Callable[[Town], None]) -> None:
    """Old news, counts of no errors, one failure among many requests, everyday chatter of libraries."""
    town = Town()
    town.app("lantern", "acme/lantern:3")
    said(town)

    assert not diagnose(town.snapshot(), town.platform()).hypotheses
