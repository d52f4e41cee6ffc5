"""From suspects to hypotheses: what is an effect of something else goes, the rest is put in order."""

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
from outage.diagnosis.weighing.strength import Support
from outage.diagnosis.weighing.unexplained import unexplained_suspect
from outage.snapshots.case_index import CaseIndex


def rank_suspects(index: CaseIndex, signs: Signs, suspects: list[Suspect]) -> tuple[Hypothesis, ...]:
    """Order the suspects, drop effects and repeats, and admit what nothing explains."""
    if not signs.failing and not any(one.alone for one in suspects):
        return ()
    kept = _without_effects(index, suspects)
    unexplained = _unexplained(index, signs, kept)
    if unexplained:
        changed = recent_change_suspect(index, unexplained)
        kept.append(changed or unexplained_suspect(index, signs, unexplained))
    kept.sort(key=lambda one: one.standing, reverse=True)
    for one in kept:
        if one.repair is not None:
            kept_back = writes_a_jobs_template(one.repair) or without_loss(index, one.repair) is None
            one.repair = None if kept_back else with_deletions(index, one.repair)
    return tuple(one.hypothesis() for one in kept if one.score >= LEAST_SCORE or one.cause is Cause.UNKNOWN)


def _join_actors(suspects: list[Suspect]) -> None:
    """A recurring actor's repair goes on with putting back what it changed; alone it would heal nothing."""
    for actor in suspects:
        if actor.cause is not Cause.RECURRING_ACTOR or actor.repair is None:
            continue
        damage = [
            one for one in suspects if one is not actor and str(one.about) in actor.explains and one.repair
        ]
        if not damage:
            continue
        worst = max(damage, key=lambda one: one.standing)
        actor.add(Support.SYMPTOM, f"what it changes is what is wrong: {worst.cause.value} on {worst.about}")
        actor.explains |= worst.explains
        if worst.repair is not None:
            changes = (*actor.repair.changes, *worst.repair.changes)
            summary = f"Suspend {actor.about}, then: {worst.repair.summary}"
            actor.repair = Repair(summary=summary, changes=changes)


def _without_effects(index: CaseIndex, suspects: list[Suspect]) -> list[Suspect]:
    _join_actors(suspects)
    calls = CallGraph.of(index)
    kept: list[Suspect] = []
    ordered = sorted(_newest_of_each(suspects), key=lambda one: one.standing, reverse=True)
    for one in sorted(ordered, key=lambda one: one.effect):
        broken = {name for other in kept for name in other.explains}
        if one.effect and one.explains <= calls.dependents(broken):
            continue
        if one.score < LEAST_SCORE:
            continue
        if (same := _same_value(one, kept)) is not None:
            same.explains |= one.explains
            continue
        rivals = [other for other in kept if one.explains and one.explains <= other.explains]
        if rivals:
            one.add(
                Doubt.EXPLAINED,
                f"{rivals[0].cause.value} on {rivals[0].about} explains the same and is likelier",
            )
        kept.append(one)
    return [one for one in kept if one.score >= LEAST_SCORE]


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
        best[key] = one if one.standing > other.standing else other
        best[key].explains |= one.explains | other.explains
        best[key].alone = one.alone or other.alone
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
