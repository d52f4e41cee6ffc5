"""A recorded incident as a play for people: what they hear when, where they are asked, and how they did.

Nothing of it leads to a cluster: it is made of what the record holds, and what people do in it is only written down.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from outage.incidents.severity import Severity
from outage.incidents.timeline import Entry, EntryKind
from outage.plans.plan import Plan
from outage.reports.report import Account
from outage.text.redaction import redact
from outage.value import Value

LONGEST_GAP = timedelta(seconds=60)
"""Nobody sits through the quarter of an hour that the recorded people took for their yes."""
PATIENCE = timedelta(minutes=5)
"""From a question: then it goes on without an answer, as silence is a no."""
TOLD = (EntryKind.ALERT, EntryKind.SEVERITY, EntryKind.HYPOTHESIS, EntryKind.MESSAGE, EntryKind.ESCALATION)
"""Kinds of lines that are heard before anybody knows how it ended."""
OUTCOME = (EntryKind.WRITE, EntryKind.VERIFY, EntryKind.ENDING)
"""Kinds of lines that say what came of it."""


class TabletopBeat(Value):
    """One moment of the play."""

    key: str
    after: float
    """Seconds from its beginning, without what people take for their answers."""
    kind: str
    says: str
    plan: str = ""
    """Hash of the plan that people are asked about here; empty when nothing is asked."""
    diff: str = ""
    right: bool | None = None
    """Of a question: whether yes was right, as it turned out; None when the record cannot tell."""


class Tabletop(Value):
    """The play of one incident."""

    id: str
    incident: str
    title: str
    severity: Severity
    platform: str
    started_at: datetime
    ended_at: datetime | None = None
    speed: float = 1.0
    """How many recorded seconds pass in one."""
    beats: tuple[TabletopBeat, ...]


class TabletopDid(StrEnum):
    """What people do at the table."""

    ACKNOWLEDGED = "acknowledged"
    APPROVED = "approved"
    DECLINED = "declined"
    NOTED = "noted"


ANSWERS = (TabletopDid.APPROVED, TabletopDid.DECLINED)


class TabletopAct(Value):
    """One thing that somebody did."""

    at: datetime
    kind: TabletopDid
    by: str
    what: str = ""
    """Hash of the plan that was answered, or the words of a note."""


def tabletop_beats(account: Account) -> tuple[TabletopBeat, ...]:
    """The moments of an incident, as those heard them who had to decide; gaps are cut to a minute.

    Args:
        account: Of a recorded incident.
    """
    plans = {f"asked/{plan.hash}": plan for plan in account.plans}
    shown = [one for one in sorted(account.entries, key=lambda entry: entry.at) if _heard(one, plans)]
    found, clock, before = list[TabletopBeat](), timedelta(), account.incident.opened_at
    for entry in shown:
        clock += min(LONGEST_GAP, max(timedelta(), entry.at - before))
        before = entry.at
        found.append(_beat(entry, clock, plans.get(entry.key), account))
    return tuple(found)


def _heard(entry: Entry, plans: dict[str, Plan]) -> bool:
    return entry.key in plans or entry.kind in (*TOLD, *OUTCOME)


def _beat(entry: Entry, clock: timedelta, plan: Plan | None, account: Account) -> TabletopBeat:
    if plan is None:
        return TabletopBeat(
            key=entry.key, after=clock.total_seconds(), kind=entry.kind, says=redact(entry.says)
        )
    verdict = account.verdicts.get(plan.attempt)
    return TabletopBeat(
        key=entry.key,
        after=clock.total_seconds(),
        kind="question",
        says=redact(f"{plan.summary}: {plan.causes}. Yes or no?"),
        plan=plan.hash,
        diff=redact("\n".join(step.diff for step in plan.steps if step.diff)),
        right=verdict.mended if verdict else None,
    )


def beats_by_now(table: Tabletop, acts: Sequence[TabletopAct], now: datetime) -> tuple[TabletopBeat, ...]:
    """What people have heard by a moment; after a question nothing is told until it is answered, or patience ends.

    Args:
        table: The play.
        acts: What was done at it.
        now: The time, or its end.
    """
    answered = _answered(acts)
    moment, heard = table.ended_at or now, list[TabletopBeat]()
    clock, last = table.started_at, 0.0
    for beat in table.beats:
        clock += timedelta(seconds=(beat.after - last) / table.speed)
        last = beat.after
        if clock > moment:
            break
        heard.append(beat)
        if beat.plan:
            silence = clock + PATIENCE
            given = answered[beat.plan].at if beat.plan in answered else silence
            clock = max(clock, min(given, silence))
    return tuple(heard)


def _answered(acts: Iterable[TabletopAct]) -> dict[str, TabletopAct]:
    """Plan → its first answer."""
    found: dict[str, TabletopAct] = {}
    for act in sorted(acts, key=lambda one: one.at):
        if act.kind in ANSWERS:
            found.setdefault(act.what, act)
    return found


def open_question(table: Tabletop, acts: Sequence[TabletopAct], now: datetime) -> TabletopBeat | None:
    """The question that waits for an answer; None when none does."""
    heard = beats_by_now(table, acts, now)
    last = heard[-1] if heard and table.ended_at is None else None
    return last if last and last.plan and last.plan not in _answered(acts) else None


class TabletopLine(Value):
    """One thing that was scored."""

    what: str
    right: bool | None
    """None when the record cannot tell what was right."""
    says: str


class TabletopScore(Value):
    """How the table did."""

    lines: tuple[TabletopLine, ...]
    people: tuple[str, ...]

    @property
    def right(self) -> int:
        """Lines that were right."""
        return sum(one.right is True for one in self.lines)

    @property
    def known(self) -> int:
        """Lines of which it can be told."""
        return sum(one.right is not None for one in self.lines)


def score_tabletop(table: Tabletop, acts: Sequence[TabletopAct]) -> TabletopScore:
    """Say who did what when, and whether it was right as the recorded incident turned out."""
    in_order = sorted(acts, key=lambda one: one.at)
    return TabletopScore(
        lines=(_taken(table, in_order), *_questions(table, in_order), _noted(table, in_order)),
        people=tuple(dict.fromkeys(one.by for one in in_order)),
    )


def _taken(table: Tabletop, acts: Sequence[TabletopAct]) -> TabletopLine:
    first = next((one for one in acts if one.kind is TabletopDid.ACKNOWLEDGED), None)
    if first is None:
        return TabletopLine(what="acknowledged", right=False, says="nobody took it")
    return TabletopLine(what="acknowledged", right=True, says=f"by {first.by} after {_since(table, first)}")


def _questions(table: Tabletop, acts: Sequence[TabletopAct]) -> Iterator[TabletopLine]:
    answered = _answered(acts)
    for beat in (one for one in table.beats if one.plan):
        given = answered.get(beat.plan)
        if given is None:
            yield TabletopLine(what="answered", right=False, says=f"nobody answered: {beat.says}")
            continue
        yes = given.kind is TabletopDid.APPROVED
        turned = {True: "it mended the outage", False: "it did not help", None: "nobody knows what it did"}
        right = None if beat.right is None else yes is beat.right
        says = f"{given.by} {given.kind} after {_since(table, given)}; {turned[beat.right]}"
        yield TabletopLine(what="answered", right=right, says=says)


def _noted(table: Tabletop, acts: Sequence[TabletopAct]) -> TabletopLine:
    notes = [one for one in acts if one.kind is TabletopDid.NOTED]
    said = "; ".join(f"{one.by} after {_since(table, one)}: {one.what}" for one in notes)
    return TabletopLine(what="noted", right=None, says=said or "nobody wrote anything down")


def _since(table: Tabletop, act: TabletopAct) -> str:
    return f"{max(0.0, (act.at - table.started_at).total_seconds()):.0f} s"


def score_in_words(score: TabletopScore) -> str:
    """The score for the terminal and for the channels."""
    marks = {True: "✓", False: "✗", None: "·"}
    head = f"{score.right} of {score.known} right; at the table: {', '.join(score.people) or 'nobody'}"
    return redact("\n".join([head, *(f"{marks[one.right]} {one.what}: {one.says}" for one in score.lines)]))
