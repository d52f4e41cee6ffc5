"""What counts as recovered: the spec as the plan wants it, the right pods behind the Services, users content, steady.

"Ready once" is not recovered. Pure: the looks and the moments are arguments. A check that could not be made says
so and stands against nobody, but a recovery that nothing could prove is not one.
"""

from collections.abc import Collection, Sequence

from outage.platforms.platform import Platform
from outage.text.listing import some_of
from outage.value import Value
from outage.verification.plan_effect import PlanEffect, PlanVerdict

USER_LOOKS = frozenset({"probes", "errors", "latency", "traffic", "health", "inside", "smoke", "run", "work"})
"""Checks of what users and callers get, beside those of the state of objects."""
OWED = frozenset({"probes", "errors", "health", "inside", "smoke", "run", "work"})
"""Checks of what a workload owes: an answer, callers that are content, a run that completed, or work that goes on."""


class RecoveryCheck(Value):
    """One thing that was looked at to prove recovery."""

    name: str
    """Stable: `rollout`, `endpoints`, `probes`, `traffic`, `errors`, `latency`, `restarts`, `smoke`, `soak`, …"""
    ok: bool | None
    """None when it could not be seen."""
    says: str
    about: tuple[str, ...] = ()
    """Names of the services that it speaks of; empty when of no single one."""
    own: bool = True
    """Whether it speaks of what the plan was to mend; the others tell of the rest of the platform."""


def own_of_plan(check: RecoveryCheck, own: Collection[str]) -> RecoveryCheck:
    """The check with whether it speaks of what the plan was to mend.

    Args:
        check: What was looked at.
        own: Names of the services that the plan was to mend; empty: everything is its own.
    """
    shared = check.name in USER_LOOKS and not check.about  # of no single service: another may fail behind it
    mine = not own or bool(set(check.about) & set(own)) or not (check.about or shared)
    return check.model_copy(update={"own": mine})


class VerifiedRecovery(Value):
    """Whether the platform recovered, and how that is known."""

    recovered: bool
    says: str
    checks: tuple[RecoveryCheck, ...] = ()
    gave_up_early: bool = False
    """Whether it was lost before the time was over."""
    helped: str = ""
    """Records of before the verdict: why what was written stays although the platform did not recover."""
    verdict: PlanVerdict | None = None
    """What the plan did to its own cause; `judged` reads it from every record."""

    @property
    def judged(self) -> PlanVerdict:
        """The verdict on the plan, also of a record that was kept before there was such a word."""
        if self.verdict:
            return self.verdict
        mended = self.recovered or bool(self.helped)
        effect = PlanEffect.EFFECTIVE if mended else PlanEffect.NOT_EFFECTIVE
        return PlanVerdict(effect=effect, says=self.helped or self.says)

    def ending_words(self, summary: str) -> str:
        """What mended it, as an ending's sentence; one that was only eased says that its cause is untouched."""
        untouched = self.judged.untouched
        return f"{summary}; cause untouched: {untouched}" if untouched else summary

    @property
    def failed(self) -> tuple[RecoveryCheck, ...]:
        """What speaks against recovery."""
        return tuple(check for check in self.checks if check.ok is False)


def concluded_check(
    checks: Sequence[RecoveryCheck],
    platform: Platform,
    early: bool = False,
    speakers: Collection[str] = (),
) -> VerifiedRecovery:
    """Recovered when nothing failed and what recovery cannot be told without was seen to be well.

    Args:
        checks: Everything that was looked at.
        platform: Says what there is to look at.
        early: Whether it was given up before the time was over.
        speakers: Whose answers count: the services that were to be mended and their callers; empty: anybody's.
    """
    failed = [check for check in checks if check.ok is False]
    well = [check for check in checks if check.ok]
    unseen = list(dict.fromkeys(check.name for check in checks if check.ok is None))
    missing = short_of(checks, platform) or nothing_owed_seen(checks, speakers)
    if failed:
        says = f"not recovered: {failed[0].says}"
    elif not well:
        says = "not recovered: nothing could be looked at, and an empty view is not a healthy one"
    elif missing:
        says = f"not seen to have recovered: {missing}"
    else:
        says = f"recovered: {len(well)} checks are well"
        says += f" (not seen: {', '.join(unseen)})" if unseen else ""
    recovered = not failed and bool(well) and not missing
    return VerifiedRecovery(recovered=recovered, says=says, checks=tuple(checks), gave_up_early=early)


def short_of(checks: Sequence[RecoveryCheck], platform: Platform) -> str:
    """What must be seen to be well and was not; empty when all of it was.

    That is the endpoints, and users or traffic: as far as the platform file gives any of them to look at.
    """
    endpoints = {"endpoints": "the endpoints"} if any(one.service for one in platform.services) else {}
    users = {"probes": "users' requests"} if platform.endpoints else {}
    if platform.monitoring.prometheus and platform.monitoring.error_ratio:
        users["errors"] = "the traffic"
    for wanted in (endpoints, users):
        if wanted and not any(check.ok and check.name in wanted for check in checks):
            return f"{' and '.join(wanted.values())} could not be seen to be well{_because(checks, wanted)}"
    return ""


def nothing_owed_seen(checks: Sequence[RecoveryCheck], speakers: Collection[str] = ()) -> str:
    """Why nothing was seen of what the mended workloads owe their users; empty when something was.

    Args:
        checks: Everything that was looked at.
        speakers: As `concluded_check` takes it.
    """
    for check in checks:
        heard = not speakers or not check.about or set(check.about) & set(speakers)
        if check.ok and check.name in OWED and heard:
            return ""
    whose = f" of {', '.join(sorted(speakers)[:3])}" if speakers else ""
    return (
        f"no answer{whose}, no run that completed and no caller that is content could be seen"
        f"{_because(checks, OWED)}"
    )


def with_callers(own: Collection[str], platform: Platform) -> frozenset[str]:
    """Whose answer speaks for these services: their own, and that of everybody who calls them, however far up."""
    found = set(own)
    while more := {one.name for one in platform.services if found & set(one.depends_on)} - found:
        found |= more
    return frozenset(found)


def _because(checks: Sequence[RecoveryCheck], wanted: Collection[str]) -> str:
    """The first reason why something of it was not seen; that of a single workload tells more than that of all."""
    unseen = [check for check in checks if check.ok is None and check.name in wanted]
    telling = sorted(unseen, key=lambda check: not check.about)
    return f" ({telling[0].says})" if telling else ""


def checks_waiting_for(checks: Sequence[RecoveryCheck], platform: Platform, pausing: Sequence[str]) -> str:
    """What keeps it from being well, in words; `pausing` are pods that did not try again since the repair.

    Args:
        checks: Of the last look.
        platform: Says which of them must be seen.
        pausing: Pods that did not try again since the repair.
    """
    says = short_of(checks, platform) or next((one.says for one in checks if one.ok is False), "all is well")
    return f"{says}; yet to try again: {some_of(pausing)}" if pausing else says
