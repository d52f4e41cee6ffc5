"""Which log lines speak of trouble, and which of them say the same in other words."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from outage.snapshots.snapshot import LogTail
from outage.text.logs.line_kinds import line_kinds
from outage.text.logs.log_masking import CUT, DIGITS, masked_line
from outage.text.logs.trouble_words import complaint

STAMP = re.compile(r"^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d))\s+")
CONTINUED = re.compile(
    r"\s|[)\]}]|(?:at [\w.$<\[]|Caused by\b|\.\.\. \d+ (?:more|common)|-+>? ?[\w.]+Exception|goroutine \d+ \["
    r"|Traceback \(most recent)|\S+\.go:\d+|$"
)
"""How a line begins that goes on with the one before: frames of a trace, fields of a printed object."""
LINE_CHARACTERS = 400
LINES_PER_LOG = 400
LEAD_UP = 3
"""Lines kept from right before a complaint."""


class LogLine(NamedTuple):
    """One line that speaks of trouble."""

    stamp: str
    """As the kubelet wrote it; empty when the log has none."""
    place: str
    """`namespace/pod`."""
    text: str
    times: int = 1
    """How often it was said up to here since the line of its kind before it; more than 1 where lines were counted and
    not kept."""
    before: tuple[str, ...] = ()
    """Lines right before it, where they are known."""
    per_minute: float = 0.0
    """What it adds to how often its kind is said a minute, in its part of the log; 0 where that has no length."""
    earlier: bool = False
    """Whether its part is the one before the end that was kept."""


Said = tuple[str, Sequence[LogLine]]
"""A masked wording, and the lines that say it."""


def grouped_lines(logs: Iterable[LogTail], patterns: Sequence[str]) -> Iterator[tuple[str, list[Said]]]:
    """The text of each kind of complaint, with its wordings and their lines."""
    speaks = complaint(patterns)
    same: dict[str, list[LogLine]] = {}
    for log in logs:
        for line in _of(log, speaks):
            same.setdefault(DIGITS.sub("0", line.text), []).append(line)
    wordings: dict[str, list[LogLine]] = {}
    for lines in same.values():  # each wording once: masking and grouping are the dear part
        wordings.setdefault(masked_line(lines[0].text), []).extend(lines)
    for kind in line_kinds(wordings):
        yield kind.text, [(wording, wordings[wording]) for wording in kind.wordings]


def bare_line(line: str) -> tuple[str, str]:
    """A line's timestamp, and its text; a long one ends with a whole word and a mark."""
    stamp = STAMP.match(line)
    text = line[stamp.end() if stamp else 0 :].strip()
    if len(text) > LINE_CHARACTERS:
        text = f"{text[:LINE_CHARACTERS].rpartition(' ')[0] or text[:LINE_CHARACTERS]} {CUT}"
    return (stamp[1] if stamp else ""), text


def begins_entry(line: str) -> bool:
    """Whether a line begins an entry of a log: a trace of sixty frames is one complaint and not sixty good lines."""
    text = line.partition(" ")[2] if STAMP.match(line) else line
    return CONTINUED.match(text) is None


def _of(log: LogTail, speaks: Callable[[str], bool]) -> Iterator[LogLine]:
    place = f"{log.namespace}/{log.pod}"
    lines = log.text.splitlines()[-LINES_PER_LOG:]
    stamps = [stamp for stamp, _ in (bare_line(line) for line in (*lines[:1], *lines[-1:])) if stamp]
    often = _per_minute(log.begins, log.gap or stamps[0]) if stamps else 0.0
    for one in log.earlier:
        stamp, text = bare_line(one.first)
        yield LogLine(stamp, place, text, before=one.before, per_minute=often, earlier=True)
        if (more := one.count - 1) > 0:
            yield LogLine(one.last, place, text, times=more, per_minute=more * often, earlier=True)
    lately = _per_minute(*stamps) if len(stamps) > 1 else 0.0
    for number, line in enumerate(lines):
        stamp, text = bare_line(line)
        if text and speaks(text):
            before = tuple(lines[max(number - LEAD_UP, 0) : number])
            yield LogLine(stamp, place, text, before=before, per_minute=lately)


def _per_minute(begins: str, ends: str) -> float:
    """How often a minute something is said that is said once between the two; 0 when that is not known."""
    try:
        span = (datetime.fromisoformat(ends) - datetime.fromisoformat(begins)).total_seconds()
    except (TypeError, ValueError):
        return 0.0
    return 60 / span if span > 0 else 0.0
