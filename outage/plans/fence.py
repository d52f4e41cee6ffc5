"""A fencing token: the right to write to one target, which a holder who slept through its loss cannot use.

A lock is asked for once; a process that is frozen afterwards does not notice that its session ended and that somebody
else took over. So each holder gets a number that grows, and every write asks first whether it is still the newest.
"""

from collections.abc import Callable
from dataclasses import dataclass

AskHolder = Callable[["Fence"], None]
"""Raises when somebody took the target since."""


@dataclass(frozen=True)
class Fence:
    """The right to write to one target until somebody else takes it."""

    target: str
    """As `str(ObjectRef)`, or the name of what else only one may use."""
    token: int
    """Grows with each holder of this target."""
    ask: AskHolder
    place: "Fence | None" = None
    """The place from which it is written, as the responder of an incident: lost, it takes this right with it."""

    @property
    def needed(self) -> tuple["Fence", ...]:
        """All that must still be held for a write."""
        return (self, *self.place.needed) if self.place else (self,)

    def confirm_held(self) -> None:
        """Go on only as the newest holder; whoever writes asks this right before the call.

        Raises:
            FenceLost: Somebody took the target since. Permanent: this holder writes nothing more.
            RecordError: Nobody can tell, so nothing is written. Transient.
        """
        self.ask(self)


def unshared_fence(target: str) -> Fence:
    """The fence of a target that nobody else can reach: ground of one's own, which no record watches over.

    Args:
        target: What is written to.
    """
    return Fence(target=target, token=0, ask=lambda _: None)
