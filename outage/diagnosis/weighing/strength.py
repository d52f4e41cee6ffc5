"""What speaks for a cause, in words: how strong it is, what the known good form is worth, how near the change was.

The numbers behind the words stand here and nowhere else. A score is their sum, so a responder can follow it.
"""

from enum import Enum

from outage.diagnosis.weighing.doubts import Doubt


class Strength(Enum):
    """How a cause shows, the strongest first."""

    STATED = ("stated", 0.55)
    """The cluster itself names the cause, as in an event."""
    CONTRADICTED = ("contradicted", 0.4)
    """Fields contradict each other, or a known good form, in the way of this cause."""
    FITS = ("fits", 0.25)
    """It fits, as other causes would."""
    LAST_RESORT = ("last resort", 0.15)
    """Nothing better is known."""

    def __init__(self, word: str, points: float) -> None:
        """Keep the word that people read and what it is worth."""
        self.word, self.points = word, points

    def lowered(self, steps: int) -> "Strength":
        """The strength that is left when so many doubts count against it."""
        order = tuple(Strength)
        return order[min(order.index(self) + steps, len(order) - 1)]


class Trust(Enum):
    """How far a known good form is trusted, by where it comes from."""

    BASELINE = ("the baseline", 0.2)
    HISTORY = ("its history", 0.15)
    SIBLINGS = ("its siblings", 0.1)
    DECLARED = ("what another object declares", 0.1)
    """An autoscaler's least, the platform file's floor, the count in an event."""

    def __init__(self, word: str, points: float) -> None:
        """Keep the word that people read and what it is worth."""
        self.word, self.points = word, points


class Age(Enum):
    """How long before the first failure it was changed."""

    CLOSE = ("changed just before", 0.15)
    NEAR = ("changed lately", 0.05)

    def __init__(self, word: str, points: float) -> None:
        """Keep the word that people read and what it is worth."""
        self.word, self.points = word, points


class Support(Enum):
    """What else speaks for a cause that shows already."""

    SYMPTOM = ("symptom", 0.1)
    """What fails is what this would make fail."""
    FAILING_PODS = ("failing pods", 0.1)
    """Pods of the workload fail in this way."""
    DETAIL = ("detail", 0.125)
    """A detail that few other causes have."""
    TRACE = ("trace", 0.05)
    """A detail that many causes have."""
    NEWCOMER = ("newcomer", 0.25)
    """Something came just before, and what it does fits."""
    RAN_LATELY = ("ran lately", 0.2)
    """What writes by itself has just written."""

    def __init__(self, word: str, points: float) -> None:
        """Keep the word that people read and what it is worth."""
        self.word, self.points = word, points


Part = Strength | Trust | Age | Support | Doubt
"""One part of a score."""


def points_of(part: Part) -> float:
    """What one part adds to the score: a doubt takes away."""
    return -part.points if isinstance(part, Doubt) else part.points
