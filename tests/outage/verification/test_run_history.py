"""A run that kept its promises has nothing lost, nothing twice, nothing unapproved; each broken one is found."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from outage.verification.run_history import (
    AlertHeard,
    AnswerHeard,
    BrokenPromises,
    IncidentSeen,
    IntentSeen,
    MessageHeard,
    RunHistory,
    WriteSeen,
    broken_promises,
)

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
AUTH = "deployment/auth in shop"


def at(seconds: float) -> datetime:
    """So many seconds after noon."""
    return NOON + timedelta(seconds=seconds)


def intent(seconds: float, key: str = "1-undo", wrote: bool | None = True) -> IntentSeen:
    """A step on auth."""
    return IntentSeen(incident="inc-1", plan_hash="h", step_key=key, target=AUTH, at=at(seconds), wrote=wrote)


def write(seconds: float, target: str = AUTH, verb: str = "patch", of_proof: bool = False) -> WriteSeen:
    """A write that was taken."""
    return WriteSeen(target=target, verb=verb, at=at(seconds), of_proof=of_proof)


def answer(seconds: float, yes: bool = True) -> AnswerHeard:
    """What somebody said to the plan."""
    return AnswerHeard(incident="inc-1", plan_hash="h", yes=yes, at=at(seconds))


GOOD = RunHistory(
    alerts=(AlertHeard(fingerprint="f", incident="inc-1"),),
    incidents=(IncidentSeen(id="inc-1", ended=True),),
    answers=(answer(5),),
    intents=(intent(10), intent(20, "take-back/1-undo")),
    writes=(
        write(10.2),
        write(12, "job/smoke-1 in shop", "create", of_proof=True),
        write(14, "job/smoke-1 in shop", "delete", of_proof=True),
        write(20.1),
    ),
    messages=(MessageHeard(key="inc-1/alert/slack/1", received=True, seen=1),),
)


def judged(**more: Any) -> BrokenPromises:
    """The good run, with something else in it."""
    return broken_promises(GOOD.model_copy(update=more))


@pytest.mark.parametrize(
    "more",
    [
        pytest.param({}, id="healed and taken back"),
        pytest.param({"writes": (write(9.5), *GOOD.writes[1:])}, id="the API server's clock is behind"),
        pytest.param(
            {"intents": (intent(10, wrote=False), GOOD.intents[1]), "writes": GOOD.writes[1:]},
            id="nothing had to be written",
        ),
        pytest.param(
            {"messages": (MessageHeard(key="k", received=False, seen=0),)}, id="a message that failed"
        ),
        pytest.param({"answers": (answer(5), answer(30, yes=False))}, id="a no that came too late"),
    ],
)
def test_a_run_that_kept_its_promises_is_clean(more: dict[str, Any]) -> None:
    """With counts: zero of nothing would prove nothing."""
    found = judged(**more)

    assert found.lines()[1:] == ["lost 0, doubled 0, unapproved 0"]
    assert found.kept
    assert "1 alerts, 1 incidents" in found.counts


@pytest.mark.parametrize(
    ("more", "which", "says"),
    [
        pytest.param(
            {"alerts": (AlertHeard(fingerprint="f"),)}, "lost", "no incident has it", id="a lost alert"
        ),
        pytest.param(
            {"incidents": (IncidentSeen(id="inc-1", ended=False),)},
            "lost",
            "inc-1 came to no end",
            id="an incident that is open for ever",
        ),
        pytest.param({"writes": GOOD.writes[1:]}, "lost", "took no write", id="a write that never arrived"),
        pytest.param(
            {"messages": (MessageHeard(key="k", received=True, seen=0),)},
            "lost",
            "does not show it",
            id="a message that never arrived",
        ),
        pytest.param(
            {"writes": (*GOOD.writes, write(25))},
            "doubled",
            "was written 2 times: patch at 12:00:20.100000, patch at 12:00:25",
            id="a sleeper's write after another one took it back",
        ),
        pytest.param(
            {"writes": (*GOOD.writes[:2], *GOOD.writes[1:])},
            "doubled",
            "made a second time",
            id="a second smoke Job",
        ),
        pytest.param(
            {"messages": (MessageHeard(key="k", received=True, seen=2),)},
            "doubled",
            "there 2 times",
            id="a message twice",
        ),
        pytest.param({"answers": ()}, "unapproved", "before anybody said yes", id="no answer"),
        pytest.param({"answers": (answer(15),)}, "unapproved", "before anybody said yes", id="a late yes"),
        pytest.param(
            {"answers": (answer(5), answer(6, yes=False))}, "unapproved", "after a no", id="a yes and a no"
        ),
        pytest.param(
            {"writes": (*GOOD.writes, write(26, "configmap/app in shop"))},
            "unapproved",
            "configmap/app in shop at 12:00:26.000000 was written without an intent",
            id="something else was written",
        ),
        pytest.param(
            {"intents": (), "writes": GOOD.writes[1:3]},
            "unapproved",
            "job/smoke-1 in shop",
            id="a proof of no plan",
        ),
    ],
)
def test_each_broken_promise_is_counted_and_named(more: dict[str, Any], which: str, says: str) -> None:
    """In the list where it belongs."""
    found = judged(**more)

    assert not found.kept
    assert says in getattr(found, which)[0]
