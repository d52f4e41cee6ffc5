from datetime import UTC, datetime
from typing import Any

import pytest

from outage.discovery import discover, draft
from outage.platform import Database, Platform, Slots
from outage.platform_file import dump_platform, read_platform
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
    kinds |= {one["kind"] for one in objects}
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


def ingress(name: str, class_name: str, *backends: str, address: str = "") -> Manifest:
    """An Ingress whose paths lead to these Services."""
    paths = [{"path": f"/{one}", "backend": {"service": {"name": one}}} for one in backends]
    balancer = [{"ip": address}] if address else []
    return {
        "kind": "Ingress",
        "metadata": {"name": name, "namespace": "shop"},
        "spec": {
            "ingressClassName": class_name,
            "rules": [{"host": f"{name}.shop.test", "http": {"paths": paths}}],
        },
        "status": {"loadBalancer": {"ingress": balancer}},
    }


def elsewhere(manifest: Manifest, namespace: str, **labels: str) -> Manifest:
    """The object in another namespace, with labels."""
    manifest["metadata"] |= {"namespace": namespace, "labels": labels}
    return manifest


def ingress_class(name: str, controller: str, default: bool = False) -> Manifest:
    """A class of ingresses."""
    marks = {"ingressclass.kubernetes.io/is-default-class": "true"} if default else {}
    return {
        "kind": "IngressClass",
        "metadata": {"name": name, "annotations": marks},
        "spec": {"controller": controller},
    }


def balancer(name: str, namespace: str, address: str) -> Manifest:
    """A Service with an address of its own outside."""
    made = elsewhere(service(name), namespace)
    return made | {"status": {"loadBalancer": {"ingress": [{"ip": address}]}}}


@pytest.mark.parametrize(
    ("around", "found", "why"),
    [
        pytest.param([], None, None, id="nobody answers for it"),
        pytest.param(
            [
                elsewhere(workload("edge"), "dmz"),
                balancer("edge", "dmz", "192.0.2.1"),
                elsewhere(workload("ingress-nginx-controller"), "ingress-nginx"),
            ],
            ("deployment/edge", "dmz"),
            "behind Service edge, whose address front reports",
            id="the address weighs more than a usual name",
        ),
        pytest.param(
            [elsewhere(workload("edge", args=["--controller-class=k8s.io/own"]), "dmz")],
            ("deployment/edge", "dmz"),
            "it is started with --controller-class=k8s.io/own",
            id="its arguments name the class's controller",
        ),
        pytest.param(
            [elsewhere(workload("own-ingress", "DaemonSet"), "edge")],
            ("daemonset/own-ingress", "edge"),
            "it is called as IngressClass own is",
            id="its name fits the class",
        ),
    ],
)
def test_the_controller_is_derived_and_says_from_what(
    around: list[Manifest], found: tuple[str, str] | None, why: str | None
) -> None:
    """No fixed name decides; where nothing tells, nothing is written."""
    front = ingress("front", "own", "web", address="192.0.2.1")
    seen = picture(
        workload("web"), service("web"), front, ingress_class("own", "k8s.io/own"), *map(dict, around)
    )
    made = draft(seen, "shop")
    way = made.platform.ingress

    assert way
    assert ((way.controller, way.controller_namespace) if way.controller else None) == found
    assert made.reasons.get(("ingress", "controller")) == why
    assert made.platform.critical_namespaces == ((found[1],) if found else ())


def test_a_class_that_nobody_names_is_the_default_one() -> None:
    """As the API server has it."""
    front = ingress("front", "", "web")
    controller = elsewhere(workload("traefik"), "edge")
    seen = picture(front, controller, ingress_class("traefik", "traefik.io/ingress-controller", default=True))

    found = discover(seen, "shop").ingress

    assert found
    assert found.controller == "deployment/traefik"


def test_the_ingress_with_most_routes_is_the_way_in_and_the_others_are_told() -> None:
    """The file names one; the endpoints are those of all."""
    made = draft(picture(ingress("admin", "own", "a"), ingress("shop", "own", "b", "c")), "shop")

    assert made.platform.ingress
    assert made.platform.ingress.name == "shop"
    assert made.reasons[("ingress",)] == (
        "it has the most routes (2); also there, with their endpoints above: admin"
    )
    assert [one.url for one in made.platform.endpoints] == [
        "http://admin.shop.test/a",
        "http://shop.shop.test/b",
        "http://shop.shop.test/c",
    ]


def test_usual_names_are_critical_only_while_nothing_wider_was_seen() -> None:
    """A namespace that happens to be called monitoring concerns nobody; one that runs our Prometheus does."""
    named = {"kind": "Namespace", "metadata": {"name": "monitoring"}}
    prometheus = elsewhere(service("prometheus", port=9090), "watch")

    narrow = draft(picture(named), "shop")
    wide = draft(picture(named, prometheus, ingress_class("own", "own")), "shop")

    assert narrow.platform.critical_namespaces == ("monitoring",)
    assert narrow.reasons["critical_namespaces", 0].startswith("a usual name; nothing wider")
    assert wide.platform.critical_namespaces == ("watch",)
    assert wide.reasons["critical_namespaces", 0] == "the monitoring lives there: watch/prometheus:9090"


def test_the_mesh_that_the_namespace_is_marked_for_is_critical() -> None:
    """Its sidecars carry every request."""
    home = {"kind": "Namespace", "metadata": {"name": "shop", "labels": {"istio-injection": "enabled"}}}
    mesh = elsewhere(workload("istiod"), "mesh")

    assert discover(picture(home, mesh), "shop").critical_namespaces == ("mesh",)


def test_the_databases_port_is_its_services() -> None:
    """A pool in front of it listens elsewhere than 5432."""
    made = draft(picture(workload("db", image="postgres:16"), service("db", port=6432)), "shop")

    assert made.platform.database == Database(service="db", name="postgres", port=6432)
    assert made.reasons[("database",)] == "db runs postgres:16"


def test_a_whole_draft_reads_back_as_what_was_found() -> None:
    """Each line has its reason as a comment; no smoke Job is made up."""
    shop = [workload(name) for name in ("blue", "green")]
    for one in shop:
        one["spec"]["template"]["metadata"]["labels"] = {"app": "web", "slot": one["metadata"]["name"]}
    front = service("web")
    front["spec"]["selector"] = {"app": "web", "slot": "blue"}
    made = draft(
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
