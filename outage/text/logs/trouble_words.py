"""Which log lines speak of trouble: the one vocabulary of complaints.

Complaints are told by the words of those who complain: libraries, kernels, databases, resolvers, proxies. What says
that there is no trouble, or only names it in a setting, is taken out first: "0 errors", "timeout=30s".
"""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache

_WORDS = (
    *(
        "error",
        "exception",
        "fatal",
        "panic",
        "traceback",
        "fail(?:ed|ure|ures|ing|s)?",
        "crash",
        "aborted",
    ),
    *("warn", "critical", r"\bemerg", "segfault", "core dumped", "stack overflow"),
    *(
        "timeout",
        "timed[ -]?out",
        "deadline exceeded",
        "unavailable",
        "unreachable",
        "refused",
        "denied",
        "rejected",
    ),
    *("bad address", "misbehaving", "non-existing domain", "host not found"),
    *("no such host", "not resolve", "nxdomain", "servfail", "name resolution", "name or service not known"),
    *("no route to host", "broken pipe", r"\beconn", "enotfound", "eai_again", "etimedout", "ehostunreach"),
    *(
        "connection (?:was )?(?:reset|closed|lost|aborted|terminated|failure)",
        "closed the connection",
        "reset by peer",
        "connection to [^ ]+ lost",
        "lost connection",
    ),
    *(
        "could not connect",
        "cannot connect",
        "can't connect",
        "unable to",
        "unexpected eof",
        "socket hang up",
    ),
    *(
        "circuit",
        "no healthy upstream",
        "bad gateway",
        "too many (?:clients|connections|requests|open files)",
    ),
    *("max number of clients", "already has more than", "more connections allowed", "pool is probably full"),
    *("healthy_upstream", "cluster_not_found", "upstream_reset", "connection_failure"),
    *("remaining connection slots", "pool (?:is )?exhausted", "rate limit", "throttl"),
    *(
        "violation",
        "bad user name",
        "not authorized",
        "login refused",
        "invalid signature",
        "signature is invalid",
    ),
    *("signaturedoesnotmatch", "used before issued", "not yet valid", "jwt not active", "clock skew"),
    *("does not exist", "doesn't exist", "no such table", "unknown column", "unknown database"),
    *("forbidden", "unauthorized", "permission", "not permitted", "invalid credentials", "read[- ]?only"),
    *(
        "x509",
        "certificate (?:has )?expired",
        "certificate verify",
        "tls handshake",
        "unknown ca",
        "bad certificate",
        "certificate's altnames",
    ),
    *("deadlock", "lock wait", "could not obtain lock", "could not serialize", r"\boom", "out of memory"),
    *("http response to https", r"malformed http\b", r"\bharakiri\b", "worker_connections"),
    *("no space left", "disk (?:is )?full", "quota exceeded", "corrupt", "misconf", "loading the dataset"),
)
"""As regular expressions, upper or lower case."""
_NAMES = (
    r"(?:errors?|exceptions?|failures?|failed|warnings?|timeouts?|crashes|panics|rejected|denied|refused)"
)
_VALUE_ENDS = r"(?=\s*(?:$|[,;|)\]}\"']|[\w.-]+[=:]|(?:found|detected|occurred|seen)\b))"
"""`error: no` is nothing, `error: no such host` is something: the word has to be the whole value."""
_ZERO = rf"(?:0(?![.\d]*[1-9]|x)|(?:none|no|null|nil|false){_VALUE_ENDS}|\[\]|\"\")"
_ABOUT = r"(?:error|fail|warn|forbidden|denied|rejected|panic|timeout|permission|circuit)"
_PART = r"(?:words?|pages?|handlers?|reporting|reporter|logs?|list|level|rate|budget|threshold|over|fast|file|path)"
_NONE = re.compile(
    rf"(?i)(?<![\w.,])(?:0|no|zero|none|without(?: any)?) (?:{_NAMES}|too many [a-z ]+)\b"
    r"(?: (?:found|detected|occurred|seen))?"
    rf"|\b\w*{_NAMES}\w*(?: count| total)?[\"']?\s*[:=]\s*[\"']?{_ZERO}(?![\w.])[\"']?"
    r"|\b[\w.-]*(?:time[_-]?out|deadline)[\w.-]*[\"']?\s*[:=]\s*[\"']?\d+(?:\.\d+)?\s?(?:[mnu]?s|m|h|sec\w*|min\w*)?\b"
    r"|\bread[_-]?only[\"']?\s*[:=]\s*[\"']?(?:false|off|no|0)\b"
    rf"|\b{_ABOUT}\w*[_-]{_PART}\b(?![\"']?\s*[:=]?\s*exceeded)"
    r"|\b(?:log|stderr|error)[_-]?(?:level|log)[\"']?\s*[:=]\s*[\"']?\w+"
    r"|\bpermissions? (?:granted|loaded|synced|ok|updated)|\bfail(?:ed)?[ -]?over (?:complete\w*|ready)"
    r"|unable to retrieve container logs"
    r"|\bcircuit(?: ?breaker)?\S*(?: is| state)?[ :=]+closed\b"
)
"""What says that all is well in words that would else be complaints, or names a setting."""
_BEGINNING = re.compile(r"(?:\\b)?([a-z0-9' ]{3,}(?![?*+{]))")
_ACCESS = re.compile(r"\"(?:GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) (?P<path>\S+) HTTP/[\d.]+\" [1-3]\d\d\b")
"""A request that went well: its address and its referer may hold any word."""
RUNBOOK = frozenset({"timeout", "connection", "error", "exception"})
"""The runbook's own words, which every platform file has: ours say the same, and know a connection that works."""


def complaint(patterns: Sequence[str] = ()) -> Callable[[str], bool]:
    """A test whether a line speaks of trouble.

    Args:
        patterns: More words that mean trouble on this platform, as regular expressions or plain words.
    """
    return _compiled(tuple(patterns))


def trouble_word(patterns: Sequence[str] = ()) -> Callable[[bytes], bool]:
    """A test whether a line has a word of trouble, whatever else it says: who has none does not complain.

    For who reads millions of lines: most are told apart by the letters with which the words begin, without a regular
    expression.

    Args:
        patterns: As `complaint` takes them.
    """
    return _spotted(tuple(patterns))


@lru_cache(maxsize=32)
def _spotted(patterns: tuple[str, ...]) -> Callable[[bytes], bool]:
    has = _finder(patterns)
    letters = (
        tuple(one.encode() for one in _by_beginning(patterns)) if "" not in _by_beginning(patterns) else ()
    )

    def has_word(line: bytes) -> bool:
        low = line.lower()
        if letters and not any(one in low for one in letters):
            return False
        return has(line.decode("utf-8", "replace"))

    return has_word


@lru_cache(maxsize=32)
def _by_beginning(patterns: tuple[str, ...]) -> dict[str, re.Pattern[str]]:
    """The words by the letters with which they begin; those that begin otherwise under none."""
    found: dict[str, list[str]] = {}
    for one in _alternatives(patterns):
        letters = _BEGINNING.match(one)
        found.setdefault(letters[1] if letters else "", []).append(one)
    return {letters: re.compile("|".join(some), re.IGNORECASE) for letters, some in found.items()}


@lru_cache(maxsize=32)
def _finder(patterns: tuple[str, ...]) -> Callable[[str], bool]:
    """A test for any of the words; most are told apart by their letters, without a regular expression."""
    words = tuple(_by_beginning(patterns).items())

    def has(line: str) -> bool:
        low = line.lower()
        return any(letters in low and word.search(line) for letters, word in words)

    return has


def _alternatives(patterns: Sequence[str]) -> tuple[str, ...]:
    return (*_WORDS, *(_usable(one) for one in patterns if one.lower() not in RUNBOOK))


@lru_cache(maxsize=32)
def _compiled(patterns: tuple[str, ...]) -> Callable[[str], bool]:
    has = _finder(patterns)

    def speaks(line: str) -> bool:
        if not has(line) or _ACCESS.search(line):
            return False
        return has(_NONE.sub(" ", line))

    return speaks


def _usable(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error:
        return re.escape(pattern)
    return f"(?:{pattern})"
