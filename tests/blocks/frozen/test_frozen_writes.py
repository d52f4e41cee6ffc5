"""A process stopped by SIGSTOP loses its session, another one takes over, SIGCONT: the first one writes nothing."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count, product
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest

from blocks.retry import wait_until
from outage.diagnosis.hypothesis import Action
from outage.incidents.incident import Ending
from outage.people.message_routing import MessageRoute
from outage.people.outbox_message import MessageKind
from outage.plans.approval import Answer
from outage.plans.outcome import Outcome, StepDid
from outage.plans.plan import TAKE_BACK, WayBack
from outage.verification.run_history import broken_promises
from stack.embedded_postgres import make_databases, with_database
from tests.blocks.channels.configured import settings_for
from tests.blocks.channels.fake_service import serving
from tests.blocks.channels.pagerduty_double import PagerDutyDouble
from tests.blocks.channels.sent_messages import BODY
from tests.blocks.frozen.frozen_writes import (
    WRITES,
    DoorsGiven,
    FrozenAt,
    FrozenCase,
    FrozenDoors,
    carry_out,
    to_cluster,
)
from tests.blocks.frozen.sleeper import STOPPING
from tests.blocks.frozen.target_server import USER, TargetServer, target_server
from tests.blocks.record.written import says
from tests.end_to_end.recorded_history import history_of
from tests.stack.intake.losable_record import LosableRecord

NUMBERS = count(1)
ROOT = Path(__file__).resolve().parents[3]
CONFIG = {"kind": "ConfigMap", "data": {"level": "info"}}
PLACES: dict[str, tuple[str, dict[str, Any]]] = {
    "scale": ("/apis/apps/v1/namespaces/shop/deployments", {"kind": "Deployment", "spec": {"replicas": 2}}),
    "evict": ("/api/v1/namespaces/shop/pods", {"kind": "Pod", "spec": {}}),
}


class House:
    """A record, targets, the process that will be stopped, and another one's doors."""

    def __init__(self, postgres: str, server: TargetServer, pager: PagerDutyDouble, folder: Path) -> None:
        make_databases(postgres, "frozen")
        dsn = with_database(postgres, "frozen")
        self.server, self.pager, self.database = server, pager, dsn
        self.given = DoorsGiven(
            who="another",
            record=dsn,
            api=server.address,
            database=dsn,
            channel=settings_for("pagerduty", pager, folder),
        )
        self.record = LosableRecord.open(dsn)
        self.another = FrozenDoors.open(self.given)
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute("create table ran (who text, statement text)")
            connection.execute("create role visitor login")
        given = self.given.model_copy(update={"who": "sleeper"}).model_dump_json()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.blocks.frozen.sleeper", given],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.hears() == "ready"

    def hears(self) -> str:
        """The next line of the process."""
        assert self.process.stdout
        line = self.process.stdout.readline().strip()
        assert line, "the process has ended"
        return line

    def tells(self, case: FrozenCase) -> None:
        """Let the process begin a case, and wait until it is stopped."""
        assert self.process.stdin
        self.process.stdin.write(case.model_dump_json() + "\n")
        self.process.stdin.flush()
        assert self.hears() == STOPPING
        stopped = psutil.Process(self.process.pid)
        assert wait_until(lambda: stopped.status() == psutil.STATUS_STOPPED, 10, 0.005)

    def wakes(self) -> str:
        """Let the process go on; how its write ended."""
        os.kill(self.process.pid, signal.SIGCONT)
        return self.hears()

    def close(self) -> None:
        """End everything."""
        os.kill(self.process.pid, signal.SIGCONT)
        self.process.kill()
        self.process.wait(10)
        self.record.close()
        self.another.record.close()

    @contextmanager
    def prepared(self, kind: str, at: FrozenAt) -> Iterator[FrozenCase]:
        """What a case writes to, there as it needs it."""
        now, number = datetime.now(UTC), next(NUMBERS)
        incident, _ = self.record.open_incident(f"frozen-{number}", "auth is down", now)
        name = f"{kind}-{number}"
        if kind == "end-session":
            with psycopg.connect(self.database, user="visitor") as visitor:
                pid = str(visitor.info.backend_pid)
                yield FrozenCase(kind=kind, name=pid, at=at, incident=incident.id)
            return
        if kind == "message":
            self.record.ask_message(incident.id, MessageKind.PAGE, [MessageRoute(channel=name)], BODY, now)
        elif not kind.endswith("create"):
            folder, manifest = PLACES.get(kind, ("/api/v1/namespaces/shop/configmaps", CONFIG))
            self.server.put(f"{folder}/{name}", {**manifest, "metadata": {"name": name, "namespace": "shop"}})
        yield FrozenCase(kind=kind, name=name, at=at, incident=incident.id)

    def effects(self, case: FrozenCase) -> list[str]:
        """Who changed what the case writes to, each as often as it did."""
        if case.kind == "message":
            return ["somebody"] * sum(case.incident in key for key in self.pager.alerts)
        if case.kind == "drill-sql":
            with psycopg.connect(self.database) as connection:
                rows = connection.execute("select who from ran").fetchall()
                connection.execute("truncate ran")
            return [who for (who,) in rows]
        if case.kind == "end-session":
            with psycopg.connect(self.database) as connection:
                sql = "select 1 from pg_stat_activity where pid = %s"
                return [] if connection.execute(sql, (int(case.name),)).fetchone() else ["somebody"]
        return [one.who for one in self.server.writes if case.name in f"{one.path}/"] or (
            ["somebody"] if case.kind.endswith("create") and self._is_made(case.name) else []
        )

    def _is_made(self, name: str) -> bool:
        return any(path.endswith(f"/{name}") for path in self.server.objects)


@pytest.fixture(scope="module")
def house(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """The house, and the process in it."""
    folder = tmp_path_factory.mktemp("frozen")
    with target_server() as server, serving(PagerDutyDouble()) as pager:
        there = House(postgres, server, pager, folder)  # type: ignore[arg-type]
        yield there
        there.close()


def cases(kinds: Iterable[str], always: FrozenAt, *more: FrozenAt) -> list[Any]:
    """Each kind at one point always, and at the others where there is time."""
    rare = [pytest.param(*one, marks=pytest.mark.endurance) for one in product(kinds, more)]
    return [*product(kinds, (always,)), *rare]


@pytest.mark.parametrize(("kind", "at"), cases(WRITES, FrozenAt.BEFORE_CALL, FrozenAt.BEFORE_INTENT))
def test_who_lost_the_target_writes_nothing(house: House, kind: str, at: FrozenAt) -> None:
    """Not even where nobody has written yet and the target would take it."""
    with house.prepared(kind, at) as case:
        house.tells(case)
        house.record.end_lock_sessions()
        with house.record.only_writer(case.target) as fence:
            assert fence
            intents = len(house.record.intents(case.incident))

            assert house.wakes() == "FenceLost"
            assert house.effects(case) == []
            assert len(house.record.intents(case.incident)) == intents


GONE = ("delete", "drill-delete", "evict", "end-session", "message")
"""Who looks right before the call finds nothing left to write to, and comes to no call."""
WITHOUT = ("drill-sql",)
"""A statement of a drill: nothing at the target could be compared; docs/writes.md says so."""


@pytest.mark.parametrize(
    ("kind", "at"),
    cases(
        [one for one in WRITES if one not in WITHOUT],
        FrozenAt.AFTER_CHECK,
        FrozenAt.BEFORE_INTENT,
        FrozenAt.BEFORE_CALL,
    ),
)
def test_what_another_one_wrote_is_not_written_again(house: House, kind: str, at: FrozenAt) -> None:
    """After the last check nobody asks any more: then the target itself refuses, by what the write relies on."""
    with house.prepared(kind, at) as case:
        house.tells(case)
        house.record.end_lock_sessions()
        with house.record.only_writer(case.target) as fence:
            assert fence
            carry_out(house.another, case, fence, lambda point: None)
        before = house.effects(case)
        said = house.wakes()

        assert len(before) == 1
        assert house.effects(case) == before
        assert at is FrozenAt.AFTER_CHECK or kind in GONE or said == "FenceLost"


def approved(house: House, case: FrozenCase, since: datetime) -> None:
    """A yes to the plan, and an end of the incident: what this module does not try is in order."""
    house.record.answer(case.incident, says(Answer.APPROVE, "ada").model_copy(update={"at": since}), quorum=1)
    house.record.update(case.incident, closed_at=datetime.now(UTC), ending=Ending.RECOVERED)


@pytest.mark.parametrize("unfenced", [False, True], ids=["with the token", "with the token taken out"])
def test_the_audit_log_shows_no_second_write_and_would_show_one(
    house: House, tmp_path: Path, unfenced: bool
) -> None:
    """Another one carries the step out and takes it back; the sleeper wakes, and the target would take its write."""
    since = datetime.now(UTC)
    with house.prepared("patch", FrozenAt.BEFORE_CALL) as case:
        case = case.model_copy(update={"unfenced": unfenced})
        approved(house, case, since)
        house.tells(case)
        house.record.end_lock_sessions()
        with house.record.only_writer(case.target) as fence:
            assert fence
            done = Outcome(did=StepDid.APPLIED, says="")
            carry_out(house.another, case, fence, lambda point: None)
            house.record.settle(case.incident, "hash", case.target, done, datetime.now(UTC), fence)
            key, now = TAKE_BACK + case.target, datetime.now(UTC)
            house.record.intend(case.incident, "hash", key, WayBack(before=None, says=""), now, fence)
            back = {"op": "replace", "path": "/data/level", "value": "info"}
            to_cluster("ConfigMap", Action.PATCH, back)(house.another, case.name, fence)
            house.record.settle(case.incident, "hash", key, done, datetime.now(UTC), fence)
        said = house.wakes()

    audit = tmp_path / "audit.log"
    audit.write_text("\n".join(house.server.audit), encoding="utf-8")
    found = broken_promises(history_of(house.record, audit, USER, lambda message: 1, since))
    print("\n".join(found.lines()))  # noqa: T201 - the counts are what is shown

    assert said == ("returned" if unfenced else "FenceLost")
    assert (len(found.lost), len(found.doubled), len(found.unapproved)) == (0, int(unfenced), 0)
    assert f"{3 if unfenced else 2} writes" in found.counts
