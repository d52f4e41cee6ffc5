"""Another platform, without a platform file: which data store a client's log line can mean, by its words and calls."""

import pytest

from outage.diagnosis.calls.datastores import kind_of_store
from outage.diagnosis.hypothesis import Hypothesis
from tests.outage.diagnosis.worlds.diagnosed import diagnose
from tests.outage.diagnosis.worlds.otel_demo import Bazaar, stranger
from tests.outage.diagnosis.worlds.otel_demo_objects import (
    DAYS,
    NAME,
    pod_of,
    service_of,
    template_of,
    workload_of,
)
from tests.outage.diagnosis.worlds.shop_objects import Manifest

REDIS_READONLY = "error READONLY You can't write against a read only replica."
MYSQL_FULL = "ERROR 1040 (08004): Too many connections"
MYSQL_READONLY = "ERROR 1290: The MySQL server is running with the --read-only option"
POSTGRES_FULL = "FATAL: sorry, too many clients already"
POSTGRES_READONLY = "ERROR: cannot execute INSERT in a read-only transaction"
STORE_CAUSES = ("database-read-only", "connections-exhausted")


def add(bazaar: Bazaar, name: str, image: str) -> None:
    """One more component with its Service, which runs and is ready."""
    template = template_of("payment", probes=False)
    template["metadata"]["labels"][NAME] = name
    template["spec"]["containers"][0].update(name=name, image=image)
    workload = bazaar.put("StatefulSet", workload_of("StatefulSet", name, template))
    bazaar.put("Pod", pod_of(workload, "", "0", DAYS))
    bazaar.put("Service", service_of(name))


def call(bazaar: Bazaar, caller: str, address: str) -> None:
    """The caller's template names an address, and has for days."""

    def name_it(spec: Manifest) -> None:
        spec["containers"][0]["env"].append({"name": "STORE_ADDR", "value": address})

    bazaar.both(caller)(name_it)


def told(bazaar: Bazaar, caller: str, line: str) -> list[Hypothesis]:
    """What is said of stores when a caller crashes with this line."""
    last = {"exitCode": 1, "reason": "Error"}
    bazaar.fails(caller, waiting=("CrashLoopBackOff", "back-off 40s"), last=last, restarts=4)
    bazaar.log(caller, line)
    found = diagnose(bazaar.snapshot(), stranger()).hypotheses
    return [one for one in found if one.cause in STORE_CAUSES]


INNOCENT = {
    "no store is called at all": ("payment", MYSQL_FULL),
    "words of another kind than the store that is called": ("accounting", MYSQL_READONLY),
    "words of Redis where Postgres is called": ("product-catalog", REDIS_READONLY),
    "the line names another Service that is called": ("accounting", f"kafka:9092 {POSTGRES_FULL}"),
}


@pytest.mark.parametrize(("caller", "line"), INNOCENT.values(), ids=INNOCENT)
def test_a_store_that_the_line_cannot_mean_is_not_accused(caller: str, line: str) -> None:
    """Rather nothing than the one Postgres that happens to be there."""
    assert not told(Bazaar(), caller, line)


MEANT = {
    "Redis, called by name": ("cart", f"{REDIS_READONLY} valkey-cart:6379", "valkey-cart"),
    "Redis, the only store that is called": ("cart", REDIS_READONLY, "valkey-cart"),
    "Postgres is full": ("product-catalog", POSTGRES_FULL, "postgresql"),
    "Postgres refuses writes": ("accounting", POSTGRES_READONLY, "postgresql"),
    "words of many, one store": ("product-catalog", "Error: Too many connections", "postgresql"),
    "MySQL is full, beside a Postgres": ("checkout", MYSQL_FULL, "orders-db"),
    "MySQL refuses writes": ("checkout", MYSQL_READONLY, "orders-db"),
    "Postgres's words from one who names no Postgres": ("payment", POSTGRES_FULL, "database"),
}


@pytest.mark.parametrize(("caller", "line", "name"), MEANT.values(), ids=MEANT)
def test_the_store_that_the_line_means_is_named(caller: str, line: str, name: str) -> None:
    """The one of that kind that the caller calls; where its address is hidden, no workload is accused."""
    bazaar = Bazaar()
    add(bazaar, "orders-db", "docker.io/library/mysql:8.4")
    call(bazaar, "checkout", "orders-db:8080")

    assert [one.about.name for one in told(bazaar, caller, line)] == [name]


def test_of_two_stores_of_a_kind_the_line_tells_or_nobody_does() -> None:
    """Guessing would be wrong half of the time."""
    bazaar, named, mixed = Bazaar(), Bazaar(), Bazaar()
    add(mixed, "orders-db", "mysql:8.4")
    call(mixed, "accounting", "orders-db:8080")
    for one in (bazaar, named):
        add(one, "session-cache", "redis:7")
        call(one, "cart", "session-cache:8080")

    assert not told(mixed, "accounting", "Error: Too many connections")
    assert not told(bazaar, "cart", REDIS_READONLY)
    assert [one.about.name for one in told(named, "cart", f"session-cache:6379 {REDIS_READONLY}")] == [
        "session-cache"
    ]


def test_settings_of_postgres_are_not_advised_for_other_stores() -> None:
    """ALTER SYSTEM is no word of Redis."""
    (redis,) = told(Bazaar(), "cart", REDIS_READONLY)
    (postgres,) = told(Bazaar(), "accounting", POSTGRES_READONLY)

    assert "ALTER" not in redis.settle
    assert redis.field is None
    assert "ALTER" in postgres.settle


def test_an_exporter_beside_a_database_is_not_the_database() -> None:
    """It has the name in its name, and comes first."""
    bazaar = Bazaar()
    add(bazaar, "a-postgres-exporter", "prometheuscommunity/postgres-exporter:v0.17")
    bazaar.objects["StatefulSet"].reverse()

    assert [one.about.name for one in told(bazaar, "accounting", POSTGRES_FULL)] == ["postgresql"]


def test_a_worker_that_is_named_after_its_store_is_not_the_store() -> None:
    """It serves another port, and what it says is of the one that it calls."""
    bazaar = Bazaar()
    add(bazaar, "redis-worker", "shop/worker:1")

    assert [one.about.name for one in told(bazaar, "cart", REDIS_READONLY)] == ["valkey-cart"]
    assert kind_of_store(bazaar.get("StatefulSet", "redis-worker")) is None
