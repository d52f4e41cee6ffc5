"""The database's clients: who depends on it, what they log about it, and which workload a session belongs to."""

from collections.abc import Iterator
from datetime import datetime

from outage.diagnosis.calls.call_graph import CallGraph
from outage.diagnosis.calls.mentions import address_mentions
from outage.diagnosis.findings.database_signs import database_ref
from outage.diagnosis.known_good.recent_arrival import is_newcomer
from outage.diagnosis.suspect import names_of
from outage.kubernetes.objects import ObjectRef, dig, object_ref
from outage.snapshots.case_index import CaseIndex
from outage.snapshots.snapshot import Session
from outage.value import Manifest


def database_clients(index: CaseIndex, store: ObjectRef | None = None) -> set[str]:
    """The workload of a store (the platform's database), its Services and everything that calls them."""
    return CallGraph.of(index).dependents(names_of(store or database_ref(index)))


def workload_behind(index: CaseIndex, session: Session) -> ObjectRef | None:
    """The workload whose pod has the session's address, or a Job whose name is the session's application.

    Returns:
        None when no pod and no Job is known that it could be.
    """
    address = session.client.split("/")[0].split(":")[0]
    for pod in index.pods:
        if address and dig(pod, "status.podIP") == address:
            return index.workload_of(pod)
    for kind in ("CronJob", "Job"):
        for one in index.all(kind):
            if session.application and session.application == one["metadata"]["name"]:
                return object_ref(one, kind)
    return None


def job_behind(index: CaseIndex, session: Session) -> ObjectRef | None:
    """The Job or CronJob that opened a session, None when another workload did or nobody can tell."""
    behind = workload_behind(index, session)
    return behind if behind and behind.kind in ("Job", "CronJob") else None


def newcomer_clients(index: CaseIndex, onset: datetime, store: ObjectRef) -> list[ObjectRef]:
    """Jobs that came shortly before the first failure, still run, call the store and belong to no release.

    A Job that the baseline knows is none: it was there when all was well.
    """
    return [
        object_ref(job)
        for job in _jobs(index)
        if is_newcomer(index, job, onset)
        and not dig(job, "metadata.ownerReferences")
        and _calls(index, job, store)
    ]


def _jobs(index: CaseIndex) -> Iterator[Manifest]:
    for one in index.all("Job"):
        if dig(one, "metadata.namespace") in index.home and dig(one, "status.active", 0):
            yield {"kind": "Job", **one}


def _calls(index: CaseIndex, job: Manifest, store: ObjectRef) -> bool:
    database, calls = names_of(store), CallGraph.of(index)
    doors = {str(object_ref(one, "Service")) for one in index.services if _leads_to(index, one, database)}
    return any(str(calls.service_of(mention)) in doors for mention in address_mentions(index, job))


def _leads_to(index: CaseIndex, service: Manifest, database: set[str]) -> bool:
    return any(str(object_ref(one)) in database for one in index.behind(service))
