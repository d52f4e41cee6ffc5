"""Pods that still hold what a ConfigMap or Secret had before it changed, and fail of it."""

from collections.abc import Iterator

from outage.diagnosis.calls.call_graph import CallGraph
from outage.diagnosis.cause import Cause
from outage.diagnosis.findings import Signs
from outage.diagnosis.findings.symptoms_near import first_failure, hurt_near
from outage.diagnosis.hypothesis import Repair
from outage.diagnosis.remedies.remedy import Remedy
from outage.diagnosis.remedies.single_repairs import restart_reader
from outage.diagnosis.rules.config.stale_config import gone_keys, read_too_early
from outage.diagnosis.rules.rule import CauseEntry, CauseRule
from outage.diagnosis.suspect import SuspectDraft, names_of
from outage.diagnosis.weighing.doubts import Doubt
from outage.diagnosis.weighing.strength import Strength, Support, Trust
from outage.kubernetes.object_times import changed_at
from outage.kubernetes.objects import ObjectRef, containers_of, dig, object_ref
from outage.snapshots.case_index import CaseIndex
from outage.value import Manifest


def suspect_stale_readers(index: CaseIndex, signs: Signs) -> Iterator[SuspectDraft]:
    """One per ConfigMap or Secret whose readers started too early."""
    for kind in ("Secret", "ConfigMap"):
        for one in index.all(kind):
            config = {"kind": kind, **one}
            if workloads := read_too_early(index, signs, config):
                yield _stale(index, signs, config, workloads)


def _stale(index: CaseIndex, signs: Signs, config: Manifest, workloads: list[ObjectRef]) -> SuspectDraft:
    hurt, about = hurt_near(index, signs, workloads), object_ref(config)
    says = f"{', '.join(one.name for one in workloads)} still run with what {about} held before it changed"
    found = SuspectDraft(cause=Cause.STALE_ENV, about=workloads[0], says=says, explains=names_of(*workloads))
    found.field, found.live = _held_by(index, workloads[0], about), f"as it was before {about.name} changed"
    found.evidence_for = [each.says for each in hurt[:5]]
    found.add(
        Strength.CONTRADICTED,
        "the pods started before the change, and are refused or look for what nothing names now",
    )
    found.add(Support.SYMPTOM if hurt else None, "they, or what depends on them, fail")
    found.time(changed_at(config), first_failure(signs, hurt))
    found.alone = True
    if news := _answering_news(index, workloads[0], config):
        found.add(Strength.STATED, f"what stands there now names {', '.join(news)}, which answers")
        found.add(Trust.SIBLINGS, "the new name leads to pods that are ready")
        found.add(Support.TRACE, "what they look for is named by nothing that they read")
    if _differs_from_baseline(index, config):
        says = f"{about} also differs from the baseline: then the value itself may be wrong"
        found.evidence_against.append(says)
    found.repair = Repair(
        summary=f"Restart {', '.join(str(one) for one in workloads)}",
        changes=tuple(restart_reader(one) for one in workloads),
    )
    found.settle = "Whether the new value works: try it from a new pod."
    return found


def _answering_news(index: CaseIndex, workload: ObjectRef, config: Manifest) -> list[str]:
    """The Services that the value of now names and that have endpoints, where its readers look for a name of before."""
    at, manifest = changed_at(config), index.get(workload)
    if at is None or manifest is None or not gone_keys(index, {"kind": workload.kind, **manifest}, at):
        return []
    calls = CallGraph.of(index)
    named = [
        service
        for one in calls.mentions
        if one.workload == workload
        and one.holder == object_ref(config)
        and (service := calls.service_of(one))
    ]
    there = [(one, index.get(one)) for one in dict.fromkeys(named)]
    return [one.name for one, service in there if service is not None and index.ready_addresses(service)]


def _held_by(index: CaseIndex, workload: ObjectRef, config: ObjectRef) -> str:
    """What makes its pods read the value once: a mount of a single file, or the environment."""
    spec = dig(index.get(workload), "spec.template.spec", {})
    volumes = {
        one.get("name")
        for one in spec.get("volumes") or []
        if config.name in (dig(one, "configMap.name"), dig(one, "secret.secretName"))
    }
    for container in containers_of(spec):
        for mount in container.get("volumeMounts") or []:
            if mount.get("name") in volumes and mount.get("subPath"):
                return f"volumeMounts[{mount.get('mountPath')}].subPath of {config}"
    return f"environment from {config}"


def _differs_from_baseline(index: CaseIndex, config: Manifest) -> bool:
    was = index.baseline.get(object_ref(config)) if index.baseline else None
    return was is not None and (was.get("data") or {}) != (config.get("data") or {})


RULES = (
    CauseRule(
        suspect_stale_readers,
        entries=(
            CauseEntry(
                Cause.STALE_ENV,
                says="Pods still run with the values a ConfigMap or Secret had before it changed.",
                shows="pods started before a ConfigMap or Secret changed that they read once, and are refused since",
                evidence="managedFields of the ConfigMap or Secret against the pods' start; the log",
                remedies=(Remedy.RESTART, Remedy.PERSON),
                doubts=(Doubt.LONG_UNCHANGED,),
            ),
        ),
    ),
)
