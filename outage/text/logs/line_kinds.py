"""Which log lines say the same in other words: grouping by a tree of fixed depth, as Drain does it.

He, Zhu, Zheng and Lyu, "Drain: An Online Log Parsing Approach with Fixed Depth Tree", ICWS 2017: lines are compared
only with lines of equally many words and the same beginning, so that ten thousand of them take no time.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from outage.text.logs.log_masking import DIGITS, WILD

SAME_SHARE = 0.4
"""Drain's own threshold: of two lines of one kind, so many words stand in the same places."""
COMPARED_KINDS = 200
"""The latest kinds of one beginning that a line is compared with: a log of nothing but different lines ends, too."""


@dataclass
class LineKind:
    """Lines with equally many words, of which enough are the same."""

    words: tuple[str, ...]
    """What they have in common; `<*>` where they differ."""
    wordings: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The words as a line."""
        return " ".join(self.words)

    def take_in(self, wording: str, words: Sequence[str]) -> None:
        """Count a wording to this kind and leave open what is different in it."""
        self.wordings.append(wording)
        self.words = tuple(a if a == b else WILD for a, b in zip(self.words, words, strict=True))

    def likeness(self, words: Sequence[str]) -> tuple[float, int]:
        """The share of words that are the same, and how many places are open already, which breaks ties."""
        same = sum(a == b != WILD for a, b in zip(self.words, words, strict=True))
        return same / len(words), self.words.count(WILD)


def line_kinds(wordings: Iterable[str]) -> list[LineKind]:
    """Group masked lines by kind.

    Args:
        wordings: Each once, with changing parts replaced by their names, none of them empty.

    Returns:
        The kinds in the order in which their first lines came; each wording is in one of them.
    """
    kinds: list[LineKind] = []
    alike: dict[tuple[int, str], list[LineKind]] = {}
    for wording in wordings:
        words = tuple(wording.split())
        begins = "" if len(words) == 1 else WILD if DIGITS.search(words[0]) else words[0]
        near = alike.setdefault((len(words), begins), [])
        nearest = _nearest(near[-COMPARED_KINDS:], words)
        if nearest is None:
            nearest = LineKind(words)
            near.append(nearest)
            kinds.append(nearest)
        nearest.take_in(wording, words)
    return kinds


def _nearest(kinds: Sequence[LineKind], words: Sequence[str]) -> LineKind | None:
    """The kind that a line is most like, if it is like enough to be one of it."""
    likest = max(kinds, key=lambda kind: kind.likeness(words), default=None)
    return likest if likest and likest.likeness(words)[0] >= SAME_SHARE else None
