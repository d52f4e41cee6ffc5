"""The names under which the record keeps what each phase of a response found: `triage`, `investigate-2`, `ended`."""

from enum import StrEnum
from typing import Self


class KeptPhase(StrEnum):
    """Phases whose results are kept, as the record spells them."""

    TRIAGE = "triage"
    INVESTIGATE = "investigate"
    PLAN = "plan"
    INHERIT = "inherit"
    RESOLVE = "resolve"
    VERIFY = "verify"
    TAKE_BACK = "take-back"
    LEAD = "lead"
    """What who leads said when the response had nothing more to try."""
    ENDED = "ended"

    @property
    def once(self) -> bool:
        """Whether a response comes by here once, whatever it tries."""
        return self in (KeptPhase.TRIAGE, KeptPhase.ENDED)


class PhaseKey(str):
    """One phase of one response. It is the text that the record holds, so that old records are read with it."""

    __slots__ = ()

    @classmethod
    def of(cls, phase: KeptPhase, attempt: int | None = None) -> Self:
        """Spell a key.

        Args:
            phase: Which phase.
            attempt: Number of the plan, from 1; None for a phase that comes once.

        Raises:
            ValueError: The phase comes once and has a number, or the other way round.
        """
        if phase.once != (attempt is None):
            raise ValueError(
                f"name the phase {phase}: it comes {'once' if phase.once else 'with each attempt'}"
            )
        return cls(phase if attempt is None else f"{phase}-{attempt}")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a key back.

        Raises:
            ValueError: No phase is kept under that name.
        """
        name, _, number = text.rpartition("-")
        if number.isdecimal() and int(number) > 0:
            return cls.of(KeptPhase(name), int(number))
        return cls.of(KeptPhase(text))

    @property
    def phase(self) -> KeptPhase:
        """Which phase it is."""
        return KeptPhase(str(self) if self.attempt is None else self.rpartition("-")[0])

    @property
    def attempt(self) -> int | None:
        """Number of the plan, from 1; None for a phase that comes once."""
        number = self.rpartition("-")[2]
        return int(number) if number.isdecimal() else None


TRIAGED = PhaseKey.of(KeptPhase.TRIAGE)
ENDED = PhaseKey.of(KeptPhase.ENDED)


def investigated(attempt: int) -> PhaseKey:
    """Under which the diagnosis of an attempt is kept."""
    return PhaseKey.of(KeptPhase.INVESTIGATE, attempt)


def planned_as(attempt: int) -> PhaseKey:
    """Under which it is kept what planning came to."""
    return PhaseKey.of(KeptPhase.PLAN, attempt)


def inherited_as(attempt: int) -> PhaseKey:
    """Under which the outcome is kept that was taken over from the incident which answers the same cause."""
    return PhaseKey.of(KeptPhase.INHERIT, attempt)


def resolved_as(attempt: int) -> PhaseKey:
    """Under which it is kept what writing the plan came to."""
    return PhaseKey.of(KeptPhase.RESOLVE, attempt)


def verified_as(attempt: int) -> PhaseKey:
    """Under which it is kept whether the plan of an attempt helped."""
    return PhaseKey.of(KeptPhase.VERIFY, attempt)


def taken_back_as(attempt: int) -> PhaseKey:
    """Under which it is kept what taking the plan back came to."""
    return PhaseKey.of(KeptPhase.TAKE_BACK, attempt)


def led_as(attempt: int) -> PhaseKey:
    """Under which it is kept how it goes on after an attempt, as who leads said."""
    return PhaseKey.of(KeptPhase.LEAD, attempt)
