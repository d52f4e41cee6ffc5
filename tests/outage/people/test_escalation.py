"""Escalation: every line of the runbook's triggers, and what must never happen whatever happens."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outage.incidents.severity import Severity
from outage.people.escalation import (
    FOUND,
    Condition,
    EscalationFacts,
    EscalationRules,
    PastCall,
    Rung,
    escalation_due,
)

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
RULES = EscalationRules(rungs={rung: (rung.lower(),) for rung in Rung})
OPEN = EscalationFacts(opened_at=NOON, severity=Severity.P2)


def minutes(count: float) -> datetime:
    """So many minutes after the opening."""
    return NOON + timedelta(minutes=count)


def live(
    facts: EscalationFacts,
    rules: EscalationRules,
    until: float,
    acts: dict[int, dict[str, object]] | None = None,
) -> list[PastCall]:
    """Let the process look every minute, make the calls that are due, and remember them."""
    calls: list[PastCall] = []
    for minute in range(int(until) + 1):
        facts = facts.model_copy(update=(acts or {}).get(minute, {}))
        now = minutes(minute)
        due = escalation_due(facts.model_copy(update={"calls": tuple(calls)}), rules, now)
        calls += [PastCall(rung=one.rung, turn=one.turn, at=now) for one in due.calls]
    return calls


def test_nothing_is_due_at_first() -> None:
    """A P2 that has just begun calls nobody."""
    due = escalation_due(OPEN, RULES, NOON)

    assert due.calls == ()
    assert due.next_at == minutes(15)


def test_without_rungs_nobody_is_called() -> None:
    """The default of the policy."""
    assert escalation_due(OPEN, EscalationRules(), minutes(500)).calls == ()


@pytest.mark.parametrize("severity", [Severity.P0, Severity.P1])
def test_the_on_call_manager_is_called_at_once(severity: Severity) -> None:
    """Runbook: notify the on-call manager if P0 or P1."""
    due = escalation_due(OPEN.model_copy(update={"severity": severity}), RULES, NOON)

    assert [one.rung for one in due.calls] == [Rung.L1]


@pytest.mark.parametrize(
    ("known", "at", "rung", "word"),
    [
        (None, 15, Rung.L2, "root cause"),
        (None, 14.9, None, ""),
        (10, 15, None, ""),
        (10, 30, Rung.L2, "30 minutes"),
        (20, 15, Rung.L2, "root cause"),
        (10, 60, Rung.L3, "1 hour"),
        (10, 120, Rung.L4, "2 hours"),
    ],
)
def test_the_runbooks_clock(known: float | None, at: float, rung: Rung | None, word: str) -> None:
    """15 minutes without a cause, 30, 60 and 120 without an end."""
    cause = None if known is None else minutes(known)
    due = escalation_due(OPEN.model_copy(update={"cause_known_at": cause}), RULES, minutes(at))

    assert (due.calls[-1].rung if due.calls else None) == rung
    assert rung is None or word in due.calls[-1].why


@pytest.mark.parametrize(
    ("condition", "rung"),
    [
        (Condition.SEVERAL_SERVICES, Rung.L2),
        (Condition.INFRASTRUCTURE, Rung.L2),
        (Condition.CUSTOMER_COMMUNICATION, Rung.L3),
        (Condition.BUSINESS_IMPACT, Rung.L3),
        (Condition.VENDOR, Rung.L3),
        (Condition.MEDIA_OR_REGULATORY, Rung.L4),
        (Condition.MAJOR_CUSTOMER_IMPACT, Rung.L4),
        (Condition.EXECUTIVE_DECISION, Rung.L4),
    ],
)
def test_a_condition_calls_its_rung_at_once(condition: Condition, rung: Rung) -> None:
    """Each of the runbook's eight."""
    facts = OPEN.model_copy(update={"conditions": {condition: minutes(1)}})

    assert [one.rung for one in escalation_due(facts, RULES, minutes(1)).calls] == [rung]


def test_a_night_on_which_nobody_answers() -> None:
    """L2, L3 and L4 are called on time, and L4 again every ten minutes until morning."""
    calls = live(OPEN, RULES, 300)

    assert [(one.rung, (one.at - NOON).seconds // 60) for one in calls[:5]] == [
        (Rung.L2, 15),
        (Rung.L3, 60),
        (Rung.L4, 120),
        (Rung.L4, 130),
        (Rung.L4, 140),
    ]
    assert [one.turn for one in calls if one.rung is Rung.L4] == list(range(1, 20))


def test_an_acknowledgement_stops_all_calls_and_its_silence_escalates_again() -> None:
    """Acknowledged at minute 16; nothing more is heard: at 46 the next rung is called."""
    calls = live(OPEN, RULES, 50, {16: {"signs_of_life": (minutes(16),)}})

    assert [(one.rung, (one.at - NOON).seconds // 60) for one in calls] == [(Rung.L2, 15), (Rung.L3, 46)]


def test_a_note_starts_the_clock_anew() -> None:
    """Whoever works and says so is left alone."""
    acts: dict[int, dict[str, object]] = {
        16: {"signs_of_life": (minutes(16),)},
        40: {"signs_of_life": (minutes(16), minutes(40))},
    }

    assert [(one.at - NOON).seconds // 60 for one in live(OPEN, RULES, 75, acts)] == [15, 70]


def test_what_a_person_asks_for_is_called_while_somebody_has_acknowledged() -> None:
    """They know why."""
    facts = OPEN.model_copy(
        update={"signs_of_life": (minutes(5),), "conditions": {Condition.VENDOR: minutes(6)}}
    )

    assert [one.rung for one in escalation_due(facts, RULES, minutes(6)).calls] == [Rung.L3]


def test_a_rung_without_people_is_stood_in_for_by_the_next() -> None:
    """And what lies above the last, by the last."""
    rules = EscalationRules(rungs={Rung.L1: ("a",), Rung.L3: ("b",)})
    calls = live(OPEN, rules, 125)

    assert {one.rung for one in calls} == {Rung.L3}
    assert [(one.at - NOON).seconds // 60 for one in calls[:2]] == [15, 25]


MINUTE = st.integers(min_value=0, max_value=240)
RUNGS = st.sets(st.sampled_from(list(Rung)), min_size=1)
ACTS = st.fixed_dictionaries(
    {
        "severity": st.sampled_from([Severity.P0, Severity.P1, Severity.P2]),
        "over": st.none() | MINUTE,
        "cause": st.none() | MINUTE,
        "signs": st.lists(MINUTE, max_size=4),
        "conditions": st.dictionaries(st.sampled_from(list(Condition)), MINUTE, max_size=3),
        "rungs": RUNGS,
        "dead": st.tuples(MINUTE, st.integers(0, 60)),
    }
)


@settings(max_examples=150, deadline=None)
@given(ACTS)
def test_whatever_happens(acts: dict[str, object]) -> None:
    """Never after the end, no rung twice but the last, never in an acknowledgement but what a person asked for."""
    signs = sorted(minutes(one) for one in acts["signs"])  # type: ignore[attr-defined]
    conditions = {one: minutes(at) for one, at in acts["conditions"].items()}  # type: ignore[attr-defined]
    over = None if acts["over"] is None else minutes(acts["over"])  # type: ignore[arg-type]
    rules = EscalationRules(rungs=dict.fromkeys(acts["rungs"], ("x",)))  # type: ignore[attr-defined]
    from_, lasts = acts["dead"]  # type: ignore[misc]
    calls: list[PastCall] = []
    for minute in range(300):
        if from_ <= minute < from_ + lasts:  # type: ignore[has-type]
            continue  # the process is dead meanwhile
        now = minutes(minute)
        facts = EscalationFacts(
            opened_at=NOON,
            severity=acts["severity"],  # type: ignore[arg-type]
            over_at=over,
            cause_known_at=None if acts["cause"] is None else minutes(acts["cause"]),  # type: ignore[arg-type]
            conditions={one: at for one, at in conditions.items() if at <= now},
            signs_of_life=tuple(one for one in signs if one <= now),
            calls=tuple(calls),
        )
        due = escalation_due(facts, rules, now)
        for one in due.calls:
            assert over is None or now < over
            heard = [at for at in facts.signs_of_life if at <= now]
            if heard and now < heard[-1] + rules.acknowledged_for:
                assert any(at >= heard[-1] for name, at in facts.conditions.items() if name not in FOUND)
            calls.append(PastCall(rung=one.rung, turn=one.turn, at=now))
        assert due.next_at is None or due.next_at > now
    keys = [(one.rung, one.turn) for one in calls]
    last = rules.configured[-1]
    assert len(keys) == len(set(keys))
    assert all(turn == 1 for rung, turn in keys if rung is not last)
    if over is None and not signs:
        repeated = [one.at for one in calls if one.rung is last]
        assert repeated, "it runs out of nobody"
        gaps = [later - one for one, later in itertools.pairwise(repeated)]
        assert all(rules.repeat_every <= gap <= rules.repeat_every + timedelta(minutes=61) for gap in gaps)
        assert minutes(299) - repeated[-1] <= rules.repeat_every
