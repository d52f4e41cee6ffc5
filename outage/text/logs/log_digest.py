"""A whole log read through once, piece by piece: each kind of complaint with its first line, its count, its lead-up.

Nothing of the log is kept but that, so that 50 MB cost no more memory than the kinds of complaints in them. What a
wording means is asked once, not for each line: whether it has a word of trouble does not hang on its digits, and
whether it complains only on how large they are (`errors=0` is none, and a status 200 is none).
"""

import re
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from outage.snapshots.snapshot import EarlierComplaint
from outage.text.logs.log_masking import masked_line
from outage.text.logs.trouble_lines import LEAD_UP, bare_line
from outage.text.logs.trouble_words import complaint, trouble_word
from outage.text.redaction import redact

KINDS = 60
"""Kept of one log; who complains in more ways is not understood better by reading them all."""
WORDINGS = 20_000
"""Remembered; beyond that each new line is asked for its meaning."""
CHANGING = re.compile(rb"[0-9a-f]{8,}|[0-9]+")
"""What is another from line to line and makes no wording of its own."""
LONG_HEX = re.compile(rb"[0-9a-f]{8,}")
SIZES = bytes.maketrans(b"0123456789", b"0111444444")
"""Nothing, a status of those that went well, or more."""
DIGITS = b"0123456789"
WORDING_BYTES = 400
"""Of a line without its digits that is remembered as silent: 20,000 of them are little."""
LINE_BYTES = 4_096
"""Looked at of one line; a stack trace in one line says what it is before that."""


@dataclass
class _Kind:
    first: str
    last: bytes
    before: tuple[str, ...]
    count: int = 1


class LogDigest:
    """Takes a log in pieces, oldest first, up to a moment; tells what it complained of."""

    def __init__(self, patterns: Sequence[str] = (), until: str = ""):
        """Begin.

        Args:
            patterns: More words that mean trouble on this platform.
            until: Timestamp as the kubelet writes it: lines from then on are left out, somebody has them. Empty: all.
        """
        self.begins, self.reached = "", ""
        self.over = False
        self._word = trouble_word(patterns)
        self._speaks: Callable[[str], bool] = complaint(patterns)
        self._until = until.encode()
        self._rest = b""
        self._lead: deque[bytes] = deque(maxlen=LEAD_UP)
        self._worded: dict[bytes, bool] = {}
        self._silent: set[bytes] = set()
        self._meaning: dict[bytes, str] = {}
        self._kinds: dict[str, _Kind] = {}

    def read(self, piece: bytes) -> None:
        """The next piece; lines may be cut anywhere between two of them."""
        ended, newline, self._rest = (self._rest + piece).rpartition(b"\n")
        if not newline or self.over:
            return
        lines, handled = ended.split(b"\n"), 0
        for line, wording in zip(lines, ended.translate(None, DIGITS).split(b"\n"), strict=True):
            if self._until and line >= self._until:
                self.over = True
                break
            if wording not in self._silent:
                self._line(line, wording, lines[max(handled - LEAD_UP, 0) : handled])
            handled += 1
        if handled:
            self.begins = self.begins or _stamp_of(lines[0])
            self.reached = _stamp_of(lines[handled - 1])
            self._lead.extend(lines[max(handled - LEAD_UP, 0) : handled])

    def earlier(self) -> tuple[EarlierComplaint, ...]:
        """Every kind that was heard, the oldest first; without secrets."""
        return tuple(
            EarlierComplaint(
                first=redact(one.first), last=one.last.decode(), count=one.count, before=one.before
            )
            for one in self._kinds.values()
        )

    def _line(self, line: bytes, wording: bytes, lead: list[bytes]) -> None:
        """One line whose wording is not known to be silent, with those right before it in its piece."""
        stamp, _, said = line[:LINE_BYTES].partition(b" ")
        if kind := self._kind_of(said):
            before = [*self._lead, *lead][-LEAD_UP:]
            self._count(kind, line[:LINE_BYTES], stamp, before)
        elif not self._has_word(said) and len(wording) <= WORDING_BYTES and len(self._silent) < WORDINGS:
            self._silent.add(wording)

    def _kind_of(self, said: bytes) -> str:
        """The masked wording of a complaint; empty for a line that is none."""
        if not self._has_word(said):
            return ""
        sizes = LONG_HEX.sub(b"", said).translate(SIZES)
        known = self._meaning.get(sizes)
        if known is None:
            text = bare_line(said.decode("utf-8", "replace"))[1]
            known = masked_line(redact(text)) if text and self._speaks(text) else ""
            if len(self._meaning) < WORDINGS:
                self._meaning[sizes] = known
        return known

    def _has_word(self, said: bytes) -> bool:
        bare = CHANGING.sub(b"", said)
        known = self._worded.get(bare)
        if known is None:
            known = self._word(said)
            if len(self._worded) < WORDINGS:
                self._worded[bare] = known
        return known

    def _count(self, kind: str, line: bytes, stamp: bytes, lead: Sequence[bytes]) -> None:
        if found := self._kinds.get(kind):
            found.count += 1
            found.last = stamp
        elif len(self._kinds) < KINDS:
            before = tuple(redact(one[:LINE_BYTES].decode("utf-8", "replace")) for one in lead)
            self._kinds[kind] = _Kind(line.decode("utf-8", "replace"), stamp, before)


def _stamp_of(line: bytes) -> str:
    return line[:LINE_BYTES].partition(b" ")[0].decode("ascii", "replace")
