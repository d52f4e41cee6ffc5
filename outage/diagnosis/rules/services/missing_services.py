"""Services that callers name or the baseline knows, and that are gone."""

from collections.abc import Iterator

from outage.diagnosis.calls.call_graph import CallGraph
from outage.diagnosis.cause import Cause
from outage.diagnosis.findings import Signs
from outage.diagnosis.findings.facts import Sign
from outage.diagnosis.remedies.finished_repairs import create_again, draw_anew
from outage.diagnosis.remedies.remedy import Remedy
from outage.diagnosis.rules.rule import CauseEntry, CauseRule
from outage.diagnosis.rules.services.broken_service import EXPECTED
from outage.diagnosis.suspect import SuspectDraft, names_of
from outage.diagnosis.weighing.strength import Strength, Support, Trust
from outage.kubernetes.object_times import earliest_of
from outage.kubernetes.objects import ObjectRef, dig, object_ref, selects_labels
from outage.snapshots.case_index import CaseIndex
from outage.value import Manifest


def suspect_missing_services(index: CaseIndex, signs: Signs) -> Iterator[SuspectDraft]:
    """Services that callers name or the baseline knows, and that are gone."""
    said: dict[str, list[str]] = {}
    refs: dict[str, ObjectRef] = {}
    for finding in signs.of(Sign.SERVICE_MISSING, Sign.ADDRESS_OF_NOTHING):
        said.setdefault(str(finding.about), []).append(finding.says)
        refs[str(finding.about)] = finding.about
    for name, about in refs.items():
        was = index.baseline.get(about) if index.baseline else None
        near = CallGraph.of(index).dependents({name})
        hurt = [one for one in signs.failing if str(one.about) in near and str(one.about) != name]
        if was is None and _misspelt(index, about):
            continue
        found = SuspectDraft(
            cause=Cause.SERVICE_MISSING, about=about, says=f"{about} does not exist", explains=names_of(about)
        )
        found.evidence_for = said[name]
        found.onset = earliest_of(one.since for one in hurt)
        found.add(Strength.CONTRADICTED, said[name][0])
        found.add(Support.SYMPTOM if hurt else None, "its callers fail")
        found.alone = was is not None
        _create(index, found, about, was)
        yield found


def _misspelt(index: CaseIndex, about: ObjectRef) -> bool:
    """Whether the name is meant to be that of an existing Service: then the caller's address is wrong."""
    return not any(object_ref(one).name == about.name for one in index.workloads)


def _create(index: CaseIndex, found: SuspectDraft, about: ObjectRef, was: Manifest | None) -> None:
    """From the baseline word for word; else name from the callers, the rest from the workload of that name."""
    if was is not None:
        create_again(found.add(Trust.BASELINE, "the baseline has it"), was, EXPECTED)
        return
    manifest = _drawn(index, about)
    if manifest is None:
        found.settle = "What the Service looked like: no baseline, and no workload has its name."
        return
    found.add(Support.TRACE, "a workload of its name runs")
    found.wanted = "selector and port of the workload of its name"
    draw_anew(found, about, manifest, f"{about} is gone and others call it", EXPECTED)


def _drawn(index: CaseIndex, about: ObjectRef) -> Manifest | None:
    workload = next(
        (one for one in index.workloads if object_ref(one) == about.model_copy(update={"kind": one["kind"]})),
        None,
    )
    if workload is None:
        return None
    declared = [p for c in dig(workload, "spec.template.spec.containers", []) for p in c.get("ports") or []]
    called = [
        m.port for m in CallGraph.of(index).mentions if m.port and CallGraph.of(index).service_of(m) == about
    ]
    if not declared:
        return None
    target = next((p for p in declared if p.get("containerPort") in called), declared[0])
    port = {"port": called[0] if called else target["containerPort"], "targetPort": target["containerPort"]}
    if target.get("name"):
        port["name"] = target["name"]
    selector = dig(workload, "spec.selector.matchLabels", {})
    meta = {"name": about.name, "namespace": about.namespace}
    return (
        {"metadata": meta, "spec": {"selector": dict(selector), "ports": [port]}}
        if selects_labels(selector, dig(workload, "spec.template.metadata.labels", {}))
        else None
    )


RULES = (
    CauseRule(
        suspect_missing_services,
        entries=(
            CauseEntry(
                Cause.SERVICE_MISSING,
                says="The Service that others call was deleted.",
                shows="callers name a Service, or the baseline has it, and it does not exist",
                evidence="configured addresses, DNS errors in logs; the baseline",
                remedies=(Remedy.CREATE_AGAIN, Remedy.DRAW_ANEW, Remedy.PERSON),
            ),
        ),
    ),
)
