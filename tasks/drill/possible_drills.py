"""What can be practised on a platform just now: every fault on every service, what it would touch, what forbids it."""

from collections.abc import Sequence
from datetime import UTC, datetime

from blocks.clients import clients
from outage.errors import RecordError
from outage.platforms.platform import Platform
from outage.value import Value
from outage.verification.drills.drill_guards import (
    DrillObjection,
    DrillView,
    drill_objection,
    why_yes_is_needed,
)
from outage.verification.drills.fault_blast import SYSTEM_NAMESPACE
from outage.verification.drills.fault_templates import FaultChoice, fault_choices
from outage.verification.drills.fitted_fault import Blast
from tasks.drill.drill_surroundings import drill_view
from tasks.observe import Budget, collect_snapshot


class PossibleDrill(Value):
    """One fault on one service, with what speaks against it."""

    choice: FaultChoice
    forbidden: str = ""
    """What a guard says now; empty when nothing speaks against it but, perhaps, a yes that is needed."""
    needs_yes: str = ""
    """Why a person must say yes; empty when nobody must."""

    @property
    def possible(self) -> bool:
        """Whether it could be begun now, given a yes where one is needed."""
        return self.choice.fitted is not None and not self.forbidden


def possible_drills(by: str, services: Sequence[str] = ()) -> tuple[PossibleDrill, ...]:
    """Look once at the platform that is spoken for, and say what can be practised there.

    Args:
        by: Who asks.
        services: Only these; empty for all.

    Raises:
        ClusterError: The cluster did not answer. Transient.
    """
    platform = clients().platform
    snapshot = collect_snapshot(
        clients().reader, platform, Budget(), now=lambda: datetime.now(UTC), entering=False
    )
    view = _seen_around(platform, by)
    return tuple(_judged(one, view, platform) for one in fault_choices(snapshot, platform, services))


def _seen_around(platform: Platform, by: str) -> DrillView | None:
    """What the guards judge by, read once for all; None while our own record does not answer."""
    everywhere = Blast(
        objects=(),
        namespaces=(platform.namespace, SYSTEM_NAMESPACE),
        pods_down=0,
        pods_ready=0,
        felt=True,
        cluster_wide=True,
    )
    try:
        return drill_view(everywhere, by)
    except RecordError:
        return None


def _judged(choice: FaultChoice, view: DrillView | None, platform: Platform) -> PossibleDrill:
    if choice.fitted is None:
        return PossibleDrill(choice=choice)
    policy = clients().policy
    said = drill_objection(choice.fitted, view, platform, policy) if view else None
    forbidden = said.says if said and said.reason is not DrillObjection.NO_YES else ""
    return PossibleDrill(
        choice=choice, forbidden=forbidden, needs_yes=why_yes_is_needed(choice.fitted.blast, policy)
    )
