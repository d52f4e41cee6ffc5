"""No connections left: who holds them, who came and took them, and whom a plan never touches."""

from typing import Any

from outage.diagnosis.hypothesis import Action, Hypothesis
from outage.snapshots.snapshot import DatabaseView, LogTail, Rates, Session
from tests.outage.diagnosis.worlds.diagnosed import diagnose
from tests.outage.diagnosis.worlds.shop_objects import SHOP, ago, meta
from tests.outage.diagnosis.worlds.shop_snapshot import Ground, platform

REFUSED = "FATAL: remaining connection slots are reserved for non-replication superuser connections"


def idle(number: int, application: str, **more: Any) -> tuple[Session, ...]:
    """So many sessions of an application that do nothing."""
    return tuple(
        Session(pid=100 + at, user="app", application=application, state="idle", query_seconds=60, **more)
        for at in range(number)
    )


def full(ground: Ground, sessions: tuple[Session, ...]) -> None:
    """The database counts 97 of 100."""
    ground.extra["database"] = DatabaseView(
        name="shop",
        latency_seconds=0.01,
        max_connections=100,
        connections=97,
        reserved_connections=3,
        sessions=sessions,
    )


def refused(ground: Ground) -> None:
    """Clients are told so, and our own role too: there is no view of the database."""
    pod = ground.pods("user")[0]["metadata"]["name"]
    text = f"{ago(seconds=30)} ERROR {REFUSED}"
    ground.extra["logs"] = (LogTail(namespace=SHOP, pod=pod, container="user", text=text),)
    ground.fail("user", minutes=1)


def job(ground: Ground, name: str, host: str = "postgres", minutes: float = 2, **more: Any) -> None:
    """A Job that runs and connects to a host."""
    spec = {"containers": [{"name": "main", "image": "x", "env": [{"name": "PGHOST", "value": host}]}]}
    made = meta(name, SHOP, **more)
    made["creationTimestamp"] = ago(minutes=minutes)
    ground.put("Job", {"metadata": made, "spec": {"template": {"spec": spec}}, "status": {"active": 1}})


def first(ground: Ground, known_well: bool = True) -> Hypothesis:
    """What stands first."""
    said = diagnose(ground.snapshot(), platform(), Ground().baseline() if known_well else None)
    return next(one for one in said.hypotheses if one.cause == "connections-exhausted")


def changes(one: Hypothesis) -> list[tuple[Action, str]]:
    """What its repair does."""
    return [(change.action, str(change.target.name)) for change in one.repair.changes] if one.repair else []


def test_a_database_with_room_is_not_accused_for_old_log_lines() -> None:
    """Healthy first: the clients were refused once, and there is room now."""
    ground = Ground()
    refused(ground)
    ground.extra["database"] = DatabaseView(
        name="shop", latency_seconds=0.01, max_connections=100, connections=20
    )

    said = diagnose(ground.snapshot(), platform())

    assert "connections-exhausted" not in [one.cause for one in said.hypotheses]


def test_the_idle_sessions_of_the_leaking_client_end_and_it_starts_anew() -> None:
    """At most twenty, the workload of the sessions' address, and nobody else."""
    ground = Ground()
    pod = ground.pods("user")[0]
    pod["status"]["podIP"] = "10.0.0.7"
    full(ground, idle(40, "user", client="10.0.0.7") + idle(4, "auth", client="10.0.0.8"))

    done = changes(first(ground))

    assert [action for action, _ in done].count(Action.CANCEL) == 20
    assert done[-1] == (Action.RESTART, "user")


def test_a_pooler_is_left_alone() -> None:
    """Its sessions are everybody's: ending them makes a reconnect storm."""
    ground = Ground()
    full(ground, idle(40, "pgbouncer"))

    assert changes(first(ground)) == []


def test_a_job_that_holds_them_is_suspended_and_its_sessions_go_with_it() -> None:
    """Ending sessions one by one would only let it open new ones."""
    ground = Ground()
    job(ground, "leak")
    full(ground, idle(40, "leak"))

    assert changes(first(ground)) == [(Action.PATCH, "leak")]


def test_when_the_database_lets_nobody_in_the_one_job_that_came_just_before_is_held() -> None:
    """The sessions cannot be seen; what came before the first refusal can."""
    ground = Ground()
    refused(ground)
    job(ground, "leak")

    found = first(ground)

    assert changes(found) == [(Action.PATCH, "leak")]
    assert "came just before" in found.says


def test_a_newcomer_is_found_also_when_only_the_share_of_failing_requests_tells() -> None:
    """Such a sign has no beginning: then what came before now counts."""
    ground = Ground()
    refused(ground)
    ground.fail("user", minutes=0)
    for one in ground.pods("user"):
        one["status"]["conditions"] = [{"type": "Ready", "status": "True"}]
    ground.extra["rates"] = (Rates(service="user", error_ratio=0.5, requests_per_second=5),)
    job(ground, "leak")

    assert changes(first(ground)) == [(Action.PATCH, "leak")]


def test_of_two_newcomers_neither_is_held() -> None:
    """Nobody can tell which: a person decides."""
    ground = Ground()
    refused(ground)
    job(ground, "one")
    job(ground, "other")

    assert changes(first(ground)) == []


def test_a_job_that_is_old_of_a_release_or_of_another_place_is_no_newcomer() -> None:
    """Only what came near the first failure, on its own, and calls this database."""
    ground = Ground()
    refused(ground)
    job(ground, "old", minutes=90)
    job(ground, "released", labels={"helm.sh/chart": "shop"})
    job(ground, "scheduled", ownerReferences=[{"kind": "CronJob", "name": "nightly"}])
    job(ground, "elsewhere", host="redis")

    assert changes(first(ground)) == []
