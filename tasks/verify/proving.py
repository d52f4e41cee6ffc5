"""The whole proof of recovery, in order: each part cheaper than the next, and the first loss ends it."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from blocks.cluster import Cluster
from blocks.cluster.writing import Writer
from blocks.prometheus import Monitoring
from outage.plan import Plan
from outage.platform import Platform
from outage.policy import Policy
from outage.policy import soak as soak_of
from outage.value import Manifest
from outage.verification import Check, Verified, concluded, restart_counts, restarts
from tasks.verify.looking import look_as_user, look_at_endpoints, look_at_traffic, look_from_inside, picture
from tasks.verify.rollouts import wait_for_rollouts
from tasks.verify.smoke import run_smoke
from tasks.verify.soak import soak
from tasks.verify.surviving import lose_one_pod, suspended_actors, tick_of

ROLLOUT_WITHIN = timedelta(minutes=5)
"""Longer than a rollout with slow images, shorter than anybody's patience."""
SETTLE_WITHIN = timedelta(seconds=90)
"""For endpoints to be filled, connections to be made anew and rates over the last minute to forget the outage."""
LOOK_EVERY_SECONDS = 1.0

Checks = tuple[Check, ...]


@dataclass(frozen=True)
class Proof:
    """What a proof of recovery needs: doors, the platform, the plan, the clock, and somebody to tell."""

    cluster: Cluster
    writer: Writer
    platform: Platform
    policy: Policy
    plan: Plan
    monitoring: Monitoring | None
    smoke: Manifest | None
    now: Callable[[], datetime]
    tell: Callable[[float, str], None]
    """Share of the whole (0 to 1) and a sentence."""
    keep_log: Callable[[str], None] = lambda text: None
    rest: Callable[[float], None] = time.sleep

    def prove(self) -> Verified:
        """Go through all parts; the first one that fails ends it.

        Source: runbook "Verification Steps".
        """
        checks: Checks = ()
        parts = (self.rolled_out, self.settled, self.smoked, self.survived, self.outlived)
        for number, part in enumerate(parts):
            self.tell(number / (2 * len(parts)), f"verifying: {part.__name__.replace('_', ' ')}")
            checks += part()
            if any(check.ok is False for check in checks):
                return concluded(checks, early=True)
        check, early = self.soaked()
        return concluded((*checks, check), early)

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
        """Endpoints, users and traffic are well, after the moment that they need."""
        until = self.now() + SETTLE_WITHIN
        while True:
            checks = self._round(inside=False)
            if all(check.ok is not False for check in checks) or self.now() >= until:
                break
            self.rest(LOOK_EVERY_SECONDS)
        seen = picture(self.cluster, self.platform, self.now())
        return (*checks, *look_from_inside(self.cluster, self.platform, seen))

    def _round(self, inside: bool = True) -> Checks:
        seen = picture(self.cluster, self.platform, self.now())
        checks = (
            *look_at_endpoints(seen, self.platform),
            look_as_user(self.platform),
            *look_at_traffic(self.monitoring, self.platform, self.now()),
        )
        return (*checks, *look_from_inside(self.cluster, self.platform, seen)) if inside else checks

    def smoked(self) -> Checks:
        """The smoke test passes, where the platform has one and policy wants it."""
        if self.smoke is None or not self.policy.verifying.smoke or self.platform.smoke is None:
            return ()
        within = timedelta(seconds=self.platform.smoke.timeout_seconds)
        check = run_smoke(
            self.cluster,
            self.writer,
            self.smoke,
            within,
            now=self.now,
            rest=self.rest,
            keep_log=self.keep_log,
        )
        return (check,)

    def survived(self) -> Checks:
        """One pod of what was healed is lost and comes back, where policy allows it."""
        if not self.policy.verifying.delete_one_pod:
            return ()
        targets = [step.change.target for step in self.plan.steps]
        return (
            lose_one_pod(self.cluster, self.writer, self.platform, targets, now=self.now, rest=self.rest),
        )

    def outlived(self) -> Checks:
        """One tick of a recurring actor passes without its work coming back."""
        checks: list[Check] = []
        for actor in suspended_actors(self.plan):
            tick = tick_of(self.cluster.find(actor))
            if tick is None or tick > self.policy.verifying.recurring_tick:
                checks.append(Check(name="tick", ok=None, says=f"{actor} ticks too seldom to be waited for"))
                continue
            self.tell(0.45, f"waiting {int(tick.total_seconds())} s for one tick of {actor}")
            self.rest(tick.total_seconds() + 5)
            checks.append(Check(name="tick", ok=True, says=f"one tick of {actor} passed"))
            checks += self._round(inside=False)
        return tuple(checks)

    def soaked(self) -> tuple[Check, bool]:
        """It stays well for as long as policy wants."""
        counts = restart_counts(picture(self.cluster, self.platform, self.now()).kind("Pod"))

        def look() -> Checks:
            seen = picture(self.cluster, self.platform, self.now())
            return (
                *look_at_endpoints(seen, self.platform),
                look_as_user(self.platform),
                *look_at_traffic(self.monitoring, self.platform, self.now()),
                restarts(counts, restart_counts(seen.kind("Pod"))),
            )

        length = soak_of(self.policy, self.platform.soak)
        return soak(
            look,
            length,
            now=self.now,
            rest=self.rest,
            tell=lambda share, says: self.tell(0.5 + share / 2, f"soaking: {says}"),
        )
