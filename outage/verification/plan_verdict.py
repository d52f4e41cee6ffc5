"""The verdict on a plan, in three words, about the plan's own cause: its own signs decide, not the whole platform's.

Several things may be broken at once. A right repair that is taken back because something else fails breaks again what
it mended, and no order of tries would ever heal both. So what fails for another reason starts the next attempt and
speaks neither for nor against the plan.

Promise: pure; what cannot be told is said to be so, and is never called recovered.
"""

from collections.abc import Iterable
from datetime import timedelta

from outage.diagnosis.cause import Cause
from outage.diagnosis.hypothesis import Change, ChosenProposal, Diagnosis, Mitigation, Proposal
from outage.diagnosis.weighing.blindness import saw_nothing
from outage.kubernetes.field_differences import unescape_pointer
from outage.plans.plan import Plan
from outage.platforms.platform import Platform
from outage.snapshots.baseline import WOKEN
from outage.verification.lasting_signs import (
    CauseReach,
    LastingSign,
    lasting_signs,
    object_names,
    reach_of_cause,
    with_dependents,
)
from outage.verification.plan_effect import PlanEffect, PlanVerdict
from outage.verification.recovery import USER_LOOKS, RecoveryCheck, VerifiedRecovery

TOLD_TO_THE_SECOND = timedelta(seconds=1)
"""The API server cuts off the time of a write so."""


def plan_verdict(
    plan: Plan,
    before: Diagnosis,
    after: Diagnosis,
    proof: VerifiedRecovery,
    platform: Platform,
    believed_from: float,
) -> PlanVerdict:
    """Judge a plan by the signs that its own cause explains, and by the harm that its own writes can explain.

    Source: runbook "Verification Steps".

    Args:
        plan: What was written.
        before: The diagnosis that the plan was made from.
        after: The diagnosis with everything of the plan in place, after the proof.
        proof: What was watched of users, endpoints and rollouts, through the soak.
        platform: Which services there are, and who calls whom.
        believed_from: Score from which a cause counts.
    """
    case = _PlanCase(plan, before, after, proof, platform, believed_from)
    judged = case.effect()
    if harm := case.harm():
        return judged.model_copy(update={"harm": harm, "says": f"{judged.says}; since the plan {harm}"})
    return judged


def causes_of_plan(plan: Plan, diagnosis: Diagnosis) -> tuple[Proposal, ...]:
    """What a plan mends or eases, as the diagnosis has it; of one chosen by hand, what the person named."""
    found = tuple(one for one in diagnosis.proposals if one.key in plan.mends)
    chosen = diagnosis.to_plan
    return found or ((chosen,) if chosen is not None and chosen.key in plan.mends else ())


class _PlanCase:
    """One plan before and after."""

    def __init__(
        self,
        plan: Plan,
        before: Diagnosis,
        after: Diagnosis,
        proof: VerifiedRecovery,
        platform: Platform,
        believed_from: float,
    ) -> None:
        self.plan, self.proof, self.platform = plan, proof, platform
        self.before, self.after = before, after
        self.causes = causes_of_plan(plan, before)
        self.eases = any(isinstance(one, Mitigation) for one in self.causes)
        self.by_hand = any(isinstance(one, ChosenProposal) for one in self.causes)
        self.own = reach_of_cause(self.causes, platform)
        self.others = tuple(
            one
            for one in after.hypotheses
            if one.score >= believed_from and one.key not in plan.mends
            if one.cause != Cause.UNKNOWN
            if one.repair is None or not _undoes(one.repair.changes, plan)
        )

    def effect(self) -> PlanVerdict:
        """One of the three words, with its reason."""
        if saw_nothing(self.after):
            return _inconclusive(self.after.hypotheses[0].says)
        own = {one for one in lasting_signs(self.before) if self.own.holds(one)}
        still = own & lasting_signs(self.after)
        if self.proof.recovered:
            return self._all_well(still)
        if self.by_hand:
            return self._as_named(still)
        if not self.eases:
            return self._own_signs(own, still)
        return _not_effective(self.proof.says) if self.proof.failed else _inconclusive(self.proof.says)

    def _all_well(self, still: set[LastingSign]) -> PlanVerdict:
        """Users are content; a sign that stands all the same is for a person to weigh, and not to be taken back for."""
        if still and not self.eases:
            return _inconclusive(f"users are content, and {_first(still)} still stands")
        causes = [one.says for one in self.before.hypotheses]
        untouched = (causes[0] if causes else "not known") if self.eases else ""
        return PlanVerdict(effect=PlanEffect.EFFECTIVE, says=self.proof.says, untouched=untouched)

    def _as_named(self, still: set[LastingSign]) -> PlanVerdict:
        """Of what a person chose: is what they named well? Why it is not, if so, makes no difference."""
        failing = [one for one in self.proof.failed if one.own]
        watched = any(one.own and one.ok and one.name in USER_LOOKS for one in self.proof.checks)
        if still:
            return _not_effective(f"{_first(still)} still stands")
        if failing:
            return _not_effective(failing[0].says)
        if not (self.proof.failed and watched):
            return _inconclusive(self.proof.says)
        says = f"what was to become well is well; what still fails has another cause{self._other()}"
        other = self.others[0].says if self.others else ""
        return PlanVerdict(effect=PlanEffect.EFFECTIVE, says=says, other_cause=other)

    def _own_signs(self, own: set[LastingSign], still: set[LastingSign]) -> PlanVerdict:
        named = [one for one in self.after.hypotheses if one.key in self.plan.mends]
        unexplained = {one for one in still if not self._otherwise(one)}
        failing = [one for one in self.proof.failed if one.own and not self._otherwise_failing(one)]
        states = [one for one in failing if one.name not in USER_LOOKS]
        if named:
            return _not_effective(f"its cause stands: {named[0].says}")
        if unexplained:
            return _not_effective(f"{_first(unexplained)} still stands")
        if states or (failing and not own):
            return _not_effective((states or failing)[0].says)
        if failing:
            return _inconclusive(f"its own signs are gone, and nobody knows why {failing[0].says}")
        return self._gone(own, still)

    def _gone(self, own: set[LastingSign], still: set[LastingSign]) -> PlanVerdict:
        """Nothing stands that only its own cause explains: is anything of its own seen to be better?"""
        watched = any(one.own and one.ok and one.name in USER_LOOKS for one in self.proof.checks)
        if not self.proof.failed:
            return _inconclusive(self.proof.says)
        if own and not own - still:
            return _inconclusive(f"{_first(still)} stands, which has another cause too{self._other()}")
        if not own and not watched:
            return _inconclusive(f"it had no sign that lasts, and {self.proof.failed[0].says}")
        return PlanVerdict(
            effect=PlanEffect.EFFECTIVE,
            says=f"its own signs are gone; what still fails has another cause{self._other()}",
            other_cause=self.others[0].says if self.others else "",
        )

    def _other(self) -> str:
        return f": {self.others[0].says}" if self.others else ""

    def _otherwise(self, sign: LastingSign) -> bool:
        """Whether another cause that is believed explains it, directly or as one that calls what is broken."""
        return any(self._wide(one).holds(sign) for one in self.others)

    def _otherwise_failing(self, check: RecoveryCheck) -> bool:
        """Whether what a check complains of has another cause, or calls a service that fails and is not the plan's."""
        foreign = CauseReach(services=frozenset(_failing(self.after) - self.own.services))
        wide = [with_dependents(foreign, self.platform), *(self._wide(one) for one in self.others)]
        return any(one.everything or one.services & set(check.about) for one in wide)

    def _wide(self, cause: Proposal) -> CauseReach:
        return with_dependents(reach_of_cause([cause], self.platform), self.platform)

    def harm(self) -> str:
        """What fails now, did not before, and may come from what was written: itself, or what depends on it."""
        written, elsewhere = self._written(), self._broken_elsewhere()
        new = self._failing(self.after) - self._failing(self.before) - elsewhere
        near = with_dependents(
            written.model_copy(update={"services": written.services | self.own.services}), self.platform
        )
        hurt = new & written.services or {
            one
            for one in new
            if (self.own.everything or one in near.services) and not self._service_otherwise(one)
        }
        if hurt:
            return f"{min(hurt)} fails, which did not before"
        down = set(self.after.assessment.impact.services_down) - set(
            self.before.assessment.impact.services_down
        )
        if worse := down & written.services - elsewhere:
            return f"{min(worse)} is down, which was not before"
        return ""

    def _broken_elsewhere(self) -> set[str]:
        """Services with a cause on an object that somebody, and not the plan, wrote since the look of the plan."""
        since = self.before.at - TOLD_TO_THE_SECOND
        targets = {step.change.target for step in self.plan.steps}
        changed = {
            one.about for one in self.after.changes if one.at is not None and one.at >= since
        } - targets
        causes = [one for one in self.others if one.about in changed]
        return {name for one in causes for name in reach_of_cause([one], self.platform).services}

    def _written(self) -> CauseReach:
        """The services whose own objects the plan wrote."""
        targets = {str(step.change.target) for step in self.plan.steps}
        names = {
            one.name
            for one in self.platform.services
            if targets & set(object_names(one, self.platform.namespace))
        }
        return CauseReach(objects=frozenset(targets), services=frozenset(names))

    def _service_otherwise(self, name: str) -> bool:
        return any(name in self._wide(one).services for one in self.others)

    def _failing(self, diagnosis: Diagnosis) -> set[str]:
        """Services that fail: down, in part, for users who ask them, or behind a route that leads into nothing."""
        impact = diagnosis.assessment.impact
        asked = {one.service for one in self.platform.endpoints if one.url in impact.probes_failing}
        routes = {one.name for one in self.platform.services if one.service in impact.routes_dead}
        return (_failing(diagnosis) | asked | routes) - {""}


def _failing(diagnosis: Diagnosis) -> set[str]:
    """Services that fail, down or in part."""
    impact = diagnosis.assessment.impact
    return {*impact.services_down, *impact.services_degraded}


def _first(signs: Iterable[LastingSign]) -> str:
    return min(str(one) for one in signs)


def _inconclusive(says: str) -> PlanVerdict:
    return PlanVerdict(effect=PlanEffect.INCONCLUSIVE, says=f"it cannot be told whether it helped: {says}")


def _not_effective(says: str) -> PlanVerdict:
    return PlanVerdict(effect=PlanEffect.NOT_EFFECTIVE, says=says)


def _undoes(changes: Iterable[Change], plan: Plan) -> bool:
    """Whether a change writes what the plan wrote: then it is no second cause, but the first one seen otherwise.

    Two refusals may wake the same workload one after the other.
    """
    written = [step.change for step in plan.steps]
    return any(_same_place(one, other) for one in changes for other in written if not _wakes(other))


def _wakes(change: Change) -> bool:
    written = [f"{unescape_pointer(op['path'])} {op.get('value')}" for op in change.patch]
    return bool(written) and all(WOKEN in one for one in written)


def _same_place(one: Change, other: Change) -> bool:
    if one.target != other.target:
        return False
    if not one.patch or not other.patch:
        return True  # the whole object is made, deleted or restarted
    mine, theirs = ([f"{op['path']}/" for op in change.patch] for change in (one, other))
    return any(a.startswith(b) or b.startswith(a) for a in mine for b in theirs)
