"""What counts as recovered: the spec as the plan wants it, the right pods behind the Services, users content, steady.

"Ready once" is not recovered. Pure: the looks and the moments are arguments. A check that could not be made says
so and stands against nobody, but a recovery that nothing could prove is not one.
"""

from collections.abc import Sequence

from outage.platforms.platform import Platform
from outage.text.listing import some_of
from outage.value import Value


class RecoveryCheck(Value):
    """One thing that was looked at to prove recovery."""

    name: str
    """Stable: `rollout`, `endpoints`, `probes`, `traffic`, `errors`, `latency`, `restarts`, `smoke`, `soak`, …"""
    ok: bool | None
    """None when it could not be seen."""
    says: str


class VerifiedRecovery(Value):
    """Whether the platform recovered, and how that is known."""

    recovered: bool
    says: str
    checks: tuple[RecoveryCheck, ...] = ()
    gave_up_early: bool = False
    """Whether it was lost before the time was over."""
    helped: str = ""
    """Why what was written stays although the platform did not recover; empty when it is to be taken back."""

    @property
    def failed(self) -> tuple[RecoveryCheck, ...]:
        """What speaks against recovery."""
        return tuple(check for check in self.checks if check.ok is False)


def concluded_check(
    checks: Sequence[RecoveryCheck], platform: Platform, early: bool = False
) -> VerifiedRecovery:
    """Recovered when nothing failed and what recovery cannot be told without was seen to be well."""
    failed = [check for check in checks if check.ok is False]
    well = [check for check in checks if check.ok]
    unseen = list(dict.fromkeys(check.name for check in checks if check.ok is None))
    missing = short_of(checks, platform)
    if failed:
        says = f"not recovered: {failed[0].says}"
    elif not well:
        says = "not recovered: nothing could be looked at, and an empty view is not a healthy one"
    elif missing:
        says = f"not recovered: {missing}"
    else:
        says = f"recovered: {len(well)} checks are well"
        says += f" (not seen: {', '.join(unseen)})" if unseen else ""
    recovered = not failed and bool(well) and missing is None
    return VerifiedRecovery(recovered=recovered, says=says, checks=tuple(checks), gave_up_early=early)


def short_of(checks: Sequence[RecoveryCheck], platform: Platform) -> str | None:
    """What must be seen to be well and was not, or None.

    That is the endpoints, and users or traffic: as far as the platform file gives any of them to look at.
    """
    endpoints = {"endpoints": "the endpoints"} if any(one.service for one in platform.services) else {}
    users = {"probes": "users' requests"} if platform.endpoints else {}
    if platform.monitoring.prometheus and platform.monitoring.error_ratio:
        users["errors"] = "the traffic"
    for wanted in (endpoints, users):
        if wanted and not any(check.ok and check.name in wanted for check in checks):
            whys = [check.says for check in checks if check.ok is None and check.name in wanted]
            because = f" ({whys[0]})" if whys else ""
            return f"{' and '.join(wanted.values())} could not be seen to be well{because}"
    return None


def checks_waiting_for(checks: Sequence[RecoveryCheck], platform: Platform, pausing: Sequence[str]) -> str:
    """What keeps it from being well, in words; `pausing` are pods that did not try again since the repair."""
    says = short_of(checks, platform) or next((one.says for one in checks if one.ok is False), "all is well")
    return f"{says}; yet to try again: {some_of(pausing)}" if pausing else says
