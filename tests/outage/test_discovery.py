from datetime import UTC, datetime
from typing import Any

import pytest

from outage.agreement import differences
from outage.discovery import discover
from outage.platform import Platform, Service
from outage.snapshot import Snapshot
from outage.value import Manifest

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)


def workload(
    name: str, kind: str = "Deployment", replicas: int = 2, image: str = "", **more: Any
) -> Manifest:
    """A workload whose pods carry `run: NAME`."""
    container = {"name": name, "image": image or f"registry/{name}:1", **more}
    return {
        "kind": kind,
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"run": name}},
            "template": {"metadata": {"labels": {"run": name}}, "spec": {"containers": [container]}},
        },
    }


def service(name: str, run: str | None = None, port: int = 80) -> Manifest:
    """A Service in front of the pods that carry `run: RUN`."""
    return {
        "kind": "Service",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {"selector": {"run": run or name}, "ports": [{"port": port}]},
    }


def env(**values: str) -> list[dict[str, str]]:
    """Environment variables."""
    return [{"name": key, "value": value} for key, value in values.items()]


def picture(*objects: Manifest) -> Snapshot:
    """A snapshot of namespace shop."""
    kinds = {
        "Deployment",
        "StatefulSet",
        "DaemonSet",
        "Service",
        "ConfigMap",
        "NetworkPolicy",
        "Ingress",
        "Secret",
    }
    shelves: dict[str, tuple[Manifest, ...]] = {
        kind: tuple(one for one in objects if one["kind"] == kind) for kind in kinds
    }
    return Snapshot(taken_at=NOON, namespaces=("shop",), objects=shelves)


def calls(platform: Platform) -> dict[str, tuple[str, ...]]:
    """Caller → callees."""
    return {one.name: one.depends_on for one in platform.services}


def test_an_empty_namespace_is_an_empty_platform() -> None:
    """Nothing is invented."""
    assert discover(picture(), "shop") == Platform(name="shop", namespace="shop")


def test_addresses_in_the_environment_are_dependencies_and_say_so() -> None:
    """A URL, a host with a port, a full DNS name, and a bare name where a host is expected."""
    found = discover(
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
    found = discover(
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

    assert calls(discover(picture(*objects), "shop")) == {"web": ("db",), "api": ("db",), "db": ()}
    assert calls(discover(picture(*objects, policy), "shop")) == {"web": (), "api": ("db",), "db": ()}


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
    found = discover(picture(workload("web", env=env(DB_HOST="db")), workload("db"), broken), "shop")

    assert calls(found) == {"web": ("db",), "db": ()}
    assert found.services[1].service == "db"


def test_a_parked_workload_has_no_floor() -> None:
    """Nobody promised that it runs."""
    found = discover(picture(workload("old", replicas=0)), "shop")

    assert found.services[0].replicas_floor == 0


def test_a_file_that_agrees_has_no_differences() -> None:
    """What was discovered agrees with what it was discovered from."""
    seen = picture(workload("web"), service("web"))

    assert differences(discover(seen, "shop"), seen) == ()


def test_each_disagreement_is_one_sentence() -> None:
    """A file rots one line at a time."""
    seen = picture(workload("web"), service("web"), workload("new"))
    written = Platform(
        name="shop",
        namespace="shop",
        services=(
            Service(name="web", workload="deployment/web", service="web", port=8080, selector={"app": "web"}),
            Service(name="gone", workload="deployment/gone"),
        ),
    )

    assert [one.what for one in differences(written, seen)] == [
        "services.web.selector",
        "services.web.port",
        "services.gone.workload",
        "deployment/new",
    ]
