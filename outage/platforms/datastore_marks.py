"""How a workload shows that it is a data store, or a client of one, whatever its image is called."""

import re

from outage.kubernetes.objects import dig
from outage.value import Manifest

POSTGRES_KIND, MYSQL_KIND, REDIS_KIND = "postgres", "mysql", "redis"
ASKED_WITH = {
    POSTGRES_KIND: re.compile(r"\bpg_isready\b"),
    MYSQL_KIND: re.compile(r"\b(?:mysqladmin|mariadb-admin|healthcheck\.sh)\b"),
    REDIS_KIND: re.compile(r"\b(?:redis|valkey)-cli\b"),
}
SET_UP_WITH = {
    POSTGRES_KIND: re.compile(r"\b(?:POSTGRES_PASSWORD|POSTGRES_INITDB_ARGS|PGDATA)\b"),
    MYSQL_KIND: re.compile(r"\b(?:MYSQL|MARIADB)_ROOT_PASSWORD\b"),
}
"""Variables of a first start; clients may have some of them too, so that a client's own marks count first."""
CLIENT_VARIABLES = re.compile(
    r"^(?:PGHOST|PGHOSTADDR|MYSQL_HOST|DB_HOST|DATABASE_HOST|POSTGRES_HOST|REDIS_HOST|DATABASE_URL|REDIS_URL)$"
)
CLIENT_PROGRAMS = re.compile(
    r"(?:^|/)(?:psql|pg_dump|mysql|mysqldump|python[\d.]*|node|java|ruby|php|perl|uvicorn|gunicorn)$"
)
"""Programs that ask a store, or run an application: whoever starts with one is no store."""


def store_by_probe(workload: Manifest) -> str | None:
    """The kind of store whose own client a probe runs.

    Returns:
        None when nothing of the workload tells.
    """
    words = " ".join(
        str(word)
        for name in ("readinessProbe", "livenessProbe", "startupProbe")
        for word in dig(_first(workload), f"{name}.exec.command", [])
    )
    return next((kind for kind, program in ASKED_WITH.items() if program.search(words)), None)


def store_by_setup(workload: Manifest) -> str | None:
    """The kind of store whose variables of a first start the workload has.

    Returns:
        None when nothing of the workload tells.
    """
    names = " ".join(str(env.get("name")) for env in _first(workload).get("env") or [])
    return next((kind for kind, variables in SET_UP_WITH.items() if variables.search(names)), None)


def is_store_client(workload: Manifest) -> bool:
    """Whether a workload asks a store elsewhere, although its image may be the store's."""
    first = _first(workload)
    named = any(CLIENT_VARIABLES.match(str(env.get("name"))) for env in first.get("env") or [])
    command = [str(word) for word in [*(first.get("command") or []), *(first.get("args") or [])][:1]]
    return named or any(CLIENT_PROGRAMS.search(word) for word in command)


def _first(workload: Manifest) -> Manifest:
    containers = dig(workload, "spec.template.spec.containers", [])
    return dict(containers[0]) if containers else {}
