"""Ten different faults on another team's discovered platform: chosen, announced, begun and mended by its schedule."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from blocks.record import Record
from blocks.settings import Settings
from outage.incidents.drill_notice import Drill
from outage.incidents.incident import Phase
from outage.reports.drills.score_card import Aspect, PhaseTime, ScoreCard
from outage.value import Value
from tests.blocks.channels.fake_service import serving
from tests.blocks.channels.webhook_double import KEY, WebhookDouble
from tests.end_to_end.conftest import outage, until
from tests.end_to_end.shop.discovered_shop import FOLDER, PREFECT, deployments, opened_shop, standing

pytestmark = [pytest.mark.end_to_end, pytest.mark.endurance, pytest.mark.timeout(3600)]
DIFFERENT = 10
LONGEST_SECONDS = 600.0
"""From one drill's end to the next one's: its announcement, its fault, its proof."""


class PractisedTurn(Value):
    """What one turn of the schedule came to."""

    drill: Drill
    card: ScoreCard | None
    as_before: bool
    """Whether users of the shop meet what they met before anything was practised."""

    def right(self, aspect: Aspect) -> bool | None:
        """Whether one thing was right; None when nobody can tell."""
        found = [one.right for one in self.card.aspects if one.aspect is aspect] if self.card else []
        return found[0] if found else None

    @property
    def well(self) -> bool:
        """Found, healed, and nothing left behind."""
        compared = self.drill.result.get("compared") or {"different": ["nobody compared"]}
        told = bool(self.card and self.card.passed and self.right(Aspect.CAUSE))
        return told and self.as_before and not compared["different"]

    def row(self) -> str:
        """As a row of a table."""
        seconds = self.card.seconds.get(PhaseTime.VERIFIED) if self.card else None
        cells = (
            self.drill.fault,
            self.drill.about,
            self.right(Aspect.CAUSE),
            self.right(Aspect.HEALED),
            f"{seconds:.0f}" if seconds else "-",
            self.as_before,
            self.card.says if self.card else self.drill.result.get("says"),
        )
        return " | ".join(str(one) for one in cells)


@pytest.fixture(scope="module")
def chat() -> Iterator[WebhookDouble]:
    """Where the other team is told of practice."""
    with serving(WebhookDouble()) as double:
        yield double


@pytest.fixture(scope="module")
def shop(ground: None, chat: WebhookDouble, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The shop under a policy by which it is practised round the clock."""
    folder = tmp_path_factory.mktemp("shop")
    (folder / "key").write_text(KEY)
    written = (FOLDER / "rotation-policy.yaml").read_text()
    policy = folder / "policy.yaml"
    policy.write_text(written.replace("CHAT_URL", chat.url).replace("CHAT_KEY", str(folder / "key")))
    with opened_shop(folder, policy):
        yield


@contextmanager
def switched_on(name: str) -> Iterator[None]:
    """A deployment's schedule, switched on as in the UI, every minute; off again afterwards."""
    (found,) = deployments(name)
    (schedule,) = found["schedules"]
    url = f"{PREFECT}/deployments/{found['id']}/schedules/{schedule['id']}"
    weekly = {"schedule": schedule["schedule"], "active": False}
    every_minute = {"schedule": {"cron": "* * * * *", "timezone": "UTC"}, "active": True}
    httpx.patch(url, json=every_minute, timeout=10).raise_for_status()
    try:
        yield
    finally:
        httpx.patch(url, json=weekly, timeout=10).raise_for_status()


def practised_since(record: Record, since: datetime) -> list[Drill]:
    """Drills of the shop that are over, oldest first."""
    found = [one for one in record.drills(limit=50) if one.platform == "shop" and one.announced_at >= since]
    return [one for one in reversed(found) if one.ended_at]


def answer_what_waits(record: Record) -> None:
    """A person who says yes to what the policy asks about."""
    for one in record.open_incidents():
        if one.phase is Phase.AWAITING_APPROVAL and one.platform == "shop" and one.drill:
            outage("approve", one.id, "--by", "ana")


def next_turn(record: Record, since: datetime, before: str) -> Callable[[], PractisedTurn | None]:
    """The first drill that ended since; None as long as there is none."""

    def look() -> PractisedTurn | None:
        time.sleep(1)
        answer_what_waits(record)
        over = practised_since(record, since)
        if not over:
            return None
        card = record.score_of(over[0].id)
        return PractisedTurn(drill=over[0], card=card, as_before=standing() == before)

    return look


def test_ten_different_faults_are_practised_by_schedule_healed_and_restored(
    shop: None, chat: WebhookDouble
) -> None:
    """Nobody starts one: the rotation chooses, each is announced before, and said to be practice."""
    before, turns = standing(), list[PractisedTurn]()
    with Record.open(Settings().record_dsn) as record, switched_on("scheduled-drill-shop"):
        since = datetime.now(UTC)
        while len(turns) < DIFFERENT:
            what = f"turn {len(turns) + 1}"
            turn: PractisedTurn = until(what, next_turn(record, since, before), LONGEST_SECONDS)
            turns.append(turn)
            since = turn.drill.announced_at + timedelta(microseconds=1)
            print(turn.row())  # noqa: T201 - the table is what is shown

    assert len({one.drill.fault for one in turns}) == DIFFERENT
    assert [one.row() for one in turns if not one.well] == []
    threads = {one["incident"] for one in chat.taken}
    assert all(any(turn.drill.id in thread for thread in threads) for turn in turns)
    assert all("[DRILL" in one["body"]["title"] for one in chat.taken)
