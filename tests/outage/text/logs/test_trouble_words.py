"""Which lines of a log are complaints; the harmless ones first."""

import pytest

from outage.text.logs.trouble_words import complaint


@pytest.mark.parametrize(
    "line",
    [
        "0 errors", "build finished: 0 errors, 0 warnings", "error_count=0", "no errors found", "errors: none",
        'errors=0 total=12', '{"errors": 0, "took": 3}', '{"error": null, "ok": true}', 'error=""', "failed: 0",
        '10.0.0.1 - - [x] "GET /errors/500 HTTP/1.1" 200 12', '"POST /api/permission HTTP/2.0" 204 0 "-"',
        "timeout=30s", "read_timeout: 30", "statement_timeout = 5000", '"idleTimeout": "30s"', "read_only=false",
        "forbidden_words loaded", "error_pages ready", "registered error-handler", "log_level=error",
        "Ready to accept connections tcp", 'Connection matched pg_hba.conf line 1: "host all all"',
        'parameter "max_connections" cannot be changed without restarting the server', "connection established",
        "circuit breaker is closed", "permissions loaded", "zoom level 3", "aborting any active transactions",
        "error: none found", "errors=none took=3ms", "failed: no", "error: null, ok: true",
        "completed without any errors", "checkpoint complete", "listening on :8080",
    ],
)  # fmt: skip
def test_a_line_that_says_that_all_is_well_is_no_complaint(line: str) -> None:
    """Nor is the echo of a setting, or a request that went well."""
    assert not complaint()(line)
    assert not complaint(("timeout", "connection", "error", "exception"))(line), "the runbook's own words"


@pytest.mark.parametrize(
    "line",
    [
        "dial tcp: lookup db on 10.96.0.10:53: no such host", "connect ECONNREFUSED 10.0.0.1:5432",
        "read ECONNRESET", "read tcp 10.0.0.1:1: connection reset by peer", "circuit breaker is open for payments",
        "lookup db: NXDOMAIN", 'pods is forbidden: User "a" cannot list', "403 Forbidden", "401 Unauthorized",
        "cannot execute UPDATE in a read-only transaction", "READONLY You can't write against a read only replica.",
        "open /data: permission denied", "FATAL: sorry, too many clients already", "request timed out",
        "x509: certificate signed by unknown authority", "deadlock detected", "write: no space left on device",
        "context deadline exceeded", "EAI_AGAIN db", "getaddrinfo ENOTFOUND db", "Temporary failure in name resolution",
        "no route to host", "write: broken pipe", "upstream prematurely closed connection: no healthy upstream",
        "remaining connection slots are reserved", "out of memory", "java.lang.OutOfMemoryError", "panic: nil map",
        "Traceback (most recent call last):", "HTTP 503 Service Unavailable", "socket hang up", "disk full",
        "WARN pool is exhausted", "3 errors", "10 errors found", "error_count=3", "errors: 12", "failed: 7",
        "timeout after 30s", "request timeout", '"GET /api HTTP/1.1" 500 12 error', "0.5 errors per second",
        "error: no such host db", "error: no space left on device", "failed: no route to host",
        "error: none of the configured nodes is available", "error: nil pointer", "error: false start",
        "no errors yesterday, 1 error today", "error rate limit exceeded",
    ],
)  # fmt: skip
def test_a_complaint_is_heard_also_without_the_word_error(line: str) -> None:
    """Resolvers, kernels, databases and proxies have words of their own."""
    assert complaint()(line)


def test_a_platform_adds_words_of_its_own() -> None:
    """As regular expressions, or as plain words when they are none."""
    assert complaint(("order lost",))("Order lost: 12")
    assert complaint(("[lost",))("an [lost order")
    assert not complaint()("order l0st")
