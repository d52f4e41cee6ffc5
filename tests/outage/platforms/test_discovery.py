"""A first platform file from the objects alone: services, whom they call, where the data is, and why."""

import pytest

from outage.platforms.discovery import discover_platform, draft_platform_file
from outage.platforms.platform import Database, Platform, Slots
from outage.platforms.platform_file import dump_platform, read_platform
from tests.outage.platforms.namespace_objects import env, ingress, picture, service, workload


def calls(platform: Platform) -> dict[str, tuple[str, ...]]:
    """Caller → callees."""
    return {one.name: one.depends_on for one in platform.services}


def test_an_empty_namespace_is_an_empty_platform() -> None:
    """Nothing is invented."""
    assert discover_platform(picture(), "shop") == Platform(name="shop", namespace="shop")


def test_addresses_in_the_environment_are_dependencies_and_say_so() -> None:
    """A URL, a host with a port, a full DNS name, and a bare name where a host is expected."""
    found = discover_platform(
        picture(
            workload("web", env=env(API="http://api:8080/v1", MODE="cache", QUEUE_HOST="queue")),
            workload("api", env=env(DSN="postgres://u:p@db.shop.svc.cluster.local/shop", CACHE="cache:6379")),
            workload("queue"),
            workload("db", "StatefulSet", image="docker.io/library/postgres:16"),
            workload("cache", image="valkey/valkey:8"),
            *(service(name) for name in ("web", "api", "queue", "db", "cache")),
        ),
        "shop",
    )

    assert calls(found) == {
        "web": ("api", "queue"),
        "api": ("cache", "db"),
        "queue": (),
        "cache": (),
        "db": (),
    }
    assert "api: env API says api:8080" in found.services[0].why
    assert found.database
    assert (found.database.service, found.cache) == ("db", "cache")


def test_a_word_that_is_also_a_service_is_no_dependency() -> None:
    """`CACHE_BACKEND=redis` chooses a driver."""
    found = discover_platform(
        picture(workload("web", env=env(DRIVER="redis")), workload("redis"), service("redis")), "shop"
    )

    assert calls(found) == {"web": (), "redis": ()}


def test_a_shared_config_map_counts_only_for_those_whom_a_policy_admits() -> None:
    """Everybody takes the whole ConfigMap; the NetworkPolicy knows who really calls."""
    shared = {"envFrom": [{"configMapRef": {"name": "config"}}]}
    config = {
        "kind": "ConfigMap",
        "metadata": {"name": "config", "namespace": "shop"},
        "data": {"DATABASE_HOST": "db", "DATABASE_NAME": "orders"},
    }
    policy = {
        "kind": "NetworkPolicy",
        "metadata": {"name": "to-db", "namespace": "shop"},
        "spec": {
            "podSelector": {"matchLabels": {"run": "db"}},
            "policyTypes": ["Ingress"],
            "ingress": [{"from": [{"podSelector": {"matchLabels": {"run": "api"}}}]}],
        },
    }
    objects = [workload("web", **shared), workload("api", **shared), workload("db"), service("db"), config]

    assert calls(discover_platform(picture(*objects), "shop")) == {"web": ("db",), "api": ("db",), "db": ()}
    assert calls(discover_platform(picture(*objects, policy), "shop")) == {
        "web": (),
        "api": ("db",),
        "db": (),
    }


@pytest.mark.parametrize(
    "selector",
    [
        pytest.param({"run": "db", "tier": "gold"}, id="one label too many"),
        pytest.param({"run": "dbb"}, id="a wrong label, but its own name"),
    ],
)
def test_a_service_that_selects_nothing_still_stands_before_its_workload(selector: dict[str, str]) -> None:
    """Discovery happens on the night when the Service is broken."""
    broken = service("db", "db", 5432)
    broken["spec"]["selector"] = selector
    found = discover_platform(picture(workload("web", env=env(DB_HOST="db")), workload("db"), broken), "shop")

    assert calls(found) == {"web": ("db",), "db": ()}
    assert found.services[1].service == "db"


def test_a_parked_workload_has_no_floor() -> None:
    """Nobody promised that it runs."""
    found = discover_platform(picture(workload("old", replicas=0)), "shop")

    assert found.services[0].replicas_floor == 0


def test_the_databases_port_is_its_services() -> None:
    """A pool in front of it listens elsewhere than 5432."""
    made = draft_platform_file(picture(workload("db", image="postgres:16"), service("db", port=6432)), "shop")

    assert made.platform.database == Database(service="db", name="postgres", port=6432)
    assert made.reasons[("database",)] == "db runs postgres:16"


def test_a_whole_draft_reads_back_as_what_was_found() -> None:
    """Each line has its reason as a comment; no smoke Job is made up."""
    shop = [workload(name) for name in ("blue", "green")]
    for one in shop:
        one["spec"]["template"]["metadata"]["labels"] = {"app": "web", "slot": one["metadata"]["name"]}
    front = service("web")
    front["spec"]["selector"] = {"app": "web", "slot": "blue"}
    made = draft_platform_file(
        picture(
            *shop,
            front,
            workload("cache", image="redis:8"),
            service("cache", port=6379),
            ingress("front", "own", "web", address="192.0.2.1"),
        ),
        "shop",
    )
    text = dump_platform(made.platform, made.reasons)

    assert read_platform(text, "draft.yaml") == made.platform
    assert made.platform.slots == (
        Slots(service="web", label="slot", slots={"blue": "deployment/blue", "green": "deployment/green"}),
    )
    assert [line.strip() for line in text.splitlines()[2:] if line.lstrip().startswith("#")] == [
        "# Ingress front leads /web to Service web",
        "# cache runs redis:8",
        "# it has the most routes (1)",
        "# its selector chooses slot=blue of blue, green",
        "# Ingress front reports it",
        "# No smoke Job is made up: recovery is proven by endpoints and traffic alone until you name one, which walks",
        "# a user's way. Its path is relative to this file:",
        "#   smoke: {manifest: smoke-tests.yaml, timeout_seconds: 300}",
    ]
