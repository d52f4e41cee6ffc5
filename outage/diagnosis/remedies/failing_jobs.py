"""Jobs and CronJobs whose pods fail, seen as workloads: their pods fail for the same reasons as all others.

A Job's template can never be changed and a CronJob's stands elsewhere, so no repair of a template fits them.
"""

from collections.abc import Iterable, Iterator

from outage.diagnosis.findings.finding import Finding
from outage.diagnosis.hypothesis import Repair
from outage.kubernetes.objects import dig
from outage.snapshots.case_index import CaseIndex
from outage.value import Manifest

TEMPLATES = {"Job": "spec.template", "CronJob": "spec.jobTemplate.spec.template"}
FIXED = frozenset({*TEMPLATES, "Pod"})
"""Kinds whose template stands elsewhere, or is the pod itself: nothing of it can be changed in place."""


def jobs_of(index: CaseIndex, findings: Iterable[Finding]) -> Iterator[Manifest]:
    """The Jobs behind failing pods, each once, with their template where a workload has it."""
    pods = [pod for one in findings if (pod := index.get(one.about)) is not None]
    for about in dict.fromkeys(index.workload_of(pod) for pod in pods):
        if about.kind == "Pod" and (bare := index.get(about)) is not None:
            own = {"metadata": bare.get("metadata") or {}, "spec": bare.get("spec") or {}}
            yield {**bare, "kind": "Pod", "spec": {"template": own}}
            continue
        manifest = index.get(about) if about.kind in TEMPLATES else None
        template = dig(manifest, TEMPLATES[about.kind]) if manifest else None
        if manifest and template:
            yield {**manifest, "kind": about.kind, "spec": {"template": template}}


def writes_a_jobs_template(repair: Repair) -> bool:
    """Whether a repair would write what of a Job cannot be written."""
    return any(
        change.target.kind in FIXED and str(op.get("path", "")).startswith("/spec/template")
        for change in repair.changes
        for op in change.patch
    )
