"""Pods that still hold what a ConfigMap or Secret had before it changed, and fail of it."""

from collections.abc import Iterator

from outage.diagnosis.cause import Cause
from outage.diagnosis.findings import Signs
from outage.diagnosis.findings.symptoms_near import first_failure, hurt_near
from outage.diagnosis.hypothesis import Repair
from outage.diagnosis.index import CaseIndex
from outage.diagnosis.known_good.config_readers import restart_readers
from outage.diagnosis.remedies.remedy import Remedy
from outage.diagnosis.rules.config.stale_config import read_too_early
from outage.diagnosis.rules.rule import CauseEntry, Rule
from outage.diagnosis.suspect import Suspect, names_of
from outage.diagnosis.weighing.doubts import Doubt
from outage.diagnosis.weighing.strength import Strength, Support
from outage.kubernetes.object_times import changed_at
from outage.kubernetes.objects import ObjectRef, object_ref
from outage.value import Manifest


def suspect_stale_readers(world: CaseIndex, signs: Signs) -> Iterator[Suspect]:
    """One per ConfigMap or Secret whose readers started too early."""
    for kind in ("Secret", "ConfigMap"):
        for one in world.all(kind):
            config = {"kind": kind, **one}
            if workloads := read_too_early(world, signs, config):
                yield _stale(world, signs, config, workloads)


def _stale(world: CaseIndex, signs: Signs, config: Manifest, workloads: list[ObjectRef]) -> Suspect:
    hurt, about = hurt_near(world, signs, workloads), object_ref(config)
    says = f"{', '.join(one.name for one in workloads)} still run with what {about} held before it changed"
    found = Suspect(cause=Cause.STALE_ENV, about=workloads[0], says=says, explains=names_of(*workloads))
    found.evidence_for = [each.says for each in hurt[:5]]
    found.add(
        Strength.CONTRADICTED,
        "the pods started before the change, and are refused or look for what nothing names now",
    )
    found.add(Support.SYMPTOM if hurt else None, "they, or what depends on them, fail")
    found.time(changed_at(config), first_failure(signs, hurt))
    found.alone = True
    if _differs_from_baseline(world, config):
        says = f"{about} also differs from the baseline: then the value itself may be wrong"
        found.evidence_against.append(says)
    found.repair = Repair(
        summary=f"Restart {', '.join(str(one) for one in workloads)}",
        changes=tuple(restart_readers(one) for one in workloads),
    )
    found.settle = "Whether the new value works: try it from a new pod."
    return found


def _differs_from_baseline(world: CaseIndex, config: Manifest) -> bool:
    was = world.baseline.get(object_ref(config)) if world.baseline else None
    return was is not None and (was.get("data") or {}) != (config.get("data") or {})


RULES = (
    Rule(
        suspect_stale_readers,
        entries=(
            CauseEntry(
                Cause.STALE_ENV,
                shows="pods started before a ConfigMap or Secret changed that they read once, and are refused since",
                evidence="managedFields of the ConfigMap or Secret against the pods' start; the log",
                remedies=(Remedy.RESTART, Remedy.PERSON),
                doubts=(Doubt.LONG_UNCHANGED,),
            ),
        ),
    ),
)
