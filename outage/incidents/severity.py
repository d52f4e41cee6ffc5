"""How bad it is, measured from impact.

Runbook: "Severity Assessment". The alert's label is only a floor.
"""

from collections.abc import Iterable
from enum import StrEnum

from outage.incidents.timeline import Entry, EntryKind
from outage.value import Value

NOBODY_SERVED = 0.95
"""Share of failing requests from which it is a complete outage: retries and caches answer the rest."""
SOME_USERS = 0.2
"""Share from which "some users" are affected, whatever the number of services behind it."""
WEATHER = 0.05
"""Share below which failing requests are the weather of any large system."""
CHANGE_KEY = "severity"
"""What the key of a timeline's line begins with that tells a change of severity; both severities follow."""


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


WORDS = {
    Severity.P0: "complete outage",
    Severity.P1: "partial outage",
    Severity.P2: "limited impact",
    Severity.NONE: "nothing is failing",
}
"""The runbook's names; what is one service (or one route, or one probe) the numbers say."""


def worst_severity(*severities: Severity) -> Severity:
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
    rollouts_stalled: tuple[str, ...] = ()
    """Names of services whose old pods serve everybody while no new one gets ready."""
    probes: int | None = None
    """User-facing probes that were made."""
    probes_failing: tuple[str, ...] = ()
    error_ratio: float | None = None
    """Share of user requests that fail, 0 to 1."""
    routes: int | None = None
    """Services that the way in leads to."""
    routes_dead: tuple[str, ...] = ()
    """Those of them that are not there, or lack the port that the route asks for."""


class Assessment(Value):
    """A severity with the sentence that says why."""

    severity: Severity
    reason: str
    impact: Impact
    floor: Severity = Severity.NONE


def assess_severity(impact: Impact, floor: Severity = Severity.NONE) -> Assessment:
    """Decide the severity from measured impact; a label can raise it from "P2" but never lower it.

    Runbook: "Severity Assessment".
    """
    severity, seen = _measured(impact), _seen(impact)
    reason = f"{WORDS[severity]}: {seen}"
    if floor.rank < severity.rank:
        reason = f"the alert's label asks for it; measured is {severity}, {seen}"
        return Assessment(severity=floor, reason=reason, impact=impact, floor=floor)
    return Assessment(severity=severity, reason=reason, impact=impact, floor=floor)


def _measured(impact: Impact) -> Severity:
    """The runbook's three severities, worst first: the first that any of the numbers asks for."""
    ratio = impact.error_ratio or 0.0
    if _nobody_served(impact) or ratio >= NOBODY_SERVED:
        return Severity.P0
    hurt = {*impact.services_down, *impact.services_degraded}
    if max(len(hurt), len(impact.probes_failing), len(impact.routes_dead)) > 1 or ratio >= SOME_USERS:
        return Severity.P1
    if hurt or impact.rollouts_stalled or impact.probes_failing or impact.routes_dead or ratio >= WEATHER:
        return Severity.P2
    return Severity.NONE


def _nobody_served(impact: Impact) -> bool:
    """Whether every service is down, or every door that a user could try stays shut."""
    if impact.services > 0 and len(impact.services_down) == impact.services:
        return True
    if impact.probes:  # somebody tried: what came back weighs more than what the routes promise
        return len(impact.probes_failing) == impact.probes
    return bool(impact.routes) and len(impact.routes_dead) == impact.routes


def _seen(impact: Impact) -> str:
    """The numbers that were looked at, the seen beside the whole."""
    seen = [f"{len(impact.services_down)} of {impact.services} services down"]
    if impact.services_degraded:
        seen.append(f"{len(impact.services_degraded)} degraded")
    if impact.rollouts_stalled:
        many = len(impact.rollouts_stalled)
        seen.append(f"{many} rollout{' stands' if many == 1 else 's stand'} still while the old pods serve")
    if impact.probes:
        seen.append(f"{len(impact.probes_failing)} of {impact.probes} user-facing probes failing")
    if impact.error_ratio is not None:
        seen.append(f"{impact.error_ratio:.0%} of requests failing")
    if impact.routes_dead:
        seen.append(f"{len(impact.routes_dead)} of {impact.routes} routes lead into nothing")
    return ", ".join(seen)


def change_in_words(before: Severity, now: Assessment) -> str:
    """A change of severity as the timeline tells it, with the numbers that it was decided from."""
    return f"{before} → {now.severity}: {now.reason}"


def severity_change_key(before: Severity, now: Assessment, mark: str) -> str:
    """The key of the timeline's line that tells a change of severity: `severity/P1/P0/…`.

    Args:
        before: What it was.
        now: What it is.
        mark: What tells this change from another one between the same severities.
    """
    return f"{CHANGE_KEY}/{before}/{now.severity}/{mark}"


def worst_told(entries: Iterable[Entry], standing: Severity = Severity.NONE) -> Severity:
    """The worst severity that an incident ever had, from the keys of its timeline; `standing` is what it has now.

    A response that heals measures "none" in the end; the post-mortem is owed to what it was at its worst.
    """
    keys = [one.key.split("/") for one in entries if one.kind is EntryKind.SEVERITY]
    words = [word for key in keys if key[0] == CHANGE_KEY for word in key[1:3] if word in list(Severity)]
    return worst_severity(standing, *(Severity(word) for word in words))
