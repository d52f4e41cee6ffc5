"""The looks at what nobody calls: runs of Jobs and CronJobs, and the words of workers."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from blocks.kubernetes import Cluster
from outage.errors import OutageError
from outage.kubernetes.objects import ObjectRef, dig, labels_of, selects_labels
from outage.kubernetes.readiness import is_ready
from outage.kubernetes.workloads import WORKLOADS
from outage.platforms.platform import Platform, Service
from outage.snapshots.snapshot import LogTail
from outage.text.redaction import redact
from outage.value import Manifest
from outage.verification.owed_work import (
    LINES,
    RUNS,
    is_running,
    is_uncalled,
    run_check,
    runs_since,
    working_check,
)
from outage.verification.recovery import RecoveryCheck
from tasks.verify.await_cluster import await_cluster

RUN_WITHIN = timedelta(minutes=5)
"""For a run that is under way; one that takes longer is told as not ended."""
WORDS_WITHIN = timedelta(seconds=30)
"""For a worker to say something: most do within their first poll of the queue."""
PODS_HEARD = 3


@dataclass(frozen=True)
class WorkLook:
    """Looks at what the plan's own objects owe where nobody calls them."""

    cluster: Cluster
    platform: Platform
    wrote_at: datetime
    """When the plan began to write: runs that began before speak of the trouble."""
    since: datetime
    """When it had written everything: words from before do."""
    now: Callable[[], datetime]
    rest: Callable[[float], None]

    def go_on(self, targets: Iterable[ObjectRef]) -> tuple[RecoveryCheck, ...]:
        """One check for each uncalled workload, without waiting: it proved that it works and may be idle now."""
        found = (self._going_on(one) for one in dict.fromkeys(targets) if one.kind in WORKLOADS)
        return tuple(one for one in found if one is not None)

    def checks(self, targets: Iterable[ObjectRef]) -> tuple[RecoveryCheck, ...]:
        """One check for each Job, CronJob and uncalled workload among these; none for the others."""
        found = (self._check(one) for one in dict.fromkeys(targets) if one.kind in RUNS | set(WORKLOADS))
        return tuple(one for one in found if one is not None)

    def _check(self, target: ObjectRef) -> RecoveryCheck | None:
        try:
            return self._run(target) if target.kind in RUNS else self._work(target)
        except OutageError as error:
            says = f"what {target} does could not be seen: {error}"
            return RecoveryCheck(name="work", ok=None, says=says, about=(self._named(target),))

    def _run(self, target: ObjectRef) -> RecoveryCheck:
        def ended() -> list[Manifest] | None:
            runs = runs_since(self.cluster.list("Job", target.namespace), target, self.wrote_at)
            return None if is_running(runs) else runs

        runs = await_cluster(ended, RUN_WITHIN, now=self.now, rest=self.rest)
        return run_check(runs or [], target, self._named(target))

    def _uncalled(self, target: ObjectRef) -> Manifest | None:
        """The workload, unless its callers' answers tell of it."""
        if any(one.service for one in self._described(target)):
            return None
        workload = self.cluster.find(target)
        if workload is None or not is_uncalled(workload, self.cluster.list("Service", target.namespace)):
            return None
        return workload

    def _going_on(self, target: ObjectRef) -> RecoveryCheck | None:
        try:
            workload = self._uncalled(target)
            return self._judged(target, workload, at_least=0) if workload else None
        except OutageError:
            return None  # the other checks of the same look say that nothing can be seen

    def _judged(self, target: ObjectRef, workload: Manifest, at_least: int = LINES) -> RecoveryCheck:
        words, patterns = self._words(workload), self.platform.error_patterns
        return working_check(words, self.since, self._named(target), patterns, at_least)

    def _work(self, target: ObjectRef) -> RecoveryCheck | None:
        workload = self._uncalled(target)
        if workload is None:
            return None

        def well() -> RecoveryCheck | None:
            check = self._judged(target, workload)
            return check if check.ok else None

        check = await_cluster(well, WORDS_WITHIN, now=self.now, rest=self.rest)
        return check or self._judged(target, workload)

    def _words(self, workload: Manifest) -> list[LogTail]:
        """The ends of the logs of its ready pods: of the first container, which is the worker itself."""
        place, labels = workload["metadata"]["namespace"], dig(workload, "spec.template.metadata.labels", {})
        pods = [
            one["metadata"]["name"]
            for one in self.cluster.list("Pod", place)
            if is_ready(one) and selects_labels(labels, labels_of(one))
        ]
        container = dig(workload, "spec.template.spec.containers.0.name", "")
        return [
            LogTail(
                namespace=place,
                pod=name,
                container=container,
                text=redact(self.cluster.logs(place, name, container)),
            )
            for name in pods[:PODS_HEARD]
        ]

    def _named(self, target: ObjectRef) -> str:
        """The platform's name for it, else its own."""
        return next((one.name for one in self._described(target)), target.name)

    def _described(self, target: ObjectRef) -> list[Service]:
        return [
            one for one in self.platform.services if one.workload == f"{target.kind.lower()}/{target.name}"
        ]
