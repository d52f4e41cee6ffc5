"""The whole proof of recovery, in order: each part cheaper than the next, and the first loss ends it."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from blocks.kubernetes import Cluster
from blocks.kubernetes.writer import Writer
from blocks.monitoring.prometheus import PrometheusReader
from outage.errors import OutageError
from outage.kubernetes.objects import ObjectRef
from outage.plans.fence import Fence, unshared_fence
from outage.plans.plan import Plan
from outage.platforms.platform import Platform
from outage.policies.policy import Policy
from outage.policies.policy import soak_time as soak_of
from outage.reports.post_incident.kept_look import ready_pods
from outage.snapshots.snapshot import Rates, Snapshot, Usage
from outage.value import Manifest
from outage.verification.cron_gaps import next_tick
from outage.verification.pod_retries import yet_to_try
from outage.verification.recovery import (
    RecoveryCheck,
    VerifiedRecovery,
    checks_waiting_for,
    concluded_check,
    own_of_plan,
    short_of,
    with_callers,
)
from outage.verification.service_level import monitoring_lag
from outage.verification.steadiness import only_lagging, soak_in_words
from tasks.verify.await_cluster import SEEN_WITHIN, await_cluster
from tasks.verify.await_rollouts import wait_for_rollouts
from tasks.verify.inside_checks import check_from_inside, check_health_paths
from tasks.verify.outside_checks import check_as_user, check_endpoints, check_traffic, outside_picture
from tasks.verify.pod_loss import lose_one_pod, suspended_actors
from tasks.verify.smoke_job import run_smoke
from tasks.verify.soak_memory import SoakMemory, pods_of_services
from tasks.verify.soak_watch import watch_soak
from tasks.verify.work_checks import WorkLook

ROLLOUT_WITHIN = timedelta(minutes=5)
"""Longer than a rollout with slow images, shorter than anybody's patience."""
SETTLE_WITHIN = timedelta(seconds=90)
"""For endpoints to be filled, connections to be made anew and rates over the last minute to forget the outage."""
LOOK_EVERY_SECONDS = 1.0
OWN_SOAK = timedelta(minutes=2)
"""For what the plan was to mend while something else fails: users wait for the next attempt, and the whole soak that
follows the last one watches this, too."""

Checks = tuple[RecoveryCheck, ...]


@dataclass(frozen=True)
class RecoveryProof:
    """What a proof of recovery needs: doors, the platform, the plan, the clock, and somebody to tell."""

    cluster: Cluster
    writer: Writer
    platform: Platform
    policy: Policy
    plan: Plan
    monitoring: PrometheusReader | None
    smoke: Manifest | None
    stopped: Callable[[], str | None]
    """Why writing is switched off, or None: asked before the smoke Job is made and before a pod is evicted."""
    now: Callable[[], datetime]
    tell: Callable[[float, str], None]
    """Share of the whole (0 to 1) and a sentence."""
    own: frozenset[str] = frozenset()
    """Names of the services that the plan is to mend; empty: all, and whatever fails speaks against it."""
    wrote_at: datetime | None = None
    """When the plan began to write; None takes the beginning of the proof."""
    keep_log: Callable[[str], None] = lambda text: None
    keep_rates: Callable[[tuple[Rates, ...], int | None], None] = lambda rates, ready: None
    """Takes the traffic that each round measured."""
    alone: Callable[[str, float], AbstractContextManager[Fence | None]] = lambda target, within: nullcontext(
        unshared_fence(target)
    )
    """Holds what only one incident may use at a time; None when another one kept it for so many seconds."""
    rest: Callable[[float], None] = time.sleep

    def prove(self) -> VerifiedRecovery:
        """Go through all parts; the first one that fails ends it.

        What fails beside the plan's own services is no recovery either, but the plan's own are watched on: whether
        it did its part must be known also while something else is broken.

        Source: runbook "Verification Steps".
        """
        checks: Checks = ()
        began = self.now()
        parts: tuple[tuple[str, Callable[[], Checks]], ...] = (
            ("rolled out", self.rolled_out),
            ("settled", self.settled),
            ("smoked", self.smoked),
            ("worked", partial(self.worked, began)),
            ("survived", self.survived),
            ("outlived", self.outlived),
        )
        for number, (name, part) in enumerate(parts):
            self.tell(number / (2 * len(parts)), f"verifying: {name}")
            checks += self._marked(part())
            failed = [check for check in checks if check.ok is False]
            if any(check.own for check in failed):
                return self._concluded(checks, early=True)
            if failed:
                return self._concluded((*checks, self.own_soaked()), early=True)
        check, early = self.soaked()
        if check.ok or not self.own:
            return self._concluded((*checks, check), early)
        return self._concluded((*checks, check.model_copy(update={"own": False}), self.own_soaked()), early)

    def _marked(self, checks: Checks) -> Checks:
        return tuple(own_of_plan(check, self.own) for check in checks)

    def _concluded(self, checks: Checks, early: bool) -> VerifiedRecovery:
        return concluded_check(checks, self.platform, early, with_callers(self.own, self.platform))

    def rolled_out(self) -> Checks:
        """What the plan wrote has rolled out."""
        targets = [step.change.target for step in self.plan.steps]
        return wait_for_rollouts(
            self.cluster,
            targets,
            ROLLOUT_WITHIN,
            now=self.now,
            rest=self.rest,
            tell=lambda says: self.tell(0.05, says),
        )

    def settled(self) -> Checks:
        """Endpoints, users and traffic are well, after the moment that they and pods that pause need to be so."""
        began, window = self.now(), max(SETTLE_WITHIN, self.lag)
        clear_at = began  # since when nothing fails but numbers that reach back to before
        while True:
            seen, at = self._picture(), self.now()
            pausing = yet_to_try(seen.kind("Pod"), began, at)
            checks = self._round(seen)
            lagging = only_lagging(checks)
            clear_at = clear_at if lagging else at
            late = at >= (clear_at + window if lagging else began + SETTLE_WITHIN) and not pausing
            if late or self._good(checks):
                checks += self._inside(seen)  # only now: it costs an exec for each service
            if late or self._good(checks):
                return checks
            self.tell(0.15, f"waiting: {checks_waiting_for(checks, self.platform, pausing)}")
            self.rest(LOOK_EVERY_SECONDS)

    @property
    def lag(self) -> timedelta:
        """How long the numbers of the monitoring speak of the time before the repair."""
        return monitoring_lag(self.platform.monitoring)

    def _good(self, checks: Checks) -> bool:
        """Whether nothing fails and nothing that must be seen is still unseen."""
        return all(check.ok is not False for check in checks) and not short_of(checks, self.platform)

    def _picture(self) -> Snapshot:
        return outside_picture(self.cluster, self.platform, self.now())

    def _round(self, seen: Snapshot) -> Checks:
        ready = ready_pods(seen, self.platform.namespace)

        def keep(rates: tuple[Rates, ...]) -> None:
            self.keep_rates(rates, ready)

        return (
            *check_endpoints(seen, self.platform),
            *check_as_user(self.platform, self.own),
            *check_traffic(self.monitoring, self.platform, self.now(), self.own, keep),
        )

    def _inside(self, seen: Snapshot) -> Checks:
        return (
            *check_from_inside(self.cluster, self.platform, seen),
            *check_health_paths(self.cluster, self.platform, seen),
        )

    def smoked(self) -> Checks:
        """The smoke test passes, where the platform has one and policy wants it."""
        if self.smoke is None or not self.policy.verifying.smoke or self.platform.smoke is None:
            return ()
        within = timedelta(seconds=self.platform.smoke.timeout_seconds)
        place, seconds = f"smoke/{self.platform.namespace}", within.total_seconds()
        with self.alone(place, seconds) as fence:  # two tests at once would see each other's traffic
            if fence:
                return (self._smoked(self.smoke, within, fence),)
        says = f"another incident runs the smoke test for longer than {int(seconds)} s"
        return (RecoveryCheck(name="smoke", ok=None, says=says),)

    def _smoked(self, smoke: Manifest, within: timedelta, fence: Fence) -> RecoveryCheck:
        return run_smoke(
            self.cluster,
            self.writer,
            smoke,
            within,
            fence,
            stopped=self.stopped,
            now=self.now,
            rest=self.rest,
            keep_log=self.keep_log,
        )

    def worked(self, began: datetime) -> Checks:
        """What nobody calls does its work: a run completes, a worker goes on without complaints."""
        return self._work(began).checks(step.change.target for step in self.plan.steps)

    def _going_on(self, since: datetime) -> Checks:
        return self._work(since).go_on(step.change.target for step in self.plan.steps)

    def _work(self, since: datetime) -> WorkLook:
        return WorkLook(
            self.cluster, self.platform, self.wrote_at or since, since, now=self.now, rest=self.rest
        )

    def survived(self) -> Checks:
        """One pod of what was healed is lost and comes back, where policy allows it."""
        if not self.policy.verifying.delete_one_pod:
            return ()
        check = lose_one_pod(
            self.cluster,
            self.writer,
            self.platform,
            [step.change.target for step in self.plan.steps],
            alone=self.alone,
            stopped=self.stopped,
            now=self.now,
            rest=self.rest,
        )
        return (check,)

    def outlived(self) -> Checks:
        """One tick of a recurring actor passes without its work coming back."""
        return tuple(check for actor in suspended_actors(self.plan) for check in self._outlived(actor))

    def _outlived(self, actor: ObjectRef) -> Checks:
        try:
            cronjob = await_cluster(
                lambda: self.cluster.find(actor) or {}, SEEN_WITHIN, now=self.now, rest=self.rest
            )
        except OutageError as error:
            return (RecoveryCheck(name="tick", ok=None, says=f"{actor} could not be seen: {error}"),)
        tick = next_tick(cronjob, self.policy.verifying.recurring_tick)
        if tick is None:
            return (RecoveryCheck(name="tick", ok=None, says=f"{actor} ticks too seldom to be waited for"),)
        self.tell(0.45, f"waiting {int(tick.total_seconds())} s for one tick of {actor}")
        self.rest(tick.total_seconds() + 5)
        passed = RecoveryCheck(name="tick", ok=True, says=f"one tick of {actor} passed")
        return (passed, *self._round(self._picture()))

    def soaked(self) -> tuple[RecoveryCheck, bool]:
        """It stays well for as long as policy wants; once in the middle it is asked from inside, too."""
        length = soak_of(self.policy, self.platform.soak)
        memory = SoakMemory(self.now(), self.now() + length / 2)
        check, early = self._soak(length, memory, lambda one: True)
        whose = "the platform file" if self.policy.verifying.soak is None else "the policy"
        return check.model_copy(update={"says": check.says + soak_in_words(length, whose)}), early

    def own_soaked(self) -> RecoveryCheck:
        """The plan's own services stay well while something else fails, for which nobody waits a whole soak."""
        length = min(OWN_SOAK, soak_of(self.policy, self.platform.soak))
        memory = SoakMemory(self.now(), self.now() + length)
        check, _ = self._soak(length, memory, lambda one: one.own)
        says = f"what the plan was to mend, while something else fails: {check.says}"
        return check.model_copy(update={"name": "own-soak", "says": says})

    def _soak(
        self, length: timedelta, memory: "SoakMemory", counts: Callable[[RecoveryCheck], bool]
    ) -> tuple[RecoveryCheck, bool]:
        return watch_soak(
            lambda: tuple(check for check in self._soak_look(memory) if counts(check)),
            length,
            now=self.now,
            rest=self.rest,
            tell=lambda share, says: self.tell(0.5 + share / 2, f"soaking: {says}"),
            lag=self.lag,
        )

    def _soak_look(self, memory: "SoakMemory") -> Checks:
        seen = self._picture()
        mine, others = pods_of_services(seen.kind("Pod"), self.platform, self.own)
        steady = [
            memory.restarts(mine),
            memory.resources(self._usage(), mine),
            *(memory.restarts(others).model_copy(update={"own": False}) for _ in others[:1]),
        ]
        checks = (*self._marked((*self._round(seen), *self._going_on(memory.since))), *steady)
        if not memory.asked and self.now() >= memory.ask_from:
            checks += self._marked(self._inside(seen))
            memory.asked = all(check.ok is not False for check in checks)  # else the next look asks again
        return checks

    def _usage(self) -> list[Usage]:
        try:
            return self.cluster.usage("Pod", self.platform.namespace)
        except OutageError:
            return []  # the check says that nothing could be compared
