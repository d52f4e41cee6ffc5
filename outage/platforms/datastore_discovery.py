"""Which workloads of a namespace keep its data: the database and the cache, told by their images."""

import re

from outage.diagnosis.calls.call_graph import CallGraph
from outage.kubernetes.objects import dig
from outage.platforms.datastore_marks import is_store_client, store_by_probe
from outage.platforms.discovered_calls import Workload, settings_of, workload_name
from outage.platforms.ingress_discovery import Reasons
from outage.platforms.platform import Database, Service
from outage.value import Manifest

DATABASES = re.compile(r"postgres|timescale|pgvector|postgis", re.IGNORECASE)
CACHES = re.compile(r"redis|valkey|memcache|keydb|dragonfly", re.IGNORECASE)
DATABASE_NAME = re.compile(
    r"^(POSTGRES_DB|PGDATABASE|(POSTGRES|PG|DB|DATABASE)_?(NAME|DATABASE|DB))$", re.IGNORECASE
)


def database_of(
    graph: CallGraph,
    namespace: str,
    workloads: list[Workload],
    services: tuple[Service, ...],
    why: Reasons,
) -> Database | None:
    """The database that the others call, with the Secret of a reader and the name that their environment gives."""
    exporters = re.compile(r"exporter|operator|pooler|bouncer|backup|admin", re.IGNORECASE)
    candidates = [one for one in workloads if not exporters.search(workload_name(one[1]))]
    name = _first_of(candidates, DATABASES, services)
    if name is None:
        return None
    secret = next(
        (
            workload_name(one)
            for one in graph.index.snapshot.kind("Secret", namespace)
            if {"reader-username", "reader-password"} <= set(one.get("data") or {})
        ),
        None,
    )
    key, named = next(
        (
            (key, text)
            for kind, one in workloads
            for key, text in settings_of(graph, kind, one)
            if DATABASE_NAME.search(key) and text.isidentifier()
        ),
        ("", "postgres"),
    )
    port = next((one.port for one in services if one.name == name), None)
    why[("database",)] = _named_for(name, workloads, DATABASES)
    why["database", "name"] = f"{key} says so" if key else "nothing names one: postgres is always there"
    why["database", "port"] = "its Service has it"
    why["database", "credentials_secret"] = "it has the keys of a reader"
    return Database(service=name, name=named, port=port or 5432, credentials_secret=secret)


def cache_of(workloads: list[Workload], services: tuple[Service, ...], why: Reasons) -> str | None:
    """The name of the cache that the others call."""
    name = _first_of(workloads, CACHES, services)
    if name:
        why[("cache",)] = _named_for(name, workloads, CACHES)
    return name


def _named_for(name: str, workloads: list[Workload], kind: re.Pattern[str]) -> str:
    """What shows that a workload is of that kind: its image, or no more than its name."""
    found = next(one for _, one in workloads if workload_name(one) == name)
    image = str(dig(found, "spec.template.spec.containers.0.image", ""))
    shows = kind.search(_image_name({"image": image}))
    return f"{name} runs {image}" if shows else f"{name} is called so; nothing else shows it"


def _first_of(workloads: list[Workload], kind: re.Pattern[str], services: tuple[Service, ...]) -> str | None:
    """The first workload whose image or name is of that kind; one that is called by others wins."""
    called = {name for one in services for name in one.depends_on}
    found = [workload_name(one) for _, one in workloads if _is_of_kind(one, kind)]
    return min(found, key=lambda name: name not in called, default=None)


def _is_of_kind(workload: Manifest, kind: re.Pattern[str]) -> bool:
    """Whether its probe, its image or its name say so; an application in the store's image is none."""
    asked = store_by_probe(workload)
    if asked is not None:
        return bool(kind.search(asked))
    containers = dig(workload, "spec.template.spec.containers", [])[:1]
    marks = [workload_name(workload), *(_image_name(one) for one in containers)]
    return not is_store_client(workload) and any(kind.search(one) for one in marks)


def _image_name(container: Manifest) -> str:
    return str(container.get("image", "")).rpartition("/")[2].partition(":")[0]
