"""How a question is asked from inside a pod, with whatever its image holds: a shell, Python or Node. Pure.

A program defines `one`, which asks one question of three words and prints `KIND HOST PORT …` on one line. What it is
run with, and that all questions are asked side by side, is the same for every program.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from outage.value import Value

WORDS = 3
"""Of one question."""
PYTHON_RUN = """
import sys, threading
words = sys.argv[1:]
running = [threading.Thread(target=one, args=words[at:at + 3]) for at in range(0, len(words), 3)]
[each.start() for each in running]; [each.join() for each in running]
"""
NODE_RUN = """
const w=process.argv.slice(1);
for(let i=0;i<w.length;i+=3)one(w[i],w[i+1],w[i+2]);
"""


class InsideQuestion(NamedTuple):
    """The three words of one question; what they mean is the program's affair."""

    first: str
    second: str
    third: str


class SideBySide(Value):
    """One kind of question in three languages; each text defines `one` and has SECONDS where its patience goes."""

    shell: str
    python: str
    node: str
    seconds: int
    """How long one question may take."""

    def commands(self, questions: Sequence[InsideQuestion]) -> list[list[str]]:
        """What to exec, in this order, until one of them is in the image.

        Args:
            questions: What is asked, each answered by a line of its own.

        Returns:
            Argument lists; none when a word holds a quote, which no shell may be given.
        """
        words = [word for question in questions for word in question]
        if any("'" in word for word in words):
            return []
        asked = " ".join(f"one {' '.join(quoted)} &" for quoted in _quoted(words))
        shell, python, node = (self._patient(text) for text in (self.shell, self.python, self.node))
        return [
            ["/bin/sh", "-c", f"{shell}{asked} wait"],
            ["python3", "-c", python + PYTHON_RUN, *words],
            ["python", "-c", python + PYTHON_RUN, *words],
            ["node", "-e", node + NODE_RUN, *words],
        ]

    def _patient(self, text: str) -> str:
        return text.replace("SECONDS", str(self.seconds))


def _quoted(words: Sequence[str]) -> Iterator[list[str]]:
    for at in range(0, len(words), WORDS):
        yield [f"'{word}'" for word in words[at : at + WORDS]]


def printed_answers(printed: str, *kinds: str) -> Iterator[list[str]]:
    """The lines of such a program: kind, host, port, fourth word and the rest, which may be missing.

    Args:
        printed: What came out.
        kinds: First words that are of interest; all other lines are the image's own.
    """
    for line in printed.splitlines():
        words = line.split(None, 4)
        if len(words) > WORDS and words[0] in kinds:
            yield [*words, ""][:5]
