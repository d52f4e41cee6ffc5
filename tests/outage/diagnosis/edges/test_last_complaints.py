"""Who works once an hour complains once an hour: a program's last word counts, where it cannot be over."""

from typing import Any

import pytest

from tests.outage.diagnosis.worlds.diagnosed import diagnose
from tests.outage.diagnosis.worlds.shop_objects import ago
from tests.outage.diagnosis.worlds.town import Town

REFUSED = 'FATAL: password authentication failed for user "closer"\nERROR closing failed, next try tomorrow'
SECRET: dict[str, Any] = {"name": "ledger-db", "key": "password"}


def town(changed: float | None, started: float = 30) -> Town:
    """A program that closes the books now and then, with a Secret that was changed so many minutes ago."""
    found = Town()
    found.put("Secret", "ledger-db", data={"password": "h:1"}, type="Opaque")
    found.app("ledger-pg", "postgres:16", "StatefulSet", port=5432)
    env = {"DATABASE_URL": "postgres://closer@ledger-pg:5432/l", "PGPASSWORD": SECRET}
    found.app("closer", "acme/closer:1", env=env)
    if changed is not None:
        found.touch("Secret", "ledger-db", changed)["data"]["password"] = "h:2"
    for pod in found.pods("closer"):
        pod["metadata"]["creationTimestamp"] = ago(minutes=started)
    return found


def said(town: Town) -> list[tuple[str, str]]:
    """Cause and object of every hypothesis."""
    found = diagnose(town.snapshot(), town.platform())
    return [(one.cause, f"{one.about.kind}/{one.about.name}") for one in found.hypotheses]


WELL = [
    ("nothing was changed before it", None, REFUSED),
    ("something else was said since", 40, f"{REFUSED}\nINFO closed the books of 2026-02-28"),
    ("it was changed long before", 60 * 9, REFUSED),
    ("who was not let in for a moment may be by now", 32, REFUSED),
]


@pytest.mark.parametrize(("changed", "text"), [one[1:] for one in WELL], ids=[one[0] for one in WELL])
def test_one_complaint_that_may_be_over_accuses_nobody(changed: float | None, text: str) -> None:
    """An accident of a quarter of an hour ago is no outage."""
    one = town(changed)
    one.log("closer", text, minutes=17, every=0)

    assert said(one) == []


@pytest.mark.parametrize(
    "line",
    [
        "[ERROR] [MY-010586] [Repl] Error running query, replica SQL thread aborted. Fix the problem",
        "FATAL:  could not receive data from WAL stream: ERROR:  requested WAL segment 00000001 has already been "
        "removed",
        'ERROR: replication slot "standby_1" does not exist',
    ],
)
def test_a_replica_that_stopped_says_so_once(line: str) -> None:
    """Nobody repeats it, and nothing was changed: a person looks whether its data are still good."""
    one = Town()
    one.app("ledger-replica", "mysql:8.4", "StatefulSet", port=3306)
    one.log("ledger-replica", line, minutes=50, every=0)

    assert said(one) == [("application-error", "StatefulSet/ledger-replica")]


SLIPS = [
    'INFO  login failed for user "bob": invalid credentials (401)',
    '{"level":"info","msg":"access denied","user":"bob","reason":"permission denied for report 12"}',
    'WARN  [org.keycloak.events] (executor-thread-1) type="LOGIN_ERROR", error="invalid_user_credentials"',
    "2026-03-01 11:59:01 INFO  too many requests from 203.0.113.7, answered 429",
]


@pytest.mark.parametrize("line", SLIPS)
def test_what_a_server_says_of_whom_it_refuses_is_no_trouble_of_its_own(line: str) -> None:
    """Users mistype passwords all day."""
    one = Town()
    one.app("gatehouse", "acme/gatehouse:1", replicas=2)
    one.log("gatehouse", line, every=20)

    assert said(one) == []
