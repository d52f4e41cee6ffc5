"""The shape of a log line: what stays of it when its changing parts are left open, and which shapes are alike."""

import re
from collections.abc import Iterable

MASK = re.compile(
    r"(?P<TIME>\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?)"
    r"|(?P<ID>\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b)"
    r"|(?P<ADDRESS>\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b)"
    r"|(?P<HEX>\b(?:0x)?[0-9a-f]{12,}\b)"
    r"|(?P<NUMBER>(?<![\w.:-])\d+(?:\.\d+)?(?:ms|s|us|µs|m|%|KB|MB)?(?![\w-]))"
)
"""What changes from line to line, by name."""
WILD = "<*>"
OPEN = re.compile(r"<(?:\*|TIME|ID|ADDRESS|HEX|NUMBER)>")
DIGITS = re.compile(r"\d+")
CUT = "…"
"""Ends a line that was longer: only its beginning is known."""
WORD_CHARACTERS = 40
"""A longer word is JSON without blanks: it says too much to be left open for one number in it."""

Shape = tuple[str, ...]
"""Words, `<*>` for one that may be any."""


def masked_line(text: str) -> str:
    """The line with its changing parts replaced by their names."""
    return MASK.sub(lambda found: f"<{found.lastgroup}>", text)


def line_shape(wordings: Iterable[str]) -> Shape:
    """What several masked lines with equally many words have in common."""
    rows = {tuple(_open(word) for word in one.split()) for one in wordings}
    return tuple(words[0] if len(set(words)) == 1 else WILD for words in zip(*rows, strict=True))


def _open(word: str) -> str:
    """A word with its numbers made equal, or left open when something in it changes."""
    if not OPEN.search(word):
        return DIGITS.sub("0", word)
    return WILD if len(word) <= WORD_CHARACTERS else DIGITS.sub("0", OPEN.sub(WILD, word))


def are_alike(one: Shape, other: Shape) -> bool:
    """Whether two shapes are of the same kind.

    Not compared letter by letter: which words a shape leaves open depends on the lines it was made from, so a
    place that is open in either fits every word. Two lines that were cut are compared as far as both go.
    """
    if one[-1:] == other[-1:] == (CUT,):
        known = min(len(one), len(other)) - 1
        one, other = one[:known], other[:known]
    return len(one) == len(other) and all(a == b or WILD in (a, b) for a, b in zip(one, other, strict=True))
