"""Data stores among the workloads, told by their names and images, and whose words a log line about one is in."""

import re

from outage.kubernetes.objects import dig, object_ref
from outage.platforms.datastore_marks import is_store_client, store_by_probe, store_by_setup
from outage.snapshots.case_index import CaseIndex
from outage.value import Manifest

POSTGRES, MYSQL, REDIS, ANY = "postgres", "mysql", "redis", ""
"""Kinds of stores; ANY is the kind of words that several of them use."""
MADE_OF = {
    POSTGRES: re.compile(r"postgres|timescale|pgvector|spilo", re.I),
    MYSQL: re.compile(r"mysql|mariadb|percona", re.I),
    REDIS: re.compile(r"redis|valkey|keydb|dragonfly", re.I),
}
USUAL = {POSTGRES: 5432, MYSQL: 3306, REDIS: 6379}
"""The port that each kind serves; what only has the name and serves another port is something else."""
BESIDE = re.compile(
    r"export|operator|backup|proxy|bouncer|admin|commander|insight|metric|migrat|pgpool|sentinel|client|\bui\b",
    re.I,
)
"""Names of programs that stand beside a store and are none."""
Words = dict[str, re.Pattern[str]]
"""Kind of store → how its clients and it itself say something."""


def kind_of_store(workload: Manifest) -> str | None:
    """Which kind of store a workload is; None for all else, as for a worker that is named after its queue."""
    name, pods = object_ref(workload).name, dig(workload, "spec.template.spec.containers", [])
    image = str(pods[0].get("image")) if pods else ""
    program = re.split(r"[:@]", image.rsplit("/", 1)[-1])[0]
    if (asked := store_by_probe(workload)) is not None:
        return asked
    if BESIDE.search(name) or BESIDE.search(program) or is_store_client(workload):
        return None
    ports = {port.get("containerPort") for one in pods for port in one.get("ports") or []}
    for kind, made in MADE_OF.items():
        if made.search(program) or (made.search(name) and (not ports or USUAL[kind] in ports)):
            return kind
    return store_by_setup(workload)


def datastores_of(index: CaseIndex, kind: str = ANY) -> list[Manifest]:
    """The stores of a kind, or all of them."""
    found = [(kind_of_store(one), one) for one in index.workloads]
    return [one for which, one in found if which and kind in (which, ANY)]


def words_about_datastore(line: str, words: Words) -> str | None:
    """The kind of store in whose words a line speaks; None when in no one's."""
    return next((kind for kind, pattern in words.items() if pattern.search(line)), None)
