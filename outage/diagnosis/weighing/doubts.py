"""What speaks against a cause, by name: each doubt has its sentence, and what it takes from the score."""

from enum import Enum

WEIGHTY = 0.2
"""From this on a doubt takes a whole step of strength."""


class Doubt(Enum):
    """A reason why a cause that shows may not be it."""

    LONG_UNCHANGED = ("it had not been changed for hours when things first failed", 0.2)
    CHANGED_AFTERWARDS = ("it changed after the first failure", 0.05)
    EXPLAINED = ("a likelier cause explains the same", 0.3)
    """Kept as the next to try."""
    NODE_ASLEEP = ("a node that would match is not ready", 0.3)
    VOLUME_ELSEWHERE = ("a node matches; the volume is what keeps the pod off it", 0.5)
    EXISTS_BY_NOW = ("it exists by now", 0.55)
    MARKED_AS_MEANT = ("it is marked as meant", 0.3)
    THERE_WHEN_WELL = ("it was there when all was well", 0.4)
    BEING_DRAINED = ("pods are leaving it: it is being drained", 0.45)
    TEMPLATE_CHANGED = ("it is as it was; the template's resources were changed", 0.2)
    STUCK_ROLLOUT = ("a stuck rollout holds the pods that the quota counts", 0.25)
    OLDER_TEMPLATE = ("what fails is a pod of another template than the live one", 0.3)
    MEASURED_AS_USUAL = ("the monitoring measures it as at the same time earlier", 0.05)
    OWN_QUESTION = ("why its pods fail is a question of its own", 0.25)

    def __init__(self, says: str, points: float) -> None:
        """Keep the sentence and how much it takes away."""
        self.says, self.points = says, points

    @property
    def lowers(self) -> bool:
        """Whether it makes the cause a weaker one, and does not only put it behind its equals."""
        return self.points >= WEIGHTY
