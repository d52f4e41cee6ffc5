"""How bad it is, measured from impact.

Runbook: "Severity Assessment". The alert's label is only a floor.
"""

from enum import StrEnum

from outage.value import Value


class Severity(StrEnum):
    """The runbook's three severities, worst first; NONE when nothing is failing."""

    P0 = "P0"
    P1 = "P1"
    P2 = "P2"
    NONE = "none"

    @property
    def rank(self) -> int:
        """0 for the worst."""
        return list(Severity).index(self)


def worst(*severities: Severity) -> Severity:
    """The worst of several."""
    return min(severities, key=lambda severity: severity.rank, default=Severity.NONE)


class Impact(Value):
    """The measured numbers that severity is decided from; None means it could not be seen."""

    services: int
    """Services the platform has."""
    services_down: tuple[str, ...] = ()
    """Names of services without any ready endpoint or with failing health."""
    services_degraded: tuple[str, ...] = ()
    """Names of services that answer but not with everything they should have."""
    probes: int | None = None
    """User-facing probes that were made."""
    probes_failing: tuple[str, ...] = ()
    error_ratio: float | None = None
    """Share of user requests that fail, 0 to 1."""


class Assessment(Value):
    """A severity with the sentence that says why."""

    severity: Severity
    reason: str
    impact: Impact
    floor: Severity = Severity.NONE


def assess(impact: Impact, floor: Severity = Severity.NONE) -> Assessment:
    """Decide the severity from measured impact; a label can raise it from "P2" but never lower it.

    Runbook: "Severity Assessment".
    """
    severity, reason = _measured(impact)
    if floor.rank < severity.rank:
        return Assessment(
            severity=floor, reason=f"{reason}; the alert's label asks for {floor}", impact=impact, floor=floor
        )
    return Assessment(severity=severity, reason=reason, impact=impact, floor=floor)


def _measured(impact: Impact) -> tuple[Severity, str]:
    down, degraded, failing = impact.services_down, impact.services_degraded, impact.probes_failing
    seen = f"{len(down)} of {impact.services} services down"
    if impact.probes:
        seen += f", {len(failing)} of {impact.probes} user-facing probes failing"
    if impact.error_ratio is not None:
        seen += f", {impact.error_ratio:.0%} of requests failing"
    everything_down = impact.services > 0 and len(down) == impact.services
    no_answers = bool(impact.probes) and len(failing) == impact.probes
    if everything_down or no_answers or (impact.error_ratio or 0) >= 0.95:
        return Severity.P0, f"complete outage: {seen}"
    if len(down) > 1 or (impact.error_ratio or 0) >= 0.5:
        return Severity.P1, f"partial outage: {seen}"
    if down or degraded or failing or (impact.error_ratio or 0) >= 0.05:
        return Severity.P2, f"one service: {seen}"
    return Severity.NONE, f"nothing is failing: {seen}"
