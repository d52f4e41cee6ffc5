"""One vocabulary: what kind of trouble a line tells of, and what it names."""

import pytest

from outage.logs.decisive_line import decisive_line
from outage.logs.trouble_kinds import TroubleKind, named_trouble, trouble_kind

LINES = [
    ("served 200 in 3 ms", None),
    ("listening on 0.0.0.0:8080", None),
    ('FATAL: password authentication failed for user "claims"', TroubleKind.CREDENTIAL_REFUSED),
    ("Access denied for user 'shop'@'10.0.0.3' (using password: YES)", TroubleKind.CREDENTIAL_REFUSED),
    ("WRONGPASS invalid username-password pair", TroubleKind.CREDENTIAL_REFUSED),
    ("dial tcp: lookup cart: no such host", TroubleKind.NAME_UNKNOWN),
    ("getaddrinfo ENOTFOUND cart", TroubleKind.NAME_UNKNOWN),
    ("java.net.UnknownHostException: cart", TroubleKind.NAME_UNKNOWN),
    ("<urlopen error [Errno -2] Name or service not known>", TroubleKind.NAME_UNKNOWN),
    ("certificate verify failed: certificate has expired", TroubleKind.CERTIFICATE_EXPIRED),
    ("x509: certificate signed by unknown authority", TroubleKind.CERTIFICATE_UNTRUSTED),
    ("could not write to file: No space left on device", TroubleKind.NO_SPACE),
    ("cannot execute INSERT in a read-only transaction", TroubleKind.READ_ONLY),
    ("FATAL: sorry, too many clients already", TroubleKind.TOO_MANY_CLIENTS),
    ("QueuePool limit of size 5 overflow 10 reached", TroubleKind.POOL_EXHAUSTED),
    ("ERROR: deadlock detected", TroubleKind.DEADLOCK),
    ("canceling statement due to statement timeout", TroubleKind.LOCK_WAITED),
    ('nextval: reached maximum value of sequence "a_id_seq"', TroubleKind.SEQUENCE_EXHAUSTED),
    ('relation "orders" does not exist', TroubleKind.RELATION_MISSING),
    ("listen tcp :8080: bind: address already in use", TroubleKind.PORT_IN_USE),
    ("exec /app/run: exec format error", TroubleKind.PROGRAM_UNFIT),
    ("java.lang.OutOfMemoryError: Java heap space", TroubleKind.OUT_OF_HEAP),
    ("connect ECONNREFUSED 10.0.0.1:5432", TroubleKind.CONNECTION_REFUSED),
    ("read: connection reset by peer", TroubleKind.CONNECTION_LOST),
    ("context deadline exceeded", TroubleKind.TIMED_OUT),
    ("open /var/run/secrets/kubernetes.io/serviceaccount/token: no such file", TroubleKind.TOKEN_MISSING),
    (
        'pods is forbidden: User "system:serviceaccount:a:b" cannot list resource "pods"',
        TroubleKind.ACCESS_DENIED,
    ),
]


@pytest.mark.parametrize(("line", "kind"), LINES)
def test_a_line_is_of_the_kind_whose_words_it_speaks(line: str, kind: TroubleKind | None) -> None:
    """Words of libraries, kernels and servers; what goes well is of none."""
    assert trouble_kind(line) == kind


def test_what_a_line_names_is_read_from_it() -> None:
    """Host, port and account, as PostgreSQL's client writes them."""
    said = 'connection to server at "shop-db" (10.1.2.3), port 5432 failed: FATAL: '
    told = named_trouble(said + 'password authentication failed for user "shop"')

    assert told is not None
    assert (told.host, told.port, told.account) == ("shop-db", 5432, "shop")


CRASHES = [
    ("", ""),
    ("starting\nlistening on 8080\nshutting down", "listening on 8080"),
    (
        "Error creating bean\n\tat a.b(C.java:1)\nCaused by: a.PoolException: no pool\n\tat a.b(C.java:2)\n"
        "Caused by: b.SQLException: FATAL: no such role\n\t... 7 more\nApplication run failed",
        "Caused by: b.SQLException: FATAL: no such role",
    ),
    (
        'Traceback (most recent call last):\n  File "/a.py", line 3, in <module>\n    int("tcp://")\n'
        "ValueError: invalid literal\nexit status 1",
        "ValueError: invalid literal",
    ),
    (
        "Traceback (most recent call last):\nKeyError: 'A'\n\nDuring handling of the above exception, another "
        "exception occurred:\n\nTraceback (most recent call last):\nRuntimeError: no setting",
        "KeyError: 'A'",
    ),
    (
        "panic: no such host\n\ngoroutine 1 [running]:\nmain.main()\n\t/x.go:3\nexit status 2",
        "panic: no such host",
    ),
    (
        "LOG: starting\nPANIC: could not write to file\nLOG: the database system is shut down",
        "PANIC: could not write to file",
    ),
]


@pytest.mark.parametrize(("text", "line"), CRASHES)
def test_the_decisive_line_is_the_innermost_cause(text: str, line: str) -> None:
    """Not the last frame, not the last word."""
    assert decisive_line(text) == line
