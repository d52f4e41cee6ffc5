"""What keeps pods off every node, declared: what is said of it, which fields it lies in, what is done about it."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from outage.diagnosis.cause import Cause
from outage.diagnosis.findings import Signs
from outage.diagnosis.findings.facts import Sign
from outage.diagnosis.known_good.template_revisions import Fix
from outage.diagnosis.known_good.troubled_workloads import Troubled, troubled_workloads
from outage.diagnosis.remedies.remedy import Remedy
from outage.diagnosis.rules.rule import CauseEntry
from outage.diagnosis.rules.scheduling.scheduler_words import EXPECTED, current_words, unplaced_words
from outage.diagnosis.suspect import SuspectDraft
from outage.diagnosis.weighing.doubts import Doubt
from outage.diagnosis.weighing.strength import Strength
from outage.snapshots.case_index import CaseIndex

KNOWN_GOOD = (Remedy.UNDO, Remedy.PUT_BACK)
"""What every obstacle that lies in a template is mended with first."""


def nothing_else(_: Troubled, __: SuspectDraft, ___: str) -> None:
    """Without a known good form nothing is done."""


@dataclass(frozen=True)
class Obstacle:
    """One reason why no node takes the pods of a workload."""

    cause: Cause
    sentence: str
    """The cause in one sentence; `{about}` is the workload, `{named}` what the scheduler names."""
    fields: str
    """Pattern of JSON pointers: the fields of the template in which it lies."""
    shows: str
    """How it shows, in half a sentence."""
    said: re.Pattern[str] | None = None
    """What the scheduler says; its first group, if it has one, is what it names. None: it says nothing."""
    sign: Sign | None = None
    """The sign that the pods give, where the scheduler says nothing."""
    strength: Strength = Strength.STATED
    of_new_template: bool = False
    """Whether only pods of the live template count, and only when a known good template has the fields otherwise."""
    narrowed: Callable[[Fix, str], Fix | None] | None = None
    """Only what of the known good form is about the thing that is named."""
    instead: Callable[[Troubled], SuspectDraft | None] | None = None
    """What is suspected in its place, when that is seen."""
    otherwise: Callable[[Troubled, SuspectDraft, str], None] = nothing_else
    """What is done when no known good form differs; the words are what the scheduler names."""
    weighed: Callable[[Troubled, SuspectDraft], None] | None = None
    """Adds what speaks against it."""
    expected: str = EXPECTED
    means: str = ""
    """The cause as the page of causes has it. Empty for a cause that is entered beside another rule."""
    evidence: str = ""
    """Where it is seen."""
    remedies: tuple[Remedy, ...] = ()
    """What `otherwise` may give."""
    doubts: tuple[Doubt, ...] = (Doubt.LONG_UNCHANGED,)

    @property
    def entry(self) -> CauseEntry | None:
        """The cause as people look it up; None when another rule enters it."""
        remedies = (*KNOWN_GOOD, *self.remedies, Remedy.PERSON)
        whole = CauseEntry(self.cause, self.means, self.shows, self.evidence, remedies, self.doubts)
        return whole if self.means else None

    def suspects(self, one: Troubled) -> Iterator[SuspectDraft]:
        """The suspect for a workload that this obstacle is in the way of, if it is."""
        named = self._named(one)
        if named is None:
            return
        if self.instead is not None and (other := self.instead(one)) is not None:
            yield other
            return
        fix = one.fix(self.fields)
        if fix is not None and self.narrowed is not None:
            fix = self.narrowed(fix, named)
        if fix is None and self.of_new_template:
            return
        found = one.suspect(
            self.cause, self.sentence.format(about=one.about, named=named), fix, self.expected
        )
        found.add(self.strength, self.shows)
        if fix is None:
            self.otherwise(one, found, named)
        if self.weighed is not None:
            self.weighed(one, found)
        yield found

    def _named(self, one: Troubled) -> str | None:
        """What is named; empty when nothing is, None when the obstacle is not in the way."""
        if self.said is None:
            return "" if self.sign is not None and one.trouble(self.sign) else None
        words = current_words(one) if self.of_new_template else unplaced_words(one)
        found = self.said.search(" ".join(words))
        return (found.group(1).rstrip(".") if found.re.groups else "") if found else None


def obstacle_finder(obstacles: Iterable[Obstacle]) -> Callable[[CaseIndex, Signs], Iterator[SuspectDraft]]:
    """Ask of every troubled workload which of these obstacles are in its way."""

    def find(index: CaseIndex, signs: Signs) -> Iterator[SuspectDraft]:
        for one in troubled_workloads(index, signs):
            for obstacle in obstacles:
                yield from obstacle.suspects(one)

    return find


def obstacle_entries(obstacles: Iterable[Obstacle]) -> tuple[CauseEntry, ...]:
    """The causes that these obstacles enter."""
    return tuple(entry for one in obstacles if (entry := one.entry) is not None)
