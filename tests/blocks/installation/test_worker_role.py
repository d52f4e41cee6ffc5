"""A pool's worker with a role of its own, on a real PostgreSQL: what it may see and write, hostile or not."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest

from blocks.installation.worker_role import make_worker_role, record_access
from blocks.record import Record
from blocks.record.people.person_codes import ProofFolder
from outage.diagnosis.hypothesis import Action
from outage.errors import FenceLost, RecordError, UnknownIncident
from outage.incidents.folding import CauseFound
from outage.incidents.incident import Incident, Phase
from outage.incidents.joining import Arrival
from outage.incidents.routing import Route, RouteRule
from outage.incidents.timeline import Entry, EntryKind
from outage.people.message_routing import MessageRoute
from outage.people.name_proof import signed_answer
from outage.people.outbox_message import MessageBody, MessageKind
from outage.plans.approval import Answer, Approval, NameProof
from outage.plans.outcome import Outcome, Resolved, StepDid
from outage.plans.plan import Plan, WayBack
from tasks.act import apply_plan_steps
from tests.blocks.record.written import MINUTE, alert
from tests.tasks.act.fake_cluster import NOON, Clock, Cluster
from tests.tasks.act.shop_plans import (
    ASKING,
    AUTH,
    INCIDENT,
    change,
    configmap,
    deployment,
    image,
    plan_of,
    view,
)

Fleet = Any
"""The two platforms, `shop` in pool frankfurt and `pay` in pool lyon, as `fleet` makes them."""


def outage_of(record: Record, platform: str) -> Incident:
    """An open incident of a platform, as the intake opens it, with a plan, an answer's place and a line."""
    told = alert(platform, name=f"Down{platform}")
    record.receive(told, NOON)
    route = Route(
        platform=platform, namespace=platform, cluster=platform, rule=RouteRule.NAMESPACE, because="x"
    )
    placed = record.place_alert(Arrival(alert=told, subject="auth", at=NOON), route, f"{platform} is down")
    record.add(placed.incident.id, Entry(key="1", at=NOON, kind=EntryKind.NOTE, says="seen", by="ana"))
    return placed.incident.model_copy(update={"severity": INCIDENT.severity})


def planned(record: Record, incident: Incident, cluster: Cluster) -> Plan:
    """A plan that waits for a yes."""
    made = plan_of(cluster, change(Action.PATCH, AUTH, image()))
    return record.keep_plan(made.model_copy(update={"incident": incident.id, "made_at": NOON}))


@pytest.fixture(scope="module")
def fleet(module_dsn: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """The server's side, two platforms with an outage and a plan each, and a worker for each with its own role."""
    home = tmp_path_factory.mktemp("central")
    with Record.open(module_dsn) as central:
        cluster = Cluster(deployment(), configmap())
        outages = {name: outage_of(central, name) for name in ("shop", "pay")}
        plans = {name: planned(central, one, cluster) for name, one in outages.items()}
        dsns = {
            "shop": make_worker_role(module_dsn, "frankfurt", ["shop"]),
            "pay": make_worker_role(module_dsn, "lyon", ["pay"]),
        }
        with Record.open(dsns["shop"]) as shop, Record.open(dsns["pay"]) as pay:
            yield SimpleNamespace(
                central=central, shop=shop, pay=pay, dsns=dsns, outages=outages, plans=plans, home=home
            )


@pytest.fixture
def hostile(fleet: Fleet) -> Iterator["psycopg.Connection[Any]"]:
    """Frankfurt's worker, taken over: its DSN, and any statement that somebody likes."""
    with psycopg.connect(fleet.dsns["shop"], autocommit=True) as connection:
        yield connection


def as_seen(central: Record) -> list[Any]:
    """Everything of lyon's platform that the record holds, to be compared."""
    rows: list[Any] = []
    for table in (
        "incident",
        "plan",
        "approval",
        "entry",
        "intent",
        "outbox",
        "fence",
        "phase",
        "process_lease",
    ):
        rows += central.rows(
            "compare", f"select to_jsonb(t) - 'until' as row from outage.{table} t order by 1"
        )
    return [row["row"] for row in rows if "frankfurt" not in str(row) and "shop" not in str(row)]


def test_a_worker_carries_its_own_platforms_response_from_end_to_end(fleet: Fleet) -> None:
    """All that a response writes, by the narrow role: the first thing that it must not break."""
    mine, record = fleet.outages["shop"], fleet.shop
    assert record.incident(mine.id).platform == "shop"
    assert [one.name for one in record.alerts(mine.id)] == ["Downshop"]
    assert record.update(mine.id, phase=Phase.INVESTIGATE).phase is Phase.INVESTIGATE
    assert record.add(mine.id, Entry(key="2", at=NOON, kind=EntryKind.NOTE, says="looked", by="us"))
    assert record.keep_plan(fleet.plans["shop"]) == fleet.plans["shop"]
    routes = [MessageRoute(channel="slack"), MessageRoute(channel="shop/slack")]
    body = MessageBody(title="shop is down", text="we look")
    assert record.ask_message(mine.id, MessageKind.UPDATE, routes, body, NOON) == ["slack", "shop/slack"]
    found = CauseFound(incident=mine.id, causes=("bad-image:x",), what="a bad image", seen_at=NOON)
    assert record.claim_cause("eu", found, NOON, MINUTE).into in (None, "")
    with record.only_writer("Deployment shop/auth") as fence:
        assert fence
        way_back = WayBack(before=None, says="undo")
        record.intend(mine.id, "hash", "1-x", way_back, NOON, fence)
        done = Outcome(did=StepDid.APPLIED, says="written")
        assert record.settle(mine.id, "hash", "1-x", done, NOON, fence).outcome == done
    silence = Approval(plan_hash="other", answer=Answer.DECLINE, by="silence", at=NOON)
    assert record.answer(mine.id, silence, quorum=1) == silence


def test_pools_do_not_stand_in_each_others_way_by_names(fleet: Fleet) -> None:
    """Two clusters have a Deployment of one name, and a cause of one key: each has its own token and its own claim."""
    for record, name in ((fleet.shop, "shop"), (fleet.pay, "pay")):
        found = CauseFound(
            incident=fleet.outages[name].id, causes=("the-same:x",), what="a bad image", seen_at=NOON
        )
        assert not record.claim_cause("eu", found, NOON, MINUTE).into
    with fleet.pay.only_writer("Deployment a/b") as theirs:
        assert theirs
    with fleet.shop.only_writer("Deployment a/b") as mine:
        assert mine
        fleet.pay.confirm_fence(theirs)
    with fleet.pay.only_writer("Deployment a/b"), pytest.raises(FenceLost):
        fleet.pay.confirm_fence(theirs)


def test_a_worker_sees_nothing_of_another_platform(fleet: Fleet, hostile: "psycopg.Connection[Any]") -> None:
    """By our own reads, and by any statement: of all tables that it may read no row is theirs."""
    theirs = fleet.outages["pay"]
    with pytest.raises(UnknownIncident):
        fleet.shop.incident(theirs.id)
    assert (
        fleet.shop.plans(theirs.id) == fleet.shop.approvals(theirs.id) == fleet.shop.entries(theirs.id) == []
    )
    tables = hostile.execute("select tablename from pg_tables where schemaname = 'outage'").fetchall()
    assert len(tables) > 30
    for (table,) in tables:
        try:
            rows = hostile.execute(f"select t::text from outage.{table} t").fetchall()
        except psycopg.errors.InsufficientPrivilege:
            continue
        assert not [row for row in rows if theirs.id in str(row) or "Downpay" in str(row)], table


WRITES: dict[str, str] = {
    "a line": "insert into outage.entry (incident, key, at, kind, says, by)"
    " values (%(id)s, 'x', now(), 'note', 'x', 'x')",
    "a plan": "insert into outage.plan (incident, attempt, hash, body) values (%(id)s, 9, 'x', '{}')",
    "an intent": "insert into outage.intent (incident, plan_hash, step_key, at, way_back)"
    " values (%(id)s, 'x', 'x', now(), '{}')",
    "a no": "insert into outage.approval (incident, plan_hash, by, answer, at, body)"
    " values (%(id)s, %(hash)s, 'ana', 'decline', now(), '{}')",
    "a message": "insert into outage.outbox (incident, what, channel, turn, body, state, asked_at, not_before)"
    " values (%(id)s, 'update', 'slack', '9', '{}', 'asked', now(), now())",
    "a message through their channel": "insert into outage.outbox"
    " (incident, what, channel, turn, body, state, asked_at, not_before)"
    " values (%(mine)s, 'update', 'pay/slack', '9', '{}', 'asked', now(), now())",
    "an incident": "insert into outage.incident (id, key, title, opened_at, phase, severity, platform)"
    " values ('x', 'x', 'x', now(), 'received', 'P0', 'pay')",
    "an incident of its own": "insert into outage.incident (id, key, title, opened_at, phase, severity, platform)"
    " values ('x', 'x', 'x', now(), 'received', 'P0', 'shop')",
    "their incident's end": "update outage.incident set closed_at = now() where id = %(id)s returning id",
    "its own incident, given away": "update outage.incident set platform = 'pay' where id = %(mine)s",
    "its own incident's reporter": "update outage.incident set requester = 'bob' where id = %(mine)s",
    "their plan": "update outage.plan set body = '{}' where incident = %(id)s",
    "its own plan, after the yes": "update outage.plan set body = '{}' where incident = %(mine)s",
    "its own timeline": "update outage.entry set says = 'nothing' where incident = %(mine)s",
    "a line less": "delete from outage.entry where incident = %(mine)s",
    "their token": "update outage.fence set token = token + 1 where pool = 'lyon' returning target",
    "a token as theirs": "insert into outage.fence (pool, target, token) values ('lyon', 'x', 99)",
    "their worker's lease": "insert into outage.process_lease (name, machine, pid, born, since, until, term)"
    " values ('runner/lyon', 'x', 1, 1, now(), now() + interval '1 day', 9)",
    "a platform more": "insert into outage.worker_role values (session_user, 'frankfurt', 'pay')",
    "a code": "insert into outage.used_code values ('ana', 1)",
    "the salt": "update outage.salt set value = 'x'",
    "row security": "alter table outage.incident disable row level security",
    "who it is": "set session authorization postgres",
    "another role": "set role postgres",
}


@pytest.mark.parametrize("what", WRITES)
def test_a_hostile_worker_writes_nothing_of_another_platform(
    fleet: Fleet, hostile: "psycopg.Connection[Any]", what: str
) -> None:
    """Refused, or no row is hit; and whatever it was, of lyon nothing has changed."""
    values = {
        "id": fleet.outages["pay"].id,
        "mine": fleet.outages["shop"].id,
        "hash": fleet.plans["pay"].hash,
    }
    before = as_seen(fleet.central)
    hit: list[Any] = []
    with contextlib.suppress(psycopg.errors.InsufficientPrivilege):
        hit = hostile.execute(WRITES[what], values).fetchall()
    assert hit == []
    assert as_seen(fleet.central) == before


def put_yes(connection: "psycopg.Connection[Any]", incident: str, yes: Approval) -> None:
    """Write a yes into the record by hand, over whatever stands there."""
    connection.execute(
        "insert into outage.approval (incident, plan_hash, by, answer, at, body) values (%s, %s, %s, %s, %s, %s)"
        " on conflict (incident, plan_hash, by)"
        " do update set answer = excluded.answer, at = excluded.at, body = excluded.body",
        (incident, yes.plan_hash, yes.by, yes.answer, yes.at, yes.model_dump_json()),
    )


def yes_to(plan: Plan, by: str = "ada") -> Approval:
    """A yes that nobody signed."""
    return Approval(plan_hash=plan.hash, answer=Answer.APPROVE, by=by, at=NOON)


def write(fleet: Fleet, name: str, plan: Plan) -> tuple[Resolved, Cluster]:
    """Have an honest worker of the platform write a plan, on a cluster of its own."""
    cluster, clock = Cluster(deployment(), configmap()), Clock()
    done = apply_plan_steps(
        plan,
        fleet.outages[name],
        getattr(fleet, name),
        cluster,
        policy=lambda: ASKING,
        view=lambda: view(cluster, taken_at=clock.now()),
        stopped=lambda: None,
        now=clock.now,
        rest=clock.rest,
    )
    return done, cluster


@pytest.fixture
def key(fleet: Fleet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The key of the server's side; the workers here have its public half, and a home that is not the server's."""
    folder = ProofFolder(fleet.home)
    (tmp_path / "answers-key").write_text(folder.checking_key())
    monkeypatch.setenv("OUTAGE_HOME", str(tmp_path))
    monkeypatch.setenv("OUTAGE_ANSWERS_KEY_FILE", str(tmp_path / "answers-key"))
    return folder.signing_key()


@pytest.fixture
def attempt(fleet: Fleet) -> Callable[[str, int], Plan]:
    """Plans of a platform's outage, one for each test, since answers stay."""

    def made(name: str, number: int) -> Plan:
        plan = fleet.plans[name].model_copy(update={"attempt": number})
        return fleet.central.keep_plan(plan)

    return made


def test_a_yes_that_a_door_signed_is_written_by(
    fleet: Fleet, key: str, attempt: Callable[[str, int], Plan]
) -> None:
    """The healthy case: typed where policy lets names be typed, proven elsewhere; the public half is enough."""
    for number, proof in enumerate(NameProof, 20):
        plan = attempt("shop", number)
        yes = signed_answer(key, fleet.outages["shop"].id, yes_to(plan), proof)
        fleet.central.answer(fleet.outages["shop"].id, yes, quorum=1)
        done, cluster = write(fleet, "shop", plan)
        assert done.applied, done.says
        assert len(cluster.writes) == 1


def test_a_yes_forged_for_another_platforms_plan_does_not_come_into_the_record(
    fleet: Fleet, key: str, hostile: "psycopg.Connection[Any]", attempt: Callable[[str, int], Plan]
) -> None:
    """And lyon's worker writes nothing."""
    plan = attempt("pay", 21)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        put_yes(hostile, plan.incident, yes_to(plan))
    done, cluster = write(fleet, "pay", plan)
    assert not done.applied
    assert "0 of 1 needed approvals" in done.says
    assert cluster.writes == []


def test_a_yes_forged_for_its_own_plan_counts_nowhere(
    fleet: Fleet, key: str, hostile: "psycopg.Connection[Any]", attempt: Callable[[str, int], Plan]
) -> None:
    """The record does not take it from a worker; and were it there, or under the policy's name, no writer counts it."""
    plan = attempt("shop", 22)
    mine = fleet.outages["shop"].id
    for by in ("ada", "policy"):
        forged = signed_answer("a key of its own", mine, yes_to(plan, by))
        if by == "ada":
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                put_yes(hostile, mine, forged)
            fleet.central.answer(mine, forged, quorum=2)  # as if it had come in
        else:
            put_yes(hostile, mine, forged)
        done, cluster = write(fleet, "shop", plan)
        assert not done.applied
        assert cluster.writes == []


def test_a_plan_edited_after_the_yes_is_another_plan(
    fleet: Fleet, key: str, hostile: "psycopg.Connection[Any]", attempt: Callable[[str, int], Plan]
) -> None:
    """The record does not let a worker edit one; and one edited by somebody who may has no yes, whatever its hash."""
    plan, mine = attempt("shop", 23), fleet.outages["shop"].id
    fleet.central.answer(mine, signed_answer(key, mine, yes_to(plan)), quorum=1)
    worse = plan.model_copy(update={"summary": "delete everything"})
    edit = "update outage.plan set body = %s where incident = %s and attempt = 23"
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        hostile.execute(edit, (worse.model_dump_json(), mine))
    fleet.central.rows("edit it all the same", edit + " returning hash", worse.model_dump_json(), mine)
    read = fleet.shop.plan(mine, 23)
    assert read == worse
    done, cluster = write(fleet, "shop", read)
    assert not done.applied
    assert cluster.writes == []


def test_an_old_yes_played_again_counts_nowhere(
    fleet: Fleet, key: str, hostile: "psycopg.Connection[Any]", attempt: Callable[[str, int], Plan]
) -> None:
    """Not for the next plan, not for another incident, and not over the no that called it back."""
    old, mine = attempt("shop", 24), fleet.outages["shop"].id
    yes = signed_answer(key, mine, yes_to(old))
    fleet.central.answer(mine, yes, quorum=1)
    next_one = attempt("shop", 25)
    replays = [yes.model_copy(update={"plan_hash": next_one.hash}), yes]
    no = Approval(plan_hash=old.hash, answer=Answer.DECLINE, by="ada", at=NOON + MINUTE)
    fleet.central.answer(mine, no, quorum=1)
    for again in replays:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            put_yes(hostile, mine, again)
    fleet.central.answer(mine, replays[0], quorum=1)  # as if it had come in
    for plan in (old, next_one):
        done, cluster = write(fleet, "shop", plan)
        assert not done.applied
        assert cluster.writes == []


def test_a_worker_without_the_key_file_that_it_was_told_writes_nothing(
    fleet: Fleet, key: str, attempt: Callable[[str, int], Plan], tmp_path: Path
) -> None:
    """Who cannot tell whether a yes is one refuses."""
    plan, mine = attempt("shop", 26), fleet.outages["shop"].id
    fleet.central.answer(mine, signed_answer(key, mine, yes_to(plan)), quorum=1)
    (tmp_path / "answers-key").unlink()
    done, cluster = write(fleet, "shop", plan)
    assert "nobody can tell whether it may be written" in done.says
    assert cluster.writes == []


def test_who_sees_everything_is_known_by_name(fleet: Fleet) -> None:
    """The server's side does, a worker does not; made anew, a role has only its platforms of now."""
    assert (of := record_access(fleet.central))
    assert of.says == "postgres, a superuser"
    narrow = record_access(fleet.shop)
    assert narrow
    assert (narrow.role, narrow.sees_all) == ("outage_worker_frankfurt", False)
    assert record_access(fleet.central, "nobody_at_all") is None
    dsn = make_worker_role(fleet.central.dsn, "atlantis", ["shop", "sea"])
    moved = make_worker_role(fleet.central.dsn, "atlantis", ["sea"])
    assert dsn != moved
    with Record.open(moved) as record:
        assert record.incidents() == []


@pytest.mark.parametrize("pool", ["", "A", 'x"; drop table outage.incident; --', "a" * 60])
def test_a_pool_whose_name_makes_no_role_is_refused(module_dsn: str, pool: str) -> None:
    """Before anything is asked of the database."""
    with pytest.raises(RecordError, match="make a role for pool"):
        make_worker_role(module_dsn, pool, ["shop"])
