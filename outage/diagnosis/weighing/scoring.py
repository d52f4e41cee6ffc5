"""From suspects to hypotheses: what is an effect of something else goes, the rest is put in order."""

import dataclasses

from outage.diagnosis.calls.call_graph import CallGraph, ingress_routes_of
from outage.diagnosis.cause import Cause
from outage.diagnosis.edges.recent_changes import recent_change_suspect
from outage.diagnosis.edges.volatile_stores import without_loss
from outage.diagnosis.findings import Signs
from outage.diagnosis.findings.facts import Sign
from outage.diagnosis.findings.finding import Finding
from outage.diagnosis.hypothesis import Hypothesis, Repair
from outage.diagnosis.remedies.failing_jobs import writes_a_jobs_template
from outage.diagnosis.remedies.statefulset_forced_rollback import with_deletions
from outage.diagnosis.suspect import Suspect
from outage.diagnosis.thresholds import LEAST_SCORE
from outage.diagnosis.weighing.doubts import Doubt
from outage.diagnosis.weighing.measured_support import weighed_by_measurements
from outage.diagnosis.weighing.strength import Support
from outage.diagnosis.weighing.unexplained import unexplained_suspect
from outage.snapshots.case_index import CaseIndex


def rank_suspects(index: CaseIndex, signs: Signs, suspects: list[Suspect]) -> tuple[Hypothesis, ...]:
    """Order the suspects, drop effects and repeats, and admit what nothing explains."""
    if not signs.failing and not any(one.alone for one in suspects):
        return ()
    kept = _without_effects(index, weighed_by_measurements(index, suspects))
    unexplained = _unexplained(index, signs, kept)
    if unexplained:
        changed = recent_change_suspect(index, unexplained)
        kept.append((changed or unexplained_suspect(index, signs, unexplained)).finished())
    ordered = sorted(kept, key=lambda one: one.standing, reverse=True)
    told = [one for one in ordered if one.score >= LEAST_SCORE or one.cause is Cause.UNKNOWN]
    return tuple(one.mended_by(_whole_repair(index, one.repair)).hypothesis() for one in told)


def _whole_repair(index: CaseIndex, repair: Repair | None) -> Repair | None:
    """A repair with all that it needs; None where it would not be taken or would lose what a store holds."""
    if repair is None or writes_a_jobs_template(repair) or without_loss(index, repair) is None:
        return None
    return with_deletions(index, repair)


def _joined_actor(actor: Suspect, suspects: list[Suspect]) -> Suspect:
    """A recurring actor's repair goes on with putting back what it changed; alone it would heal nothing."""
    if actor.cause is not Cause.RECURRING_ACTOR or actor.repair is None:
        return actor
    damage = [
        (one, one.repair)
        for one in suspects
        if one is not actor and str(one.about) in actor.explains and one.repair
    ]
    if not damage:
        return actor
    worst, repair = max(damage, key=lambda one: one[0].standing)
    summary = f"Suspend {actor.about}, then: {repair.summary}"
    whole = Repair(summary=summary, changes=(*actor.repair.changes, *repair.changes))
    why = f"what it changes is what is wrong: {worst.cause.value} on {worst.about}"
    return actor.adding(Support.SYMPTOM, why).explaining(worst.explains).mended_by(whole)


def _without_effects(index: CaseIndex, suspects: list[Suspect]) -> list[Suspect]:
    joined = [_joined_actor(one, suspects) for one in suspects]
    calls = CallGraph.of(index)
    kept: list[Suspect] = []
    ordered = sorted(_newest_of_each(joined), key=lambda one: one.standing, reverse=True)
    for one in sorted(ordered, key=lambda one: one.effect):
        broken = {name for other in kept for name in other.explains}
        if one.effect and one.explains <= calls.dependents(broken):
            continue
        if one.score < LEAST_SCORE:
            continue
        if (same := _same_value(one, kept)) is not None:
            kept[kept.index(same)] = same.explaining(one.explains)
            continue
        kept.append(_beside_rivals(one, kept))
    return [one for one in kept if one.score >= LEAST_SCORE]


def _beside_rivals(one: Suspect, kept: list[Suspect]) -> Suspect:
    """The suspect, doubted when a likelier one explains all that it does."""
    rival = next((other for other in kept if one.explains and one.explains <= other.explains), None)
    if rival is None:
        return one
    return one.adding(
        Doubt.EXPLAINED, f"{rival.cause.value} on {rival.about} explains the same and is likelier"
    )


def _same_value(one: Suspect, kept: list[Suspect]) -> Suspect | None:
    """The likelier suspect that wants the same value in the same place: the two are one cause with two names."""
    return next(
        (
            other
            for other in kept
            if one.field and (other.about, other.field, other.wanted) == (one.about, one.field, one.wanted)
        ),
        None,
    )


def _newest_of_each(suspects: list[Suspect]) -> list[Suspect]:
    """One suspect per cause and object: the one that stands higher, which explains what the others do too."""
    best: dict[tuple[str, str], Suspect] = {}
    for one in suspects:
        key = (one.cause.value, str(one.about))
        other = best.get(key, one)
        higher = one if one.standing > other.standing else other
        best[key] = dataclasses.replace(
            higher, explains=one.explains | other.explains, alone=one.alone or other.alone
        )
    return list(best.values())


def _unexplained(index: CaseIndex, signs: Signs, kept: list[Suspect]) -> list[Finding]:
    """Failing signs that no kept suspect and no effect of one accounts for."""
    broken = {name for one in kept for name in one.explains}
    reached = CallGraph.of(index).dependents(broken)
    everything = "everything" in broken
    return [
        one
        for one in signs.failing
        if not everything
        and not (ingress_routes_of(index, one.about) & reached)
        and not (kept and _about_users(one))
    ]


def _about_users(finding: Finding) -> bool:
    """Signs at the edge, which any cause in the platform can give."""
    return finding.sign in (
        Sign.PROBE_FAILING,
        Sign.HEALTH_FAILING,
        Sign.ERROR_RATIO_HIGH,
        Sign.UNREACHABLE,
        Sign.NAME_UNRESOLVED,
    )
