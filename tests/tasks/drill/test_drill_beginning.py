"""Bad input and a bad moment: each is one sentence, and nothing is broken."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from blocks.record import Record
from outage.people.outbox_message import MessageKind
from outage.policies.drill_rotation import PlannedDrill
from outage.policies.policy import Freeze, Policy
from outage.snapshots.case import Case
from tasks.drill import drill_beginning, drill_phases
from tasks.drill.drill_beginning import DrillOrder, begin_drill
from tasks.drill.drill_phases import DrillScore
from tasks.observe.tasks import LookResult
from tasks.record.keep_baseline import KeptBaseline
from tests.outage.verification.drills.stranger import SHOP, look
from tests.stack.timers.conftest import CHAT
from tests.tasks.drill.drilled_shop import LONG_AGO, Shop, opened_shop


@pytest.fixture
def shop(own_record: Record, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    """A shop that is well, and that its owner marked for drills."""
    seen = LookResult(Case(snapshot=look(), platform=SHOP))
    monkeypatch.setattr(drill_beginning.look_for_baseline, "fn", lambda: seen)
    monkeypatch.setattr(drill_beginning.keep_if_healthy, "fn", lambda _: KeptBaseline(says="well"))
    with opened_shop(own_record, monkeypatch) as there:
        yield there
        for one in own_record.standing_drills(LONG_AGO):
            own_record.keep_drill(one.id, {"pictures": []}, datetime.now(UTC))


def test_a_drill_that_nothing_speaks_against_is_announced(shop: Shop) -> None:
    """With its fault and its blast, whose yes it had, who is told, and when it ends at the latest."""
    order = DrillOrder(fault="bad-image", service="checkout", by="ada", drill_id="drill-begun")

    begun = begin_drill.fn(order)

    assert not begun.refused
    kept = shop.record.drill("drill-begun")
    assert kept
    assert kept.result["fault"]["blows"]
    assert kept.result["blast"]["pods_down"] == 0
    assert (kept.platform, kept.about, kept.approved_by, kept.told) == ("shop", "checkout", "ada", ("ada",))
    assert kept.until - kept.announced_at <= timedelta(minutes=31)
    assert begin_drill.fn(order).drill == kept, "the same id goes on"


def test_channels_that_take_practice_hear_of_it_before_and_after(shop: Shop) -> None:
    """Also of one that somebody begins by hand, and never those that take none."""
    shop.policy = Policy.model_validate({"channels": {"chat": {**CHAT, "drills": True}, "quiet": CHAT}})
    order = DrillOrder(fault="bad-image", service="checkout", by="ada", drill_id="drill-told")

    begun = begin_drill.fn(order)
    told = shop.record.messages("drill-told")

    assert [(one.channel, one.what) for one in told] == [("chat", MessageKind.ALERT)]
    assert told[0].body.title == "[DRILL bad-image] begins now on shop, checkout, by ada"
    assert "put back in any case" in told[0].body.text

    drill_phases.keep_ending(begun.drill.id, DrillScore(passed=False, says="it was taken back"), [], ())
    over = shop.record.messages("drill-told")[-1]
    assert (over.what, over.body.title) == (
        MessageKind.RESOLVED,
        "[DRILL bad-image] is over and did not pass",
    )


def test_who_heard_of_a_drill_hears_that_it_was_refused(shop: Shop) -> None:
    """An announced drill that a guard stops at the last moment is no silence."""
    shop.policy = Policy.model_validate({"channels": {"chat": {**CHAT, "drills": True}}})
    now = datetime.now(UTC)
    shop.record.plan_drill(
        PlannedDrill(
            id="drill-stopped",
            run="run-stopped",
            platform="shop",
            fault="bad-probe",
            service="mailer",
            announced_at=now,
            begins_at=now,
        )
    )

    begin_drill.fn(DrillOrder(fault="bad-probe", service="mailer", drill_id="drill-stopped"))

    (told,) = shop.record.messages("drill-stopped")
    assert told.what is MessageKind.RESOLVED
    assert told.body.title.startswith("[DRILL bad-probe] did not begin: mailer has no readiness probe")


@pytest.mark.parametrize(
    ("fault", "service", "by", "says"),
    [
        pytest.param("bad-imge", "checkout", "ada", "did you mean bad-image", id="a name that nobody knows"),
        pytest.param("bad-imge", "", "ada", "did you mean bad-image", id="nor the catalogue"),
        pytest.param("../policy", "", "ada", "no fault is called '../policy'", id="no path is opened"),
        pytest.param("secret-reference", "", "ada", "name it with --service", id="no service"),
        pytest.param("bad-image", "", "ada", "name a service with --service", id="another platform's"),
        pytest.param("bad-image", "cart", "ada", "shop has no service cart", id="no such service"),
        pytest.param("bad-probe", "mailer", "ada", "no readiness probe", id="what does not fit"),
        pytest.param("service-selector", "checkout", "", "nobody is told", id="nobody is told"),
        pytest.param(
            "node-taints", "checkout", "ada", "the whole cluster, which is not marked", id="cluster"
        ),
    ],
)
def test_what_cannot_be_is_one_sentence(shop: Shop, fault: str, service: str, by: str, says: str) -> None:
    """Nothing is announced, and nothing is broken."""
    said = begin_drill.fn(DrillOrder(fault=fault, service=service, by=by, drill_id="drill-bad")).refused

    assert says in said
    assert "\n" not in said
    assert shop.record.drill("drill-bad") is None


def test_a_platform_without_the_mark_is_left_alone(shop: Shop) -> None:
    """Its owner is told how to mark it."""
    shop.marked = ()

    said = begin_drill.fn(DrillOrder(fault="bad-image", service="checkout", by="ada")).refused

    assert said.startswith("namespace shop is not marked for drills")


def test_nothing_is_broken_during_a_freeze(shop: Shop) -> None:
    """Nobody could mend it."""
    now = datetime.now(UTC)
    freeze = Freeze(starts=now - timedelta(hours=1), ends=now + timedelta(hours=1), why="sales")
    shop.policy = Policy(freezes=(freeze,))

    said = begin_drill.fn(DrillOrder(fault="bad-image", service="checkout", by="ada")).refused

    assert said.startswith("a freeze holds until")
