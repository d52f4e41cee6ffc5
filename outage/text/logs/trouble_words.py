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
    *("no such host", "not resolve", "nxdomain", "servfail", "name resolution", "name or service not known"),
    *("no route to host", "broken pipe", r"\beconn", "enotfound", "eai_again", "etimedout", "ehostunreach"),
    *(
        "connection (?:was )?(?:reset|closed|lost|aborted|terminated|failure)",
        "closed the connection",
        "reset by peer",
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
    *("remaining connection slots", "pool (?:is )?exhausted", "rate limit", "throttl"),
    *("forbidden", "unauthorized", "permission", "not permitted", "invalid credentials", "read[- ]?only"),
    *("x509", "certificate (?:has )?expired", "certificate verify", "tls handshake", "bad certificate"),
    *("deadlock", "lock wait", "could not obtain lock", "could not serialize", r"\boom", "out of memory"),
    *("no space left", "disk (?:is )?full", "quota exceeded", "corrupt", "misconf", "loading the dataset"),
)
"""As regular expressions, upper or lower case."""
_NAMES = (
    r"(?:errors?|exceptions?|failures?|failed|warnings?|timeouts?|crashes|panics|rejected|denied|refused)"
)
_ZERO = r"(?:0(?![.\d]*[1-9]|x)|none|no|null|nil|false|\[\]|\"\")"
_ABOUT = r"(?:error|fail|warn|forbidden|denied|rejected|panic|timeout|permission|circuit)"
_PART = r"(?:words?|pages?|handlers?|reporting|reporter|logs?|list|level|rate|budget|threshold|over|fast|file|path)"
_NONE = re.compile(
    rf"(?i)(?<![\w.,])(?:0|no|zero|none|without(?: any)?) {_NAMES}\b(?: (?:found|detected|occurred|seen))?"
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


@lru_cache(maxsize=32)
def _compiled(patterns: tuple[str, ...]) -> Callable[[str], bool]:
    more = (_usable(one) for one in patterns if one.lower() not in RUNBOOK)
    words = re.compile("|".join((*_WORDS, *more)), re.IGNORECASE)

    def speaks(line: str) -> bool:
        if not words.search(line) or _ACCESS.search(line):
            return False
        return bool(words.search(_NONE.sub(" ", line)))

    return speaks


def _usable(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error:
        return re.escape(pattern)
    return f"(?:{pattern})"
