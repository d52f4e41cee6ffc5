"""What a drill's guards judge by, read just now: marks, incidents, other drills, the error budget, who is told."""

from datetime import UTC, datetime, timedelta

from blocks.clients import clients
from blocks.monitoring.prometheus import PrometheusReader
from outage.errors import MonitoringError
from outage.platforms.platform import Platform
from outage.policies.drill_rules import DrillRules
from outage.verification.drills.drill_guards import CLUSTER_MARK, DrillView
from outage.verification.drills.fitted_fault import Blast
from tasks.drill.marked_ground import marked_namespaces

STEP = "5m"
"""How far apart the moments are over which an error ratio is averaged."""

STILL_STANDS = timedelta(days=7)
"""An older drill that never ended stands in nobody's way."""


def drill_view(blast: Blast, by: str) -> DrillView:
    """Everything that a guard may ask about a drill of the platform that is spoken for.

    Args:
        blast: What the fault would touch.
        by: Who asks for the drill.
    """
    platform, rules, now = clients().platform, clients().policy.drills, datetime.now(UTC)
    record = clients().record
    asked = {platform.namespace, *blast.namespaces, *([CLUSTER_MARK] if blast.cluster_wide else [])}
    return DrillView(
        now=now,
        until=now + rules.lasts,
        marked=marked_namespaces(clients().drill_cluster(), asked),
        open_incidents=tuple(
            one.id
            for one in record.open_incidents()
            if one.platform == platform.name or not (one.platform or one.unclaimed)
        ),
        standing_drills=tuple(
            one.id
            for one in record.standing_drills(now - STILL_STANDS)
            if one.namespace == platform.namespace
        ),
        budget_left=error_budget_left(platform, rules, now),
        approved_by=by,
        told=who_is_told(by),
    )


def who_is_told(by: str) -> tuple[str, ...]:
    """Who hears that it is practice: the channels that take practice, and whoever asked for it."""
    channels = [name for name, one in clients().policy.channels.items() if one.drills]
    return tuple(dict.fromkeys([*channels, *([by] if by else [])]))


def error_budget_left(platform: Platform, rules: DrillRules, now: datetime) -> float | None:
    """The share of the error budget that is left of the worst service; None when the monitoring cannot tell.

    Args:
        platform: Whose monitoring is asked.
        rules: What was promised, and over which time.
        now: The end of that time.
    """
    asked = platform.monitoring.error_ratio
    if rules.objective is None or not asked:
        return None
    span = f"{int(rules.objective_over.total_seconds())}s"
    try:
        monitoring = PrometheusReader.of(platform, clients().reader)
        if monitoring is None:
            return None
        ratios = monitoring.query(f"avg_over_time(({asked})[{span}:{STEP}])", now)
    except MonitoringError:
        return None
    return min((1 - one / (1 - rules.objective) for one in ratios.values()), default=None)
