"""The database's clients: who depends on it, what they log about it, and which workload a session belongs to."""

from collections.abc import Iterator
from datetime import datetime

from outage.diagnosis.graph import Calls
from outage.diagnosis.mentions import mentions
from outage.diagnosis.newcomers import is_newcomer
from outage.diagnosis.signs.database import database_ref
from outage.diagnosis.suspect import names
from outage.diagnosis.world import World
from outage.objects import ObjectRef, dig, ref
from outage.snapshot import Session
from outage.value import Manifest


def clients(world: World, store: ObjectRef | None = None) -> set[str]:
    """The workload of a store (the platform's database), its Services and everything that calls them."""
    return Calls.of(world).dependents(names(store or database_ref(world)))


def workload_behind(world: World, session: Session) -> ObjectRef | None:
    """The workload whose pod has the session's address, or a Job whose name is the session's application."""
    address = session.client.split("/")[0].split(":")[0]
    for pod in world.pods:
        if address and dig(pod, "status.podIP") == address:
            return world.workload_of(pod)
    for kind in ("CronJob", "Job"):
        for one in world.all(kind):
            if session.application and session.application == one["metadata"]["name"]:
                return ref(one, kind)
    return None


def job_behind(world: World, session: Session) -> ObjectRef | None:
    """The Job or CronJob that opened a session, None when another workload did or nobody can tell."""
    behind = workload_behind(world, session)
    return behind if behind and behind.kind in ("Job", "CronJob") else None


def newcomers(world: World, onset: datetime, store: ObjectRef) -> list[ObjectRef]:
    """Jobs that came shortly before the first failure, still run, call the store and belong to no release.

    A Job that the baseline knows is none: it was there when all was well.
    """
    return [
        ref(job)
        for job in _jobs(world)
        if is_newcomer(world, job, onset)
        and not dig(job, "metadata.ownerReferences")
        and _calls(world, job, store)
    ]


def _jobs(world: World) -> Iterator[Manifest]:
    for one in world.all("Job"):
        if dig(one, "metadata.namespace") in world.home and dig(one, "status.active", 0):
            yield {"kind": "Job", **one}


def _calls(world: World, job: Manifest, store: ObjectRef) -> bool:
    database, calls = names(store), Calls.of(world)
    doors = {str(ref(one, "Service")) for one in world.services if _leads_to(world, one, database)}
    return any(str(calls.service_of(mention)) in doors for mention in mentions(world, job))


def _leads_to(world: World, service: Manifest, database: set[str]) -> bool:
    return any(str(ref(one)) in database for one in world.behind(service))
