"""The one line of a crash that tells why: the innermost cause, not the last frame and not the last word.

Java writes `Caused by:` once per layer, the innermost last; Python ends a traceback with its exception; Go begins with
`panic:`; Node puts the error before its frames; servers say FATAL.
"""

import re
from collections.abc import Sequence

from outage.logs.trouble_lines import bare_line
from outage.logs.trouble_words import complaint

CAUSED_BY = re.compile(r"^\s*(?:Caused by|Root cause|caused by)\b[: ]")
PANIC = re.compile(r"^(?:panic: |fatal error: |thread '.*' panicked at)|^(?:\S+ )?goroutine panicked")
TRACEBACK = re.compile(r"^\s*Traceback \(most recent call last\)")
EXCEPTION = re.compile(r"^(?:[\w.$]+(?:Error|Exception|Failure|Fault|Interrupt|Exit))\b(?::|$)")
DOTNET = re.compile(r"^\s*(?:Unhandled exception\.|--->)\s*[\w.]+(?:Exception|Error)")
FATAL = re.compile(r"\b(?:FATAL|PANIC|CRITICAL|EMERG|fatal|F\d{4} )\b")
FRAME = re.compile(
    r"^\s*(?:at [\w.$<\[]|File \"|\.\.\. \d+ more|[\^~]+$)|^\S+\.go:\d+|^goroutine \d+ \[|^\S+\([\w., 0x{}]*\)$"
)
CONSEQUENCE = re.compile(
    r"shutting down|exiting|exit(?:ed)? (?:with )?(?:code|status)|terminating|stopping|npm ERR|aborting startup"
    r"|BackOff|killed|command terminated|Application (?:run|startup) failed|the database system is"
    r"|ELIFECYCLE|startup failed\. Exiting",
    re.I,
)
"""What follows from a failure and does not tell why."""
LINES = 300


def decisive_line(text: str, patterns: Sequence[str] = ()) -> str:
    """Return the line that tells most about why a program ended, without its date; empty when nothing was logged.

    Args:
        text: The end of a log.
        patterns: More words that mean trouble on this platform.
    """
    lines = [bare for line in text.splitlines()[-LINES:] if (bare := bare_line(line)[1])]
    if not lines:
        return ""
    for chosen in (_caused_by(lines), _of_traceback(lines), _first_of(lines, PANIC), _last_of(lines, DOTNET)):
        if chosen:
            return chosen.strip()
    speaks = complaint(patterns)
    own = [line for line in lines if not FRAME.match(line) and not CONSEQUENCE.search(line)]
    fatal, exception = _last_of(own, FATAL), _last_of(own, EXCEPTION)
    spoken = next((line for line in reversed(own) if speaks(line)), "")
    return (fatal or exception or spoken or (own or lines)[-1]).strip()


def _caused_by(lines: list[str]) -> str:
    """The innermost cause of the last chain."""
    return _last_of(lines, CAUSED_BY)


def _of_traceback(lines: list[str]) -> str:
    """The exception that ends the first traceback of the last chain: what is raised while it is handled comes after."""
    starts = [at for at, line in enumerate(lines) if TRACEBACK.match(line)]
    if not starts:
        return ""
    first = starts[-1]
    for at in reversed(starts[:-1]):
        between = " ".join(lines[at:first])
        if "During handling of the above" not in between and "direct cause of the following" not in between:
            break
        first = at
    after = [line for line in lines[first + 1 :] if EXCEPTION.match(line)]
    return after[0] if after else ""


def _first_of(lines: list[str], pattern: re.Pattern[str]) -> str:
    return next((line for line in lines if pattern.search(line)), "")


def _last_of(lines: list[str], pattern: re.Pattern[str]) -> str:
    return next((line for line in reversed(lines) if pattern.search(line)), "")
