"""A recorded incident is played to people: heard in order, held at a question, scored by how it turned out."""

from datetime import timedelta

import pytest

from outage.incidents.timeline import Entry, EntryKind
from outage.reports.drills.tabletop import (
    LONGEST_GAP,
    PATIENCE,
    Tabletop,
    TabletopAct,
    TabletopDid,
    beats_by_now,
    open_question,
    score_in_words,
    score_tabletop,
    tabletop_beats,
)
from outage.verification.plan_effect import PlanEffect, PlanVerdict
from tests.outage.reports.account_specimen import NOON, PLAN
from tests.outage.reports.drills.practised import INCIDENT, SECOND, told_account


def line(key: str, seconds: float, kind: EntryKind, says: str) -> Entry:
    """A line of the recorded timeline."""
    return Entry(key=key, at=NOON + seconds * SECOND, kind=kind, says=says)


ASKED = f"asked/{PLAN.hash}"
ENTRIES = (
    line("alert", 0, EntryKind.ALERT, "ServiceDown"),
    line("phase/triage/1/", 1, EntryKind.PHASE, "triage begins"),
    line("first", 5, EntryKind.MESSAGE, "INCIDENT ALERT"),
    line(ASKED, 12, EntryKind.APPROVAL, "waits for a yes"),
    line("answer/ana", 900, EntryKind.APPROVAL, "ana said yes"),
    line("write", 902, EntryKind.WRITE, "undid"),
    line("ending", 980, EntryKind.ENDING, "Recovered"),
)
BEATS = tabletop_beats(told_account(entries=ENTRIES))
TABLE = Tabletop(
    id="drill-tabletop-1", incident=INCIDENT.id, title="auth down", severity=INCIDENT.severity, platform="shop",
    started_at=NOON, beats=BEATS,
)  # fmt: skip


def act(kind: TabletopDid, seconds: float, what: str = "", by: str = "ana") -> TabletopAct:
    """Something that somebody did."""
    return TabletopAct(at=NOON + seconds * SECOND, kind=kind, by=by, what=what)


def heard(seconds: float, *acts: TabletopAct) -> list[str]:
    """Keys of what was heard by a moment."""
    return [one.key for one in beats_by_now(TABLE, acts, NOON + seconds * SECOND)]


YES = act(TabletopDid.APPROVED, 40, PLAN.hash)


def test_people_hear_what_those_heard_who_had_to_decide() -> None:
    """No recorded answer, and none of the program's own phases."""
    assert [one.key for one in BEATS] == ["alert", "first", ASKED, "write", "ending"]
    assert BEATS[2].diff.startswith("-image: auth:9")
    assert BEATS[2].right is True


def test_a_long_wait_is_cut_to_a_minute() -> None:
    """The recorded people took a quarter of an hour."""
    assert BEATS[3].after - BEATS[2].after == LONGEST_GAP.total_seconds()


def test_nothing_is_told_after_a_question_before_it_is_answered() -> None:
    """Or else everybody knows what was right."""
    assert heard(200) == ["alert", "first", ASKED]
    assert heard(40 + 59, YES) == ["alert", "first", ASKED]
    assert heard(40 + 61, YES) == ["alert", "first", ASKED, "write"]


def test_without_an_answer_it_goes_on_when_patience_ends() -> None:
    """Silence is a no, at the table too."""
    over = 12 + PATIENCE.total_seconds() + 61

    assert heard(over)[-1] == "write"
    assert open_question(TABLE, [], NOON + 20 * SECOND) == BEATS[2]
    assert open_question(TABLE, [YES], NOON + 41 * SECOND) is None


def test_what_is_over_is_heard_as_far_as_it_came() -> None:
    """Whoever opens the page a year later sees that."""
    ended = TABLE.model_copy(update={"ended_at": NOON + 6 * SECOND})

    assert [one.key for one in beats_by_now(ended, [], NOON + timedelta(days=365))] == ["alert", "first"]


@pytest.mark.parametrize(
    ("effect", "said", "right"),
    [
        (PlanEffect.EFFECTIVE, TabletopDid.APPROVED, True),
        (PlanEffect.EFFECTIVE, TabletopDid.DECLINED, False),
        (PlanEffect.NOT_EFFECTIVE, TabletopDid.APPROVED, False),
        (PlanEffect.NOT_EFFECTIVE, TabletopDid.DECLINED, True),
    ],
)
def test_an_answer_is_right_by_what_the_plan_did(effect: PlanEffect, said: TabletopDid, right: bool) -> None:
    """The record knows how it turned out."""
    told = told_account(entries=ENTRIES, verdicts={1: PlanVerdict(effect=effect, says="w")})
    table = TABLE.model_copy(update={"beats": tabletop_beats(told)})

    score = score_tabletop(table, [act(said, 40, PLAN.hash)])

    assert [one.right for one in score.lines if one.what == "answered"] == [right]


def test_the_score_says_who_did_what_when() -> None:
    """Also that nobody did."""
    took = act(TabletopDid.ACKNOWLEDGED, 9, by="bob")
    words = score_in_words(score_tabletop(TABLE, [took, YES, act(TabletopDid.NOTED, 50, "check the cache")]))

    assert "2 of 2 right; at the table: bob, ana" in words
    assert "acknowledged: by bob after 9 s" in words
    assert "ana after 50 s: check the cache" in words
    assert "nobody took it" in score_in_words(score_tabletop(TABLE, []))
