"""From a picture to causes: signs → findings → suspects → hypotheses in order, each with its reasons.

Promise: pure. The same snapshot gives the same answer, whenever and wherever it is asked; the clock is
`snapshot.taken_at`. Nothing is repaired here: a hypothesis carries what would repair it.
"""

from outage.baseline import Baseline
from outage.diagnosis.blind import is_blind, nothing_seen
from outage.diagnosis.families import (
    actors,
    addresses,
    admission,
    claims,
    configuration,
    connections,
    crashes,
    database,
    dependencies,
    dns,
    flood,
    images,
    left_behind,
    load,
    local_policy,
    missing,
    network,
    nodes,
    policies,
    ports,
    preemption,
    probes,
    references,
    releases,
    reserved,
    resources,
    rights,
    routes,
    scale,
    scheduling,
    services,
    stale,
    unplaced,
    variables,
    webhooks,
)
from outage.diagnosis.impact import impact
from outage.diagnosis.log_news import log_templates
from outage.diagnosis.signs import Signs, read_signs
from outage.diagnosis.waking import with_waking
from outage.diagnosis.weigh import weigh
from outage.diagnosis.world import World
from outage.finding import Finding
from outage.hypothesis import Diagnosis
from outage.platform import Platform
from outage.severity import Severity, assess
from outage.snapshot import Snapshot

__all__ = ["diagnose"]

FAMILIES = (
    *(images, crashes, resources, probes, references, left_behind),
    *(scheduling, unplaced, reserved, preemption, claims, admission, webhooks, nodes, network),
    *(scale, services, ports, local_policy, missing, routes, dns, policies, database, connections),
    *(configuration, stale, addresses, variables, releases, actors, flood, load, rights, dependencies),
)
"""Every family is asked; the order means nothing, the scores decide."""
TEMPLATES_KEPT = 30
"""Kinds of log lines that go with a diagnosis; whoever needs more reads the logs in the bundle."""


def diagnose(
    snapshot: Snapshot,
    platform: Platform,
    baseline: Baseline | None = None,
    floor: Severity = Severity.NONE,
) -> Diagnosis:
    """Say what is wrong, how bad it is, and what would explain it.

    Args:
        snapshot: The picture. Its `taken_at` is the clock of every age and of "recent".
        platform: What the platform is; one without services is worked out from the objects alone.
        baseline: The known-good picture, when one was recorded.
        floor: The least severity that the alerts' labels ask for.

    Returns:
        Hypotheses in order, most likely first; none when nothing is wrong; `unknown` when something fails
        and nothing that was seen explains it.
    """
    if is_blind(snapshot):
        return nothing_seen(snapshot, platform, floor)
    world = World(snapshot, platform, baseline)
    signs = read_signs(world)
    suspects = [one for family in FAMILIES for one in family.suspects(world, signs)]
    return Diagnosis(
        at=snapshot.taken_at,
        assessment=assess(impact(world, signs), floor),
        findings=_in_order(signs),
        hypotheses=with_waking(world, signs, weigh(world, signs, suspects)),
        unknowns=tuple(f"{one.words}: {one.unseen}" for one in snapshot.evidence if one.unseen),
        log_templates=log_templates(world)[:TEMPLATES_KEPT],
    )


def _in_order(signs: Signs) -> tuple[Finding, ...]:
    return (*signs.failing, *(one for one in signs.all if one not in signs.failing))
