"""Which log lines speak of trouble, and which of them say the same in other words."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from outage.snapshots.snapshot import LogTail
from outage.text.logs.line_kinds import line_kinds
from outage.text.logs.log_masking import CUT, DIGITS, masked_line
from outage.text.logs.trouble_words import complaint

STAMP = re.compile(r"^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d))\s+")
LINE_CHARACTERS = 400
LINES_PER_LOG = 400


class LogLine(NamedTuple):
    """One line that speaks of trouble."""

    stamp: str
    """As the kubelet wrote it; empty when the log has none."""
    place: str
    """`namespace/pod`."""
    text: str


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


def _of(log: LogTail, speaks: Callable[[str], bool]) -> Iterator[LogLine]:
    for line in log.text.splitlines()[-LINES_PER_LOG:]:
        stamp, text = bare_line(line)
        if text and speaks(text):
            yield LogLine(stamp=stamp, place=f"{log.namespace}/{log.pod}", text=text)
